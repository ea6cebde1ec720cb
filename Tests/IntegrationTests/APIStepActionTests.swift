import JSON
import Linux
import TestSupport
import Testing

@Suite("Acting on steps through the API")
struct APIStepActionTests {
    private static func act(
        _ api: PawlAPI,
        _ action: String,
        _ run: String,
        _ path: String,
        _ body: JSONValue? = nil
    ) throws -> APIAnswer {
        try api.call("POST", "/v1/runs/\(run)/steps/\(path)/\(action)", body)
    }

    @Test("now ends a sleep within a group, its path in one segment or in several")
    func now() async throws {
        try await APIFixture.serve { api in
            let name = try api.apply(
                """
                name: hurried
                steps:
                  - id: inner
                    steps:
                      - id: nap
                        sleep: 1h
                      - id: rest
                        sleep: 1h
                """
            )
            let run = try api.start(name)
            try api.waitForStep(run, "inner/nap", "waiting")
            let answer = try Self.act(api, "now", run, "inner%2Fnap", ["reason": "no time"])
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer["id"].stringValue == run)
            try api.waitForStep(run, "inner/rest", "waiting")
            #expect(try Self.act(api, "now", run, "inner/nap").status == 409)
            #expect(try Self.act(api, "fail", run, "inner/rest").status == 409)
            #expect(try Self.act(api, "now", run, "inner/rest").status == 200)
            #expect(try api.end(of: run)["status"] == "succeeded")
            let cut = try #require(try api.history(run).events("timer.cut").first)
            #expect(cut["data"]?["reason"] == "no time" && cut["data"]?["actor"] == "local")
            #expect(try Self.act(api, "now", run, "inner/rest").status == 409)
        }
    }

    @Test("fail ends the running attempt, which is retried; the command does it too")
    func fail() async throws {
        try await APIFixture.serve { api in
            let name = try api.apply(
                """
                name: failed-by-hand
                steps:
                  - id: hang
                    run: sleep 600
                    retry: { attempts: 2, delay: 10ms }
                """
            )
            let run = try api.start(name)
            try api.waitForStep(run, "hang", "running")
            let answer = try Self.act(api, "fail", run, "hang", ["reason": "it hangs"])
            #expect(answer.status == 200, "\(answer.text)")
            try eventually("the second attempt runs", within: PawlProcess.patience) {
                let attempts = try api.steps(run)[0]["attempts"]?.arrayValue ?? []
                return attempts.map { $0["status"] } == ["failed", "running"]
            }
            let done = try PawlProcess.run(
                ["step", "fail", run, "hang", "--reason", "again"],
                environment: ["PAWL_SERVER": api.address]
            )
            #expect(done.exit == 0, "\(done.errors)")
            let ended = try api.end(of: run)
            #expect(ended["status"] == "failed")
            #expect(ended["error"]?["message"]?.stringValue?.contains("again") == true)
        }
    }

    @Test("resolve counts a step in its back-off as done, with an output")
    func resolve() async throws {
        try await APIFixture.serve { api in
            let run = try api.start(
                try api.apply(
                    """
                    name: resolved-by-hand
                    steps:
                      - id: ask
                        run: exit 75
                        retry: { attempts: 9, delay: 1h }
                    output: "${ steps.ask.output }"
                    """
                )
            )
            try api.waitForStep(run, "ask", "backoff")
            #expect(try Self.act(api, "resolve", run, "ask", ["ouput": 1]).status == 422)
            let answer = try Self.act(api, "resolve", run, "ask", ["output": ["n": 1], "reason": "by phone"])
            #expect(answer.status == 200, "\(answer.text)")
            #expect(try api.end(of: run)["output"] == ["n": 1])
            #expect(try Self.act(api, "resolve", run, "ask").status == 409)
        }
    }

    @Test("a step that there is not: 404 with the nearest; a wrong member: 422")
    func refused() async throws {
        try await APIFixture.serve { api in
            let run = try api.start(try api.apply("name: acted-on\nsteps:\n  - id: nap\n    sleep: 1h"))
            try api.waitForStep(run, "nap", "waiting")
            let unknown = try Self.act(api, "now", run, "nop")
            #expect(unknown.status == 404)
            #expect(unknown["detail"].stringValue?.contains("“nap”") == true, "\(unknown.text)")
            #expect(try Self.act(api, "now", run, "nap", ["raeson": "x"]).status == 422)
            let done = try PawlProcess.run(
                ["step", "now", run, "nap"],
                environment: ["PAWL_SERVER": api.address]
            )
            #expect(done.exit == 0, "\(done.errors)")
            #expect(try api.end(of: run)["status"] == "succeeded")
        }
    }
}
