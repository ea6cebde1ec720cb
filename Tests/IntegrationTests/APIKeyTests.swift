import JSON
import Linux
import TestSupport
import Testing

@Suite("Keys: the caller's own, and Idempotency-Key")
struct APIKeyTests {
    /// A run of this goes on until it is ended.
    private static func asleep(_ name: String) -> String { "name: \(name)\nsteps:\n  - id: a\n    sleep: 1h" }

    private static func start(_ api: PawlAPI, _ body: JSONValue, key: String) throws -> APIAnswer {
        try api.call("POST", "/v1/runs", body, headers: [("Idempotency-Key", key)])
    }

    @Test("a key is held by one live run of a workflow; the conflict names it")
    func ownKey() async throws {
        try await APIFixture.serve { api in
            try api.apply(Self.asleep("own-key"))
            try api.apply(Self.asleep("own-key-too"))
            let body: JSONValue = ["workflow": "own-key", "key": "order-1"]
            let first = try api.call("POST", "/v1/runs", body)["id"].stringValue ?? ""
            let conflict = try api.call("POST", "/v1/runs", body)
            #expect(conflict.status == 409)
            #expect(conflict["detail"].stringValue?.contains(first) == true, "\(conflict.text)")
            let elsewhere: JSONValue = ["workflow": "own-key-too", "key": "order-1"]
            #expect(try api.call("POST", "/v1/runs", elsewhere).status == 201)

            #expect(try api.get("/v1/runs/own-key:order-1")["id"].stringValue == first)
            #expect(try api.call("POST", "/v1/runs/own-key:order-1/terminate").status == 200)
            let second = try api.call("POST", "/v1/runs", body)
            #expect(second.status == 201)
            #expect(try api.get("/v1/runs/own-key:order-1")["id"] == second["id"])
            #expect(try api.call("POST", "/v1/runs/own-key:order-1/cancel").status == 200)
            _ = try api.end(of: second["id"].stringValue ?? "")
            #expect(try api.get("/v1/runs/own-key:order-1")["id"] == second["id"])
            #expect(try api.get("/v1/runs?workflow=own-key&key=order-1").items.count == 2)
        }
    }

    @Test("same key and same body: the first answer again")
    func replay() async throws {
        try await APIFixture.serve { api in
            try api.apply(script("replayed"))
            let body: JSONValue = ["workflow": "replayed", "input": ["n": 1]]
            let first = try Self.start(api, body, key: "replay-1")
            #expect(first.status == 201)
            #expect(first.headers["Idempotency-Replayed"] == nil)
            _ = try api.end(of: first["id"].stringValue ?? "")
            let again = try Self.start(api, body, key: "replay-1")
            #expect(again.status == 201)
            #expect(again.headers["Idempotency-Replayed"] == "true")
            #expect(again.text == first.text)
            #expect(try api.get("/v1/runs?workflow=replayed").items.count == 1)
        }
    }

    @Test("the first answer comes again although the workflow has a new version")
    func replayAcrossVersions() async throws {
        try await APIFixture.serve { api in
            let body: JSONValue = ["workflow": "replay-versions"]
            try api.apply(script("replay-versions", "echo 1"))
            let first = try Self.start(api, body, key: "replay-2")
            try api.apply(script("replay-versions", "echo 2"))
            let again = try Self.start(api, body, key: "replay-2")
            #expect(again.text == first.text)
        }
    }

    @Test("same key and another body: 422, and no run")
    func reuse() async throws {
        try await APIFixture.serve { api in
            try api.apply(script("reused"))
            _ = try Self.start(api, ["workflow": "reused"], key: "reuse-1")
            let other = try Self.start(api, ["workflow": "reused", "priority": 1], key: "reuse-1")
            #expect(other.status == 422, "\(other.text)")
            #expect(try api.get("/v1/runs?workflow=reused").items.count == 1)
        }
    }

    @Test("many at once with one key make one run")
    func race() async throws {
        try await APIFixture.serve { api in
            try api.apply(script("raced"))
            let answers = Monitor<[APIAnswer]>([])
            for _ in 0..<8 {
                DedicatedThread("racer") {
                    guard let answer = try? Self.start(api, ["workflow": "raced"], key: "race-1") else {
                        return
                    }
                    answers.withLock { $0.append(answer) }
                }
            }
            let all = answers.wait(until: .now + PawlProcess.patience) { $0.count == 8 ? $0 : nil } ?? []
            // One still in progress is a conflict; all others are the same run.
            #expect(all.count == 8)
            #expect(all.allSatisfy { [201, 409].contains($0.status) }, "\(all.map(\.status))")
            #expect(Set(all.filter { $0.status == 201 }.map { $0["id"] }).count == 1)
            #expect(try api.get("/v1/runs?workflow=raced").items.count == 1)
        }
    }

    @Test("a refused start leaves its Idempotency-Key free")
    func refused() async throws {
        try await APIFixture.serve { api in
            try api.apply(script("later-applied-not-yet"))
            #expect(try Self.start(api, ["workflow": "later-applied"], key: "free-1").status == 404)
            try api.apply(script("later-applied"))
            #expect(try Self.start(api, ["workflow": "later-applied"], key: "free-1").status == 201)
        }
    }
}
