import JSON
import Linux
import TestSupport
import Testing

@Suite("An Idempotency-Key on any POST")
struct APICallKeyTests {
    private static func post(
        _ api: PawlAPI,
        _ target: String,
        _ body: JSONValue?,
        key: String
    ) throws -> APIAnswer {
        try api.call("POST", target, body, headers: [("Idempotency-Key", key)])
    }

    /// Makes a call twice, then once with another body.
    private static func check(
        _ api: PawlAPI,
        _ target: String,
        _ body: JSONValue? = nil,
        but other: JSONValue = ["reason": "another"]
    ) throws {
        let first = try post(api, target, body, key: target)
        #expect((200...201).contains(first.status), "\(target): \(first.text)")
        #expect(first.headers["Idempotency-Replayed"] == nil)
        let again = try post(api, target, body, key: target)
        #expect(again.status == first.status && again.text == first.text, "\(target): \(again.text)")
        #expect(again.headers["Idempotency-Replayed"] == "true", "\(target)")
        let wrong = try post(api, target, other, key: target)
        #expect(wrong.status == 422, "\(target): \(wrong.text)")
    }

    @Test("gives the first answer again, and 422 for another body")
    func replayed() async throws {
        try await APIFixture.serve { api in
            let held = try api.apply("name: key-held\nsteps:\n  - { id: gate, wait: { signal: go } }")
            let run = try api.start(held)
            for action in ["pause", "resume", "cancel"] { try Self.check(api, "/v1/runs/\(run)/\(action)") }
            try Self.check(api, "/v1/runs/\(try api.start(held))/terminate")
            let asleep = try api.start(
                try api.apply("name: key-asleep\nsteps:\n  - { id: rest, sleep: 1h }")
            )
            try Self.check(api, "/v1/runs/\(asleep)/steps/rest/now")
            let schedule: JSONValue = ["workflow": .string(held), "every": "1h"]
            #expect(try api.call("PUT", "/v1/schedules/keyed", schedule).status == 201)
            for action in ["pause", "resume", "trigger"] {
                try Self.check(api, "/v1/schedules/keyed/\(action)")
            }
            let days: JSONValue = ["since": "2026-01-01T00:00:00Z", "until": "2026-01-01T03:00:00Z"]
            try Self.check(api, "/v1/schedules/keyed/backfill", days)
            #expect(try api.call("DELETE", "/v1/schedules/keyed").status == 204)
            for action in ["pause", "resume"] { try Self.check(api, "/v1/queues/keyed/\(action)") }
        }
    }

    @Test("one retry, however often and however fast it is asked for; what was refused leaves the key free")
    func once() async throws {
        try await APIFixture.serve { api in
            let run = try api.run(script("key-fails", "exit 1"))["id"]?.stringValue ?? ""
            let target = "/v1/runs/\(run)/retry"
            let refused = try Self.post(api, target, ["reason": 5], key: "retry-\(run)")
            #expect(refused.status == 422)
            try Self.check(api, target)
            _ = try api.end(of: run)
            #expect(try Self.post(api, target, nil, key: target).status == 200)
            #expect(try api.history(run).events("run.retried").count == 1)
            #expect(try Self.post(api, target, ["reason": "again"], key: "retry-\(run)").status == 200)
            _ = try api.end(of: run)
            #expect(try api.history(run).events("run.retried").count == 2)
            try Self.check(api, "/v1/runs/\(run)/rerun")
        }
    }

    @Test("of 1 to 256 bytes")
    func bounds() async throws {
        try await APIFixture.serve { api in
            let name = try api.apply(script("key-bounds"))
            let body: JSONValue = ["workflow": .string(name)]
            for key in ["", String(repeating: "k", count: 257)] {
                #expect(try Self.post(api, "/v1/runs", body, key: key).status == 422)
            }
            let longest = String(repeating: "k", count: 256)
            #expect(try Self.post(api, "/v1/runs", body, key: longest).status == 201)
        }
    }

    @Test("a filter that says nothing is no filter: a batch is never of all runs by mistake")
    func emptyFilters() async throws {
        try await APIFixture.serve { api in
            let filters: [JSONValue] = [
                [:], ["workflow": ","], ["workflow": []], ["status": []], ["labels": [:]], ["workflow": nil],
            ]
            for filter in filters {
                let answer = try api.call("POST", "/v1/batches", ["filter": filter, "action": "terminate"])
                #expect(answer.status == 422, "\(filter.serialized()): \(answer.text)")
            }
        }
    }
}
