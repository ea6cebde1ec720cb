import JSON
import Linux
import Scheduler
import Testing

@Suite("Warm plugins: one process, many attempts")
struct ExecutorWarmTests {
    @Test("what a warm plugin is told: action, input, context, variables, secrets, folders of its own")
    func told() async throws {
        let told = await WarmFixture.run(["do": "tell", "text": "a\nb"]) {
            $0.attempt = 3
            $0.previousError = StepError(type: "Exit", message: "before")
            $0.checkpoint = Payload(["page": 7])
            $0.callback = Callback(token: "secret-token", url: "http://host/v1/callbacks/secret-token")
        }
        let output = try #require(told.output)
        #expect(output["action"] == "do")
        #expect(output["input"]?["text"] == "a\nb")
        #expect(output["secret"] == "sk_live_123\n")
        #expect(output["scratch"] == [])
        let context = try #require(output["context"])
        #expect(context["attempt"] == 3)
        #expect(context["idempotency_key"] == "run/ship")
        #expect(context["step"] == "orders[3]/ship#2")
        #expect(context["labels"] == ["team": "shop"])
        #expect(context["previous_error"]?["type"] == "Exit")
        #expect(context["checkpoint"] == ["page": 7])
        #expect(context["callback"]?["token"] == "secret-token")
        #expect(context["artifacts"]?.stringValue?.isEmpty == false)
        let environment = try #require(output["environment"])
        #expect(environment["PAWL_MODE"] == "warm")
        #expect(environment["COLOUR"] == "blue")
        #expect(environment["PAWL_CONTROL_FD"] == nil)
        #expect(environment["PAWL_RUN_ID"] == nil)
        #expect(told.report.digest?.count == 64)
        #expect(told.report.exit == nil)
    }

    @Test("one process serves one attempt after another, of all its actions; folders are clean each time")
    func reuse() async throws {
        let executor = WarmFixture.executor
        let first = await WarmFixture.run(["do": "litter"], by: executor)
        let second = await WarmFixture.run(["do": "tell"], action: "other", by: executor)
        #expect(first.output == second.output?["process"])
        #expect(second.output?["scratch"] == [])
        let other = await WarmFixture.run(["do": "tell"]) { $0.setVariable("COLOUR", "red") }
        #expect(other.output?["process"] != first.output)
        #expect(other.output?["environment"]?["COLOUR"] == "red")
    }

    @Test("messages carry the id: progress, log, mask, checkpoint; stderr and stray lines are log")
    func messages() async {
        let told = await WarmFixture.run(["do": "messages"])
        #expect(told.messages.contains("40 %"))
        #expect(told.messages.contains("the word is ***"))
        #expect(told.messages.contains("to stderr with ***"))
        #expect(told.messages.contains("stray output: no frame at all"))
        #expect(told.report.checkpoint?.value == ["page": 7])
    }

    @Test("errors, deferral and outputs are read as those of one-shot programs")
    func outcomes() async throws {
        let object: JSONValue = [
            "type": "CardDeclined", "message": "no", "retryable": false, "retry_after": "3s",
        ]
        let declined = await WarmFixture.run(["do": "error", "error": object])
        #expect(declined.error?.type == "CardDeclined")
        #expect(declined.error?.retryable == false)
        #expect(declined.error?.retryAfterMilliseconds == 3_000)
        let snoozed = await WarmFixture.run([
            "do": "error", "error": ["class": "snooze", "retry_after": "2s"],
        ])
        guard case .snoozed(2_000) = snoozed.report.outcome else {
            Issue.record("\(snoozed.report.outcome)")
            return
        }
        let deferred = await WarmFixture.run(["do": "defer"])
        guard case .deferred(3_600_000) = deferred.report.outcome else {
            Issue.record("\(deferred.report.outcome)")
            return
        }
        #expect(await WarmFixture.run(["do": "invalid"]).error?.type == "InvalidOutput")
        let large = await WarmFixture.run(["do": "large", "size": 3_000_000])
        #expect(large.output?.stringValue?.utf8.count == 3_000_000)
        let text = String(repeating: "x", count: 1_000_000)
        #expect(await WarmFixture.run(.string(text)).output == .string(text))
    }

    @Test("the receipt says what can be said of one request among others")
    func receipt() async {
        let told = await WarmFixture.run(["do": "sleep", "for": 0.05])
        let receipt = told.report.receipt
        #expect(receipt?["wall_ms"]?.doubleValue ?? 0 >= 50)
        #expect(receipt?["user_ms"] == .null)
        #expect(receipt?["stdin_bytes"]?.integerValue ?? 0 > 100)
        #expect(receipt?["stdout_bytes"]?.integerValue ?? 0 > 10)
        #expect(told.report.enforced?.arrayValue?.isEmpty == false)
    }

    @Test("requests run at once, as many as the process takes, and more processes are started for more")
    func concurrency() async {
        let outputs = await withTaskGroup(of: JSONValue?.self) { group in
            for _ in 0..<9 { group.addTask { await WarmFixture.run(["do": "sleep", "for": 0.3]).output } }
            return await group.reduce(into: [JSONValue?]()) { $0.append($1) }
        }
        let processes = Dictionary(grouping: outputs.compactMap { $0 }, by: { $0 }).mapValues(\.count)
        #expect(processes.values.reduce(0, +) == 9)
        #expect(processes.count > 1)
    }

    @Test("a process is ended after so many requests, beyond so much memory, and when it is idle")
    func recycling() async throws {
        var processes: Set<JSONValue> = []
        for _ in 0..<25 {
            processes.insert(try #require(await WarmFixture.run(["do": "pid"]).output))
        }
        #expect(processes.count >= 2)
        processes = []
        for _ in 0..<6 {
            processes.insert(try #require(await WarmFixture.run(["do": "leak"]).output))
            let pause = Waker()
            pause.wait(until: .now + .milliseconds(60))
        }
        #expect(processes.count >= 2)
    }

    @Test("cpu_time is refused for a warm action")
    func processorTime() async {
        let told = await WarmFixture.run(["do": "pid"]) {
            $0.settings.limits = Limits()
            $0.settings.limits?.cpuTimeMilliseconds = 1_000
        }
        #expect(told.error?.type == "InvalidInput")
    }
}
