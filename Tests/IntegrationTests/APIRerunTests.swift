import JSON
import Linux
import Postgres
import TestSupport
import Testing

@Suite("Running again what has ended, through the API")
struct APIRerunTests {
    private static func id(_ run: JSONValue) -> String { run["id"]?.stringValue ?? "" }

    private static func rerun(_ api: PawlAPI, _ run: String, _ body: JSONValue? = nil) throws -> APIAnswer {
        try api.call("POST", "/v1/runs/\(run)/rerun", body)
    }

    @Test("from a step on, what was done before is kept and not done again")
    func fromStep() async throws {
        try await APIFixture.serve { api in
            let yard = try MarkYard()
            let ended = try api.run(
                """
                name: rerun
                steps:
                  - { id: first, run: '\(yard.script("first")); echo one' }
                  - { id: side, needs: [], run: '\(yard.script("side"))' }
                  - { id: second, needs: [first], run: '\(yard.script("second", needs: "b"))' }
                  - { id: last, needs: [second, side], run: '\(yard.script("last"))' }
                output: "${ [steps.first.output, steps.last.status] }"
                """
            )
            #expect(ended["status"] == "failed")
            try yard.mend("b")
            let answer = try Self.rerun(api, Self.id(ended), ["from_step": "second", "reason": "b is there"])
            #expect(answer.status == 201, "\(answer.text)")
            let run = Self.id(answer.json)
            #expect(run != Self.id(ended))
            let again = try api.end(of: run)
            #expect(again["status"] == "succeeded", "\(again.serialized())")
            #expect(again["output"] == ["one", "succeeded"])
            #expect(yard.count("first") == 1 && yard.count("side") == 1)
            #expect(yard.count("second") == 2 && yard.count("last") == 1)
            let history = try api.history(run)
            #expect(HistoryCheck.violations(history).isEmpty)
            #expect(history.events("step.kept").count == 2)
            #expect(try api.get("/v1/runs/\(Self.id(ended))").json["status"] == "failed", "it stays as it is")
        }
    }

    @Test("without a step all is done again, with another input and under new keys")
    func whole() async throws {
        try await APIFixture.serve { api in
            let yard = try MarkYard()
            let key = "echo \"$PAWL_IDEMPOTENCY_KEY\" >> \(yard.folder)/keys"
            let ended = try api.run(
                """
                name: rerun-whole
                input: { type: object, properties: { n: { type: integer } } }
                steps:
                  - { id: only, run: '\(yard.script("only")); \(key)' }
                output: "${ input.n }"
                """,
                input: ["n": 1]
            )
            let wrong = try Self.rerun(api, Self.id(ended), ["input": ["n": "x"]])
            #expect(
                wrong.status == 422 && wrong.json["errors"]?[0]?["pointer"] == "/input/n",
                "\(wrong.text)"
            )
            let run = Self.id(try Self.rerun(api, Self.id(ended), ["input": ["n": 2]]).json)
            #expect(try api.end(of: run)["output"] == 2)
            #expect(yard.count("only") == 2)
            let keys = String(decoding: try Files.read("\(yard.folder)/keys"), as: UTF8.self)
            #expect(Set(keys.split(separator: "\n")).count == 2)
        }
    }

    @Test("what was compensated cannot be kept")
    func compensated() async throws {
        try await APIFixture.serve { api in
            let yard = try MarkYard()
            let ended = try api.run(
                """
                name: rerun-undone
                steps:
                  - id: take
                    run: '\(yard.script("take"))'
                    compensate: { run: '\(yard.script("give-back"))' }
                  - { id: ship, run: '\(yard.script("ship", needs: "never"))' }
                """
            )
            #expect(ended["compensation"] == "completed", "\(ended.serialized())")
            let refused = try Self.rerun(api, Self.id(ended), ["from_step": "ship"])
            #expect(refused.status == 409)
            #expect(refused.text.contains("take has been compensated"), "\(refused.text)")
            #expect(try Self.rerun(api, Self.id(ended), ["from_step": "take"]).status == 201)
        }
    }

    @Test("what is kept is undone under its old key when the new run fails")
    func undone() async throws {
        try await APIFixture.serve { api in
            let yard = try MarkYard()
            let keys = "\(yard.folder)/keys"
            let done = "\(yard.script("take")); echo \"$PAWL_IDEMPOTENCY_KEY\" >> \(keys)"
            let undo = "\(yard.script("give-back")); echo \"$PAWL_STEP_KEY\" >> \(keys)"
            let ended = try api.run(
                """
                name: rerun-kept
                steps:
                  - { id: take, run: '\(done)', compensate: { run: '\(undo)' } }
                  - { id: ship, run: 'test ! -e \(yard.folder)/broken' }
                """
            )
            #expect(ended["status"] == "succeeded")
            try yard.mend("broken")
            let answer = try Self.rerun(api, Self.id(ended), ["from_step": "ship"])
            #expect(answer.status == 201, "\(answer.text)")
            let again = try api.end(of: Self.id(answer.json))
            #expect(
                again["status"] == "failed" && again["compensation"] == "completed",
                "\(again.serialized())"
            )
            #expect(yard.marks == ["take", "give-back"])
            let both = String(decoding: try Files.read(keys), as: UTF8.self).split(separator: "\n")
            #expect(both.count == 2 && both[0] == both[1], "\(both)")
        }
    }

    @Test("what cannot be run again is refused, and nothing begins")
    func refusals() async throws {
        try await APIFixture.serve { api in
            let ended = try api.run("name: rerun-no\nsteps:\n  - { id: only, set: 1 }")
            let unknown = try Self.rerun(api, Self.id(ended), ["from_step": "onyl"])
            #expect(unknown.status == 422, "\(unknown.text)")
            #expect(unknown.json["errors"]?[0]?["pointer"] == "/from_step", "\(unknown.text)")
            #expect(try Self.rerun(api, Self.id(ended), ["from": "only"]).status == 422)
            #expect(try Self.rerun(api, Self.id(ended), ["version": 7]).status == 404)
            let live = try api.start(try api.apply("name: rerun-live\nsteps:\n  - { id: rest, sleep: 1h }"))
            #expect(try Self.rerun(api, live).status == 409)
            let runs = try api.get("/v1/runs?workflow=rerun-no").json["items"]?.arrayValue ?? []
            #expect(runs.count == 1)
        }
    }
}
