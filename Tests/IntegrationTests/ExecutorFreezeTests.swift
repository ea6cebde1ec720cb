import JSON
import Linux
import Scheduler
import Testing

@Suite("Frozen attempts")
struct ExecutorFreezeTests {
    /// Does something, and something else so much later.
    private static func after(_ time: Duration, _ work: @escaping @Sendable () -> Void) {
        DedicatedThread("later") {
            Waker().wait(until: .now + time)
            work()
        }
    }

    @Test("time that a program stands still is none of its timeout, nor of what it extends that by")
    func oneShot() async throws {
        let script = "echo up >&2; sleep 0.4; echo '{\"type\":\"extend\",\"by\":\"1s\"}' >&3; sleep 1; echo 7"
        let told = await ExecutorFixture.shell(script) {
            $0.settings.timeoutMilliseconds = 1_000
        } whileRunning: { line, attempt in
            guard line.message == "up" else { return }
            attempt.freeze()
            Self.after(.milliseconds(1_500)) { attempt.thaw() }
        }
        #expect(told.output == 7, "\(told.report.outcome)")
        #expect(try #require(told.report.receipt?["frozen_ms"]?.doubleValue) > 1_000)
    }

    @Test("a warm process stands still for its request, whose timeout it does not count")
    func warm() async throws {
        let told = await WarmFixture.run(["do": "chatter then sleep", "for": 0.5]) {
            $0.setVariable("NAME", "frozen")
            $0.settings.timeoutMilliseconds = 1_000
        } whileRunning: { line, attempt in
            guard line.message.contains("line") else { return }
            attempt.freeze()
            Self.after(.milliseconds(1_500)) { attempt.thaw() }
        }
        guard case .succeeded = told.report.outcome else {
            Issue.record("\(told.report.outcome)")
            return
        }
        #expect(try #require(told.report.receipt?["frozen_ms"]?.doubleValue) > 1_000)
    }

    @Test("a warm request that is cancelled while it stands still is over at once")
    func cancelledWarm() async throws {
        let start = MonotonicTime.now
        let told = await WarmFixture.run(["do": "chatter then sleep"]) {
            $0.setVariable("NAME", "frozen and cancelled")
            $0.settings.graceMilliseconds = 60_000
        } whileRunning: { line, attempt in
            guard line.message.contains("line") else { return }
            attempt.freeze()
            attempt.cancel()
        }
        #expect(told.error?.type == ErrorType.cancelled, "\(told.report.outcome)")
        #expect(MonotonicTime.now - start < .seconds(20))
    }
}
