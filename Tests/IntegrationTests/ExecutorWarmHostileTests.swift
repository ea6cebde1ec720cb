import JSON
import Linux
import Scheduler
import TestSupport
import Testing

@Suite("Hostile warm plugins: the attempt gets its error, others run again, nothing is left")
struct ExecutorWarmHostileTests {
    @Test("it never answers hello, ends before it does, speaks another protocol")
    func hello() async {
        let mute = await WarmFixture.run([:], action: "mute", of: "silent")
        #expect(mute.error?.type == "Timeout")
        #expect(mute.error?.message.contains("start_timeout") == true)
        let gone = await WarmFixture.run([:], action: "gone", of: "silent")
        #expect(gone.error?.type == "Exit")
        #expect(gone.error?.message.contains("broken") == true)
        #expect(gone.error?.details?["status"] == 7)
        let newer = await WarmFixture.run([:], action: "newer", of: "silent")
        #expect(newer.error?.type == "PluginUnavailable")
    }

    @Test("it dies in the middle of a request, with a daemon left behind", arguments: ["exit", "daemon"])
    func death(how: String) async {
        let told = await WarmFixture.run(["do": .string(how), "status": 3])
        #expect(told.error?.type == "Exit")
        #expect(told.error?.retryable == true)
        #expect(told.report.exit == ["code": 3])
        #expect(await WarmFixture.run(["do": "echo"]).output != nil)
    }

    @Test("a clean exit in the middle of a request is no success")
    func cleanExit() async {
        let told = await WarmFixture.run(["do": "exit", "status": 0])
        #expect(told.error?.retryable == true)
    }

    @Test("it answers with an id that nobody gave")
    func wrongID() async {
        let told = await WarmFixture.run(["do": "wrong id"])
        #expect(told.output?.stringValue != nil)
        #expect(told.messages.contains { $0.contains("123456") })
    }

    @Test("stray lines are shown up to a hundred a request")
    func chatter() async {
        for _ in 0..<2 {
            let told = await WarmFixture.run(["do": "chatter", "lines": 5_000])
            #expect(told.output != nil)
            #expect(told.messages.count { $0.hasPrefix("stray output: ") } == 100)
            #expect(told.messages.count { $0.contains("is dropped") } == 1)
        }
    }

    @Test("a file that it left before it died is no reason to wait on the process's thread")
    func filesOfTheDead() async {
        let told = await WarmFixture.run(["do": "file and exit"])
        #expect(told.error?.type == "Exit")
        #expect(told.report.artifacts.map(\.name) == ["left"])
    }

    @Test("a flood of stdout without a line end is cut off")
    func flood() async {
        let told = await WarmFixture.run(["do": "flood"]) { $0.setVariable("COLOUR", "flood") }
        #expect(told.error?.type == "OutputLimit")
    }

    @Test("the deadline ends the process; its other requests run again without spending an attempt")
    func deadline() async throws {
        async let other = WarmFixture.run(["do": "sleep", "for": 10]) {
            $0.setVariable("COLOUR", "deadline")
        }
        async let late = WarmFixture.run(["do": "sleep", "for": 0.7]) {
            $0.setVariable("COLOUR", "deadline")
            $0.settings.timeoutMilliseconds = 300
        }
        let told = await late
        #expect(told.error?.type == "Timeout")
        guard case .handedBack = await other.report.outcome else {
            Issue.record("\(await other.report.outcome)")
            return
        }
    }

    @Test("it ignores SIGTERM and is over soon after deadline and grace")
    func deaf() async {
        let told = await WarmFixture.run(["do": "deaf"]) {
            $0.setVariable("COLOUR", "deaf")
            $0.settings.timeoutMilliseconds = 200
        }
        #expect(told.error?.type == "Timeout")
        #expect(told.report.receipt?["wall_ms"]?.doubleValue ?? .infinity < 3_000)
    }

    @Test("no heartbeat in time")
    func heartbeat() async {
        let told = await WarmFixture.run(["do": "sleep", "for": 10]) {
            $0.setVariable("COLOUR", "heartbeat")
            $0.settings.heartbeatMilliseconds = 150
        }
        #expect(told.error?.type == "HeartbeatTimeout")
    }

    @Test("a cancel that is obeyed leaves the process alone, one that is not ends it")
    func cancel() async throws {
        for input in ["obey", "deaf"] {
            let reports = BlockingQueue<AttemptReport>()
            var order = ExecutorFixture.order(
                .plugin(PluginCall(plugin: "keeper", action: "do")),
                Payload(["do": .string(input)])
            )
            order.setVariable("COLOUR", "cancel")
            let started = WarmFixture.executor.start(order, log: { _ in }, completion: { reports.push($0) })
            let report = try await onOwnThread {
                let pause = Waker()
                pause.wait(until: .now + .milliseconds(input == "obey" ? 400 : 100))
                started.cancel()
                return reports.pop()
            }
            guard case .cancelled = report?.outcome else {
                Issue.record("\(input): \(String(describing: report?.outcome))")
                continue
            }
        }
    }
}
