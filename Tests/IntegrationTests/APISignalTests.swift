import JSON
import Linux
import TestSupport
import Testing

@Suite("Signals through the API")
struct APISignalTests {
    private static let workflow = """
        steps:
          - id: approve
            wait: { signal: "${ input.name }", timeout: 1h }
        output: "${ steps.approve.output }"
        """

    private static func send(
        _ api: PawlAPI,
        _ run: String,
        _ name: String,
        _ payload: JSONValue?,
        key: String? = nil
    ) throws -> APIAnswer {
        let headers = key.map { [("Idempotency-Key", $0)] } ?? []
        return try api.call("POST", "/v1/runs/\(run)/signals/\(name)", payload, headers: headers)
    }

    @Test("a wait says what it waits for, and its output is the signal's body")
    func taken() async throws {
        try await APIFixture.serve { api in
            let name = try api.apply("name: awaits-approval\n\(Self.workflow)")
            let run = try api.start(name, input: ["name": "approval"])
            try api.waitForStep(run, "approve", "waiting")
            let shown = try api.get("/v1/runs/\(run)")
            let wait = try #require(shown["waiting_for"].arrayValue?.first)
            #expect(wait["reason"] == "signal")
            #expect(wait["step"] == "approve")
            #expect(wait["text"]?.stringValue?.contains("“approval”") == true)
            #expect(wait["until"]?.stringValue.flatMap(Timestamp.init(rfc3339:)) != nil)
            #expect(shown["status"] == "waiting")
            let answer = try Self.send(api, run, "approval", ["by": "ann", "n": 1.5])
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer["id"].stringValue == run)
            #expect(try api.end(of: run)["output"] == ["by": "ann", "n": 1.5])
            #expect(try api.history(run).events("signal.received").count == 1)
            #expect(HistoryCheck.violations(try api.history(run)).isEmpty)
        }
    }

    @Test("signals are kept for a run that has not started, in the order of their coming, by key too")
    func kept() async throws {
        try await APIFixture.serve { api in
            let name = try api.apply(
                """
                name: keeps-signals
                steps:
                  - id: all
                    foreach: { items: "${ [1..3] }", max_concurrency: 1 }
                    wait: { signal: next }
                output: "${ steps.all.output }"
                """
            )
            let body: JSONValue = ["workflow": .string(name), "key": "k1", "delay": "1h"]
            let run = try api.call("POST", "/v1/runs", body)["id"].stringValue ?? ""
            for payload in 1...2 {
                let answer = try Self.send(api, "\(name):k1", "next", .integer(Int64(payload)))
                #expect(answer.status == 200, "\(answer.text)")
                #expect(answer["id"].stringValue == run)
            }
            #expect(try Self.send(api, run, "next", nil).status == 200)
            #expect(try api.call("POST", "/v1/runs/\(run)/terminate").status == 200)
            #expect(try Self.send(api, run, "next", nil).status == 409)

            let second = try api.start(name)
            for payload in 1...3 {
                #expect(try Self.send(api, second, "next", .integer(Int64(payload))).status == 200)
            }
            #expect(try api.end(of: second)["output"] == [1, 2, 3])
        }
    }

    @Test("a repeated request with one Idempotency-Key is one signal, also after the run's end")
    func idempotent() async throws {
        try await APIFixture.serve { api in
            let name = try api.apply("name: signalled-once\n\(Self.workflow)")
            let run = try api.start(name, input: ["name": "go"])
            let first = try Self.send(api, run, "early", ["n": 1], key: "sig-1")
            let again = try Self.send(api, run, "early", ["n": 1], key: "sig-1")
            #expect(again.status == 200)
            #expect(again.json == first.json)
            #expect(again.headers["Idempotency-Replayed"] == "true")
            #expect(try Self.send(api, run, "early", ["n": 2], key: "sig-1").status == 422)
            #expect(try Self.send(api, run, "other", ["n": 1], key: "sig-1").status == 422)
            #expect(try api.history(run).events("signal.received").count == 1)
            #expect(try Self.send(api, run, "go", nil, key: "sig-2").status == 200)
            #expect(try api.end(of: run)["output"] == .null)
            #expect(
                try Self.send(api, run, "go", nil, key: "sig-2").headers["Idempotency-Replayed"] == "true"
            )
        }
    }

    @Test("a run that has ended: 409 that says how; one that never was: 404; no JSON: 422")
    func refused() async throws {
        try await APIFixture.serve { api in
            let run = try api.run(script("ended-before-signal"))["id"]?.stringValue ?? ""
            let late = try Self.send(api, run, "go", nil)
            #expect(late.status == 409)
            #expect(late["detail"].stringValue?.contains("succeeded") == true, "\(late.text)")
            let unknown = try Self.send(api, "run_00000000000000000000000000", "go", nil)
            #expect(unknown.status == 404)
            #expect(try Self.send(api, "nobody:k", "go", nil).status == 404)
            let broken = try api.call("POST", "/v1/runs/\(run)/signals/go", text: "{")
            #expect(broken.status == 422)
            let large = "\"" + String(repeating: "x", count: 4 << 20) + "\""
            #expect(try api.call("POST", "/v1/runs/\(run)/signals/go", text: large).status == 413)
        }
    }

    @Test("after its timeout a wait gives its default, worked out when it began")
    func timeout() async throws {
        try await APIFixture.serve { api in
            let run = try api.run(
                """
                name: not-approved
                steps:
                  - id: who
                    set: nobody
                  - id: approve
                    wait: { signal: approval, timeout: 300ms, default: { by: "${ steps.who.output }" } }
                  - id: never
                    wait: { signal: approval, timeout: "${ '200ms' }" }
                    catch: [{ on: [Timeout], output: late }]
                output: "${ [steps.approve.output.by, steps.never.output] }"
                """
            )
            #expect(run["output"] == ["nobody", "late"], "\(run.serialized())")
        }
    }

    @Test("pawl run signal sends one")
    func command() async throws {
        try await APIFixture.serve { api in
            let name = try api.apply("name: signalled-by-command\n\(Self.workflow)")
            let run = try api.start(name, input: ["name": "go"])
            let sent = try PawlProcess.run(
                ["run", "signal", run, "go", "--input", "by=ann"],
                environment: ["PAWL_SERVER": api.address]
            )
            #expect(sent.exit == 0, "\(sent.errors)")
            #expect(try api.end(of: run)["output"] == ["by": "ann"])
        }
    }
}
