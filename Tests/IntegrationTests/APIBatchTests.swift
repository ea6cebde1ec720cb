import JSON
import Linux
import TestSupport
import Testing

@Suite("Batches: one action on all runs that match")
struct APIBatchTests {
    /// Runs that wait for a signal, of a workflow of their own.
    static func waiting(_ api: PawlAPI, _ workflow: String, _ count: Int) throws -> [String] {
        try api.apply("name: \(workflow)\nsteps:\n  - { id: hold, wait: { signal: go } }\n")
        return try (0..<count).map { _ in try api.start(workflow) }
    }

    static func begin(_ api: PawlAPI, _ body: JSONValue) throws -> String {
        let answer = try api.call("POST", "/v1/batches", body)
        #expect(answer.status == 201, "\(answer.text)")
        return answer["id"].stringValue ?? ""
    }

    static func end(_ api: PawlAPI, _ batch: String) throws -> JSONValue {
        var last = JSONValue.null
        try eventually("batch \(batch) ends", within: PawlProcess.patience) {
            last = try api.get("/v1/batches/\(batch)").json
            return last["status"] == "completed"
        }
        return last
    }

    @Test("it acts on each run that matched once, and the history says who did it and why")
    func acts() async throws {
        try await APIFixture.serve { api in
            let runs = try Self.waiting(api, "batch-cancelled", 3)
            let other = try Self.waiting(api, "batch-spared", 1)[0]
            let body: JSONValue = [
                "filter": ["workflow": "batch-cancelled"], "action": "cancel", "reason": "the shop is shut",
            ]
            let batch = try Self.end(api, try Self.begin(api, body))
            #expect(batch["total"] == 3 && batch["done"] == 3 && batch["failed"] == 0, "\(batch)")
            #expect(batch["ended_at"]?.stringValue != nil && batch["reason"] == "the shop is shut")
            for run in runs {
                #expect(try api.end(of: run)["status"] == "cancelled")
                let asked = try api.history(run).filter { $0["type"] == "run.cancel_requested" }
                #expect(asked.count == 1)
                #expect(asked.first?["data"]?["reason"] == "the shop is shut")
                #expect(asked.first?["data"]?["actor"] == batch["started_by"])
            }
            #expect(try api.get("/v1/runs/\(other)")["status"] == "waiting")
            let listed = try api.get("/v1/batches?limit=100").items
            #expect(listed.contains { $0["id"] == batch["id"] && $0["done"] == 3 })
        }
    }

    @Test("what is in no state for it is told with the reason, and the rest is done")
    func failures() async throws {
        try await APIFixture.serve { api in
            let ended = try api.start(try api.apply(script("batch-mixed")))
            _ = try api.end(of: ended)
            let live = try Self.waiting(api, "batch-mixed-live", 1)[0]
            let filter: JSONValue = [
                "workflow": ["batch-mixed", "batch-mixed-live"], "status": "succeeded,waiting",
            ]
            let batch = try Self.end(api, try Self.begin(api, ["filter": filter, "action": "pause"]))
            #expect(batch["done"] == 1 && batch["failed"] == 1, "\(batch)")
            let failures = batch["failures"]?.arrayValue ?? []
            #expect(failures.map { $0["run"] } == [.string(ended)])
            let reason = failures.first?["reason"]?.stringValue ?? ""
            #expect(reason.contains("has ended (succeeded)") && reason.contains("pause"), "\(reason)")
            #expect(try api.get("/v1/runs/\(live)")["status"] == "paused")
            let resumed: JSONValue = ["filter": ["workflow": "batch-mixed-live"], "action": "resume"]
            #expect(try Self.end(api, try Self.begin(api, resumed))["done"] == 1)
            #expect(try api.get("/v1/runs/\(live)")["status"] == "waiting")
        }
    }

    @Test("a dry run and a batch that matches nothing change nothing; a key begins one batch")
    func nothing() async throws {
        try await APIFixture.serve { api in
            let run = try Self.waiting(api, "batch-dry", 1)[0]
            let filter: JSONValue = ["workflow": "batch-dry"]
            let dry: JSONValue = ["filter": filter, "action": "terminate", "dry_run": true]
            let preview = try api.call("POST", "/v1/batches", dry)
            #expect(preview.status == 200 && preview["total"] == 1, "\(preview.text)")
            #expect(preview["runs"].arrayValue?.map { $0["id"] } == [.string(run)])
            let none: JSONValue = ["filter": ["workflow": "batch-none"], "action": "cancel"]
            let empty = try api.call("POST", "/v1/batches", none)
            #expect(empty["status"] == "completed" && empty["total"] == 0, "\(empty.text)")
            #expect(try api.get("/v1/runs/\(run)")["status"] == "waiting")

            let key = [("Idempotency-Key", "batch-\(run)")]
            let body: JSONValue = ["filter": filter, "action": "terminate"]
            let first = try api.call("POST", "/v1/batches", body, headers: key)
            let again = try api.call("POST", "/v1/batches", body, headers: key)
            #expect(first.status == 201 && again["id"] == first["id"], "\(again.text)")
            #expect(again.headers["Idempotency-Replayed"] == "true")
            #expect(try api.call("POST", "/v1/batches", none, headers: key).status == 422)
            #expect(try api.end(of: run)["status"] == "terminated")
        }
    }

    @Test("a mistake in the request is told with its pointer, and nothing begins")
    func mistakes() async throws {
        try await APIFixture.serve { api in
            let wrong: JSONValue = [
                "filter": [
                    "workflo": "x", "status": ["failed", "fine"], "since": "noon", "parent": "me",
                    "key": nil, "label.tide": .string(String(repeating: "x", count: 257)),
                ],
                "action": "explode", "colour": "red",
            ]
            let answer = try api.call("POST", "/v1/batches", wrong)
            let pointers = answer["errors"].arrayValue?.compactMap { $0["pointer"]?.stringValue } ?? []
            let expected: Set = [
                "/action", "/colour", "/filter/workflo", "/filter/status", "/filter/since", "/filter/parent",
                "/filter/key", "/filter/label.tide",
            ]
            #expect(answer.status == 422 && Set(pointers) == expected, "\(answer.text)")
            let everything: JSONValue = ["filter": [:], "action": "cancel"]
            #expect(try api.call("POST", "/v1/batches", everything).status == 422)
            #expect(try api.get("/v1/batches/batch_00000000000000000000000000").status == 404)
            #expect(try api.get("/v1/batches/none").status == 404)
            #expect(try api.get("/v1/batches?cursor=none").status == 422)
        }
    }

    @Test("pawl batch tries dry, acts, follows, and exits with 1 when a run was in no state for it")
    func commandLine() async throws {
        try await APIFixture.serve { api in
            func pawl(_ arguments: [String]) throws -> CommandResult {
                try PawlProcess.run(arguments + ["--server", api.address])
            }
            let run = try Self.waiting(api, "batch-typed", 1)[0]
            let filter = ["--filter", "workflow=batch-typed status=waiting,succeeded"]
            let dry = try pawl(["batch", "cancel", "--dry-run", "-o", "name"] + filter)
            #expect(dry.exit == 0 && dry.output == "\(run)\n", "\(dry.errors)")
            #expect(dry.errors.contains("1 runs match"))
            let done = try pawl(["batch", "cancel", "--follow", "--reason", "typed"] + filter)
            #expect(done.exit == 0 && done.output.contains("done\t1"), "\(done.output)\(done.errors)")
            #expect(try api.end(of: run)["status"] == "cancelled")
            let late = try pawl(["batch", "pause", "-f", "--filter", "workflow=batch-typed,status=cancelled"])
            #expect(late.exit == 1 && late.output.contains("has ended (cancelled)"), "\(late.output)")
            let id = late.output.split(separator: "\n").first?.split(separator: "\t").last.map(String.init)
            #expect(try pawl(["batch", "show", id ?? ""]).output.contains(run))
            #expect(try pawl(["batch", "list", "-o", "name"]).output.contains(id ?? "?"))
            #expect(try pawl(["batch", "cancel"]).exit == 2)
            #expect(try pawl(["batch", "cancel", "--filter", "late"]).exit == 2)
            let unknown = try pawl(["batch", "cancel", "--filter", "colour=red"])
            #expect(unknown.exit == 1 && unknown.errors.contains("/filter/colour"), "\(unknown.errors)")
        }
    }
}

extension OwnProcessTests {
    @Suite("Batches outlive the server that began them")
    struct BatchCrashTests {
        @Test("a batch goes on after kill -9 of its server, and no run is acted on twice")
        func killed() async throws {
            let postgres = try await TestServers.postgres()
            try await onOwnThread {
                let name = "batches_\(Random.bytes(6).hexadecimal)"
                _ = try postgres.createDatabase(name)
                let environment = [
                    "PAWL_LISTEN": "127.0.0.1:0", "DATABASE_URL": postgres.url(database: name),
                ]
                #expect(try PawlProcess.run(["migrate"], environment: environment).exit == 0)
                let first = try PawlProcess(["serve"], environment: environment)
                let dying = PawlAPI(try first.ready())
                let runs = try APIBatchTests.waiting(dying, "held", 300)
                let body: JSONValue = ["filter": ["workflow": "held"], "action": "pause"]
                let batch = try APIBatchTests.begin(dying, body)
                try eventually("a run is paused", within: PawlProcess.patience) {
                    !(try dying.get("/v1/runs?workflow=held&status=paused&limit=1").items.isEmpty)
                }
                first.kill()
                let second = try PawlProcess(["serve"], environment: environment)
                let api = PawlAPI(try second.ready())
                let ended = try APIBatchTests.end(api, batch)
                #expect(ended["done"] == 300 && ended["failed"] == 0, "\(ended)")
                for run in runs {
                    let pauses = try api.history(run).count { $0["type"] == "run.paused" }
                    #expect(pauses == 1, "\(run) was paused \(pauses) times")
                }
                #expect(try second.stop() == .exited(0))
            }
        }
    }
}
