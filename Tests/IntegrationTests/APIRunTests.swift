import JSON
import Linux
import TestSupport
import Testing

@Suite("Starting and reading runs through the API")
struct APIRunTests {
    static let order = """
        name: order-input
        labels: { team: shop, kind: test }
        input:
          type: object
          required: [sku, quantity]
          properties:
            sku: { type: string }
            quantity: { type: integer, minimum: 1 }
            express: { type: boolean, default: false }
            address:
              type: object
              properties: { zip: { type: string } }
        steps:
          - id: pass
            set: "${ input }"
        output: "${ steps.pass.output }"
        """

    @Test("input that fails the schema: 422 with a pointer for each mistake, and no run")
    func invalidInput() async throws {
        try await APIFixture.serve { api in
            let workflow = try api.apply(Self.order.replacing("order-input", with: "order-invalid"))
            let input: JSONValue = ["quantity": 0, "address": ["zip": 10_115]]
            let answer = try api.call(
                "POST",
                "/v1/runs",
                ["workflow": .string(workflow), "input": input]
            )
            #expect(answer.status == 422)
            let pointers = (answer["errors"].arrayValue ?? []).compactMap { $0["pointer"]?.stringValue }
            #expect(Set(pointers).isSuperset(of: ["/input/quantity", "/input/address/zip"]))
            #expect(pointers.count == 3, "\(answer.text)")
            #expect(try api.get("/v1/runs?workflow=\(workflow)").items.isEmpty)
        }
    }

    @Test("defaults are filled in, and the run shows all that the contract names")
    func defaults() async throws {
        try await APIFixture.serve { api in
            let run = try api.run(Self.order, input: ["sku": "mug", "quantity": 2])
            #expect(run["status"] == "succeeded")
            #expect(run["input"] == ["sku": "mug", "quantity": 2, "express": false])
            #expect(run["output"] == run["input"])
            #expect(run["labels"] == ["kind": "test", "team": "shop"])
            #expect(run["step_counts"] == ["succeeded": 1])
            let members: Set = [
                "id", "key", "workflow", "version", "parent", "schedule", "status", "input", "output",
                "error", "compensation", "labels", "times", "step_counts", "waiting_for",
            ]
            #expect(members.subtracting(run.objectValue.map { Set($0.keys) } ?? []).isEmpty)
        }
    }

    @Test(
        "a body with mistakes names each at its pointer",
        arguments: [
            (#"{"workflow":"x","inptu":{}}"#, "/inptu"),
            (#"{"input":{}}"#, "/workflow"),
            (#"{"workflow":7}"#, "/workflow"),
            (#"{"workflow":"x","version":0}"#, "/version"),
            (#"{"workflow":"x","version":4294967296}"#, "/version"),
            (#"{"workflow":"x","priority":101}"#, "/priority"),
            (#"{"workflow":"x","priority":1.5}"#, "/priority"),
            (#"{"workflow":"x","key":""}"#, "/key"),
            (#"{"workflow":"x","key":"a\u0000b"}"#, "/key"),
            (#"{"workflow":"x","labels":{"a":1}}"#, "/labels"),
            (#"{"workflow":"x","labels":{"a":"\u0000"}}"#, "/labels"),
            (#"{"workflow":"x","delay":"soon"}"#, "/delay"),
            (#"{"workflow":"x","start_at":"noon"}"#, "/start_at"),
            (#"{"workflow":"x","delay":"1s","start_at":"2030-01-01T00:00:00Z"}"#, "/delay"),
        ]
    )
    func badRequests(body: String, pointer: String) async throws {
        try await APIFixture.serve { api in
            let answer = try api.call("POST", "/v1/runs", text: body)
            #expect(answer.status == 422, "\(answer.text)")
            #expect(answer["errors"].arrayValue?.first?["pointer"]?.stringValue == pointer, "\(answer.text)")
        }
    }

    @Test(
        "numbers and texts that JSON cannot carry on are refused, never changed",
        arguments: [
            #"{"workflow":"any-input","input":9223372036854775808}"#,
            #"{"workflow":"any-input","input":1e400}"#,
            #"{"workflow":"any-input","input":"\ud800"}"#,
            #"{"workflow":"any-input","version":9223372036854775808}"#,
            #"{"workflow":"any-input","input":DEEP}"#,
        ]
    )
    func unusableNumbers(body: String) async throws {
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        try await APIFixture.serve { api in
            try api.apply(script("any-input"))
            let body = body.replacing("DEEP", with: deep)
            #expect(try api.call("POST", "/v1/runs", text: body).status == 422)
            #expect(try api.get("/v1/runs?workflow=any-input").items.isEmpty)
        }
    }

    @Test(
        "what JSON can carry comes back as it was",
        arguments: [
            #"{"n":9223372036854775807,"m":-9223372036854775808,"x":1e308,"nul":"a\u0000b","e":[[],{}]}"#,
            #"{"text":"🐈 ← \"quoted\" \\ \/ é"}"#,
            #"{"z":1,"a":{"y":null,"b":false},"":""}"#,
        ]
    )
    func payloads(text: String) async throws {
        try await APIFixture.serve { api in
            let input = try JSONValue.parse(text)
            let run = try api.run(
                """
                name: payload-\(text.count)
                steps:
                  - id: copy
                    set: "${ input }"
                  - id: through
                    run: cat
                    capture: json
                    with: "${ steps.copy.output }"
                output: "${ steps.through.output }"
                """,
                input: input
            )
            #expect(run["output"]?.serialized() == input.serialized(), "\(run["error"]?.serialized() ?? "")")
        }
    }

    @Test("no such workflow or version: 404")
    func unknownWorkflow() async throws {
        try await APIFixture.serve { api in
            try api.apply(script("one-version"))
            let bodies: [JSONValue] = [
                ["workflow": "never-applied"], ["workflow": "one-version", "version": 2],
            ]
            for body in bodies { #expect(try api.call("POST", "/v1/runs", body).status == 404) }
        }
    }

    @Test("a version can be named; without one it is the newest")
    func versions() async throws {
        try await APIFixture.serve { api in
            for number in 1...2 {
                try api.apply(
                    "name: pinned\nsteps:\n  - id: a\n    set: \(number)\noutput: \"${ steps.a.output }\""
                )
            }
            let first = try api.call("POST", "/v1/runs", ["workflow": "pinned", "version": 1])
            #expect(try api.end(of: first["id"].stringValue ?? "")["output"] == 1)
            #expect(try api.end(of: api.start("pinned"))["output"] == 2)
        }
    }

    @Test("the answer to a start is durable and shows the run")
    func answer() async throws {
        try await APIFixture.serve { api in
            try api.apply(script("answered"))
            let body: JSONValue = [
                "workflow": "answered", "input": ["a": 1], "key": "k1", "labels": ["x": "y"], "priority": 7,
            ]
            let answer = try api.call("POST", "/v1/runs", body)
            #expect(answer.status == 201)
            let run = try api.end(of: answer["id"].stringValue ?? "")
            for member in ["id", "key", "workflow", "version", "input", "labels"] {
                #expect(answer[member] == run[member], "\(member)")
            }
            #expect(run["priority"] == 7)
        }
    }

    @Test("?wait= holds the answer until the end, and answers at its own end")
    func longPoll() async throws {
        try await APIFixture.serve { api in
            try api.apply("name: long-poll\nsteps:\n  - id: a\n    sleep: 1h")
            let run = try api.start("long-poll")
            let asked = MonotonicTime.now
            #expect(try api.get("/v1/runs/\(run)?wait=300ms")["status"] == "waiting")
            #expect(MonotonicTime.now - asked >= .milliseconds(300))
            #expect(try api.get("/v1/runs/\(run)?wait=forever").status == 422)
            let held = try HeldCall(api, "/v1/runs/\(run)?wait=60s")
            #expect(try api.call("POST", "/v1/runs/\(run)/terminate").status == 200)
            #expect(try held.answer()["status"] == "terminated")
        }
    }

    @Test("a run that starts later is scheduled until then, and not early")
    func delay() async throws {
        try await APIFixture.serve { api in
            try api.apply(script("delayed"))
            let answer = try api.call("POST", "/v1/runs", ["workflow": "delayed", "delay": "1s"])
            let id = answer["id"].stringValue ?? ""
            #expect(answer["status"] == "scheduled")
            let run = try api.end(of: id)
            #expect(run["status"] == "succeeded")
            let started = try #require(try api.history(id).events("run.started").first)
            let due = try #require(answer["times"]["scheduled_at"]?.stringValue)
            #expect(started["at"]?.stringValue ?? "" >= due)
        }
    }
}

/// A request that is answered while the test goes on.
final class HeldCall: Sendable {
    private let outcome = Monitor<Result<APIAnswer, any Error>?>(nil)

    init(_ api: PawlAPI, _ target: String) throws {
        DedicatedThread("held-call") { [outcome] in
            let result = Result { try api.get(target) }
            outcome.withLock { $0 = result }
        }
    }

    func answer() throws -> APIAnswer {
        guard let result = outcome.wait(until: .now + PawlProcess.patience, for: { $0 }) else {
            throw NeverHappened(description: "the held request was not answered")
        }
        return try result.get()
    }
}
