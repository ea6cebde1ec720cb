import Linux
import TestSupport
import Testing

@Suite("Linux: waking, waiting, reconnecting", .timeLimit(.minutes(1)))
struct WaitingTests {
    @Test("a wake before a wait ends it at once, once, and several count as one")
    func wakes() async throws {
        try await onOwnThread {
            let waker = Waker()
            for _ in 0..<100_000 { waker.wake() }
            #expect(waker.wait(until: nil) == .woken)
            let deadline = MonotonicTime.now + .milliseconds(2)
            #expect(waker.wait(until: deadline) == .timedOut)
            #expect(MonotonicTime.now >= deadline)
        }
    }

    @Test("a wake ends a wait of another thread")
    func wakesAnother() async throws {
        let waker = Waker()
        async let cause = onOwnThread { waker.wait(until: .now + .seconds(30)) }
        waker.wake()
        #expect(try await cause == .woken)
    }

    @Test("a monitor's change ends a wait for it, and a deadline one for nothing")
    func monitors() async throws {
        let monitor = Monitor(0)
        async let seen = onOwnThread { monitor.wait { $0 >= 1000 ? $0 : nil } }
        for _ in 0..<1000 { monitor.withLock { $0 += 1 } }
        #expect(try await seen == 1000)
        let nothing = try await onOwnThread { monitor.wait(until: .now) { $0 < 0 ? $0 : nil } }
        #expect(nothing == nil)
    }

    @Test("delays double up to the longest, each spread over its upper half")
    func delays() {
        let policy = ReconnectPolicy()
        let full: [Duration] = [100, 200, 400, 800, 1600, 3200, 5000, 5000].map { .milliseconds($0) }
        for (attempt, delay) in full.enumerated() {
            #expect(policy.delay(after: attempt, fraction: 0) == delay / 2)
            #expect(policy.delay(after: attempt, fraction: 1) == delay)
        }
        #expect(policy.delay(after: .max, fraction: 1) == .seconds(5))
        #expect(policy.delay(after: -1, fraction: 1) == .milliseconds(100))
    }
}
