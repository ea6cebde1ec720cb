import JSON
import Linux
import TestSupport
import Testing

@Suite("Queues, workers and why a run waits")
struct APIQueueTests {
    private static func waits(_ api: PawlAPI, _ run: String) throws -> [JSONValue] {
        try api.get("/v1/runs/\(run)")["waiting_for"].arrayValue ?? []
    }

    /// Waits until the run says that it waits for this, and gives the entry.
    @discardableResult
    private static func wait(_ api: PawlAPI, _ run: String, for reason: String) throws -> JSONValue {
        var found: JSONValue?
        try eventually("\(run) waits for \(reason)", within: PawlProcess.patience) {
            found = try waits(api, run).first { $0["reason"]?.stringValue == reason }
            return found != nil
        }
        return found ?? .null
    }

    /// A workflow of one step with these keys beside its script.
    private static func workflow(_ name: String, _ keys: String, _ script: String = "echo done") -> String {
        "name: \(name)\nsteps:\n  - { id: only, run: \"\(script)\", \(keys) }\n"
    }

    @Test("a paused queue claims nothing until it is resumed, and the run says so")
    func pausedQueue() async throws {
        try await APIFixture.serve { api in
            let queue = "/v1/queues/default"
            #expect(try api.call("POST", "\(queue)/pause")["paused"] == true)
            let run = try api.start(try api.apply(script("paused-queue")))
            let wait = try Self.wait(api, run, for: "queue_paused")
            #expect(wait["text"]?.stringValue?.contains("pawl queue resume default") == true)
            let paused = try api.get("/v1/runs?reason=queue_paused").items
            #expect(paused.contains { $0["id"]?.stringValue == run })
            #expect(try api.call("POST", "\(queue)/resume")["paused"] == false)
            #expect(try api.end(of: run)["status"] == "succeeded")
            #expect(try api.get("/v1/runs?reason=queue_paused").items.isEmpty)
        }
    }

    @Test("a queue's own concurrency bounds what runs of it at once")
    func boundedQueue() async throws {
        let served = "default,narrow"
        try await onOwnThread {
            let dev = try PawlProcess(
                ["dev", "--port", "0", "--data", "\(try TestServers.folder())/dev"],
                environment: ["PAWL_QUEUES": served, "PAWL_SLOTS": "8"]
            )
            defer { _ = try? dev.stop() }
            let api = PawlAPI(try dev.ready())
            let settings: JSONValue = ["concurrency": 2, "weight": 3]
            let put = try api.call("PUT", "/v1/queues/narrow", settings)
            #expect(put["concurrency"] == 2 && put["weight"] == 3, "\(put.text)")
            let folder = try TestServers.folder()
            // Each notes how many run beside it.
            let own = "\(folder)/$PAWL_FENCING_TOKEN"
            let script = "mkdir \(own); ls \(folder) | wc -l; sleep 0.1; rmdir \(own)"
            let name = try api.apply(
                """
                name: narrow
                steps:
                  - id: each
                    foreach: { items: "${ [1..12] }" }
                    queue: narrow
                    run: "\(script)"
                output: "${ $max(steps.each.output.$number($)) }"
                """
            )
            let run = try api.end(of: try api.start(name))
            #expect(run["status"] == "succeeded", "\(run["error"]?.serialized() ?? "")")
            #expect((run["output"]?.integerValue ?? 9) <= 2, "\(run["output"] ?? .null)")
            try Self.findByBound(api)
        }
    }

    /// A run that waits for its queue's own bound is found by that reason, and by several at once.
    private static func findByBound(_ api: PawlAPI) throws {
        let name = try api.apply(workflow("bound", "queue: narrow", "sleep 60"))
        var runs: [String] = []
        for settings: JSONValue in [["concurrency": 1], ["rate": ["limit": 1, "per": "1h"]]] {
            _ = try api.call("PUT", "/v1/queues/narrow", settings)
            let holder = try api.start(name)
            try api.waitForStep(holder, "only", "running")
            let held = try api.start(name)
            let reason = settings["rate"] == nil ? "concurrency" : "rate"
            try wait(api, held, for: reason)
            let found = try api.get("/v1/runs?workflow=bound,other&reason=signal,\(reason)").items
            #expect(found.map { $0["id"]?.stringValue } == [held], "\(reason)")
            #expect(try api.get("/v1/runs?workflow=bound&reason=signal,timer").items.isEmpty)
            runs += [holder, held]
            for run in runs { _ = try api.call("POST", "/v1/runs/\(run)/terminate") }
        }
        #expect(try api.get("/v1/runs?reason=rate,none").status == 422)
    }

    @Test("what is wrong with a queue's settings is told with its place, and nothing is changed")
    func wrongSettings() async throws {
        try await APIFixture.serve { api in
            let wrong: JSONValue = [
                "weight": 0, "concurrency": "many", "rate": ["limit": 1], "colour": "red",
            ]
            let answer = try api.call("PUT", "/v1/queues/wrong", wrong)
            #expect(answer.status == 422)
            let pointers = answer["errors"].arrayValue?.compactMap { $0["pointer"]?.stringValue } ?? []
            #expect(Set(pointers) == ["/weight", "/concurrency", "/rate", "/colour"])
            #expect(try api.get("/v1/queues/wrong").status == 404)
            #expect(try api.call("POST", "/v1/workers/nobody/drain").status == 404)
        }
    }

    @Test("each wait names its true cause")
    func causes() async throws {
        try await APIFixture.serve { api in
            let slow = Self.workflow(
                "holds-a-slot",
                "concurrency: { key: the-slot, limit: 1 }",
                "sleep 60"
            )
            let holder = try api.start(try api.apply(slow))
            try api.waitForStep(holder, "only", "running")
            let second = try api.start("holds-a-slot")
            let slot = try Self.wait(api, second, for: "concurrency")
            #expect(slot["holders"]?.arrayValue == [.string(holder)], "\(slot.serialized())")

            let rated = try api.apply(
                Self.workflow("rated", "rate: { key: the-rate, limit: 1, per: 1h }")
            )
            _ = try api.end(of: try api.start(rated))
            let held = try api.start(rated)
            #expect(try Self.wait(api, held, for: "rate")["until"]?.stringValue != nil)

            let unserved = try api.start(try api.apply(Self.workflow("unserved", "queue: nobody")))
            let nobody = try Self.wait(api, unserved, for: "no_worker")
            #expect(nobody["text"]?.stringValue?.contains("“nobody”") == true)

            let failing = try api.apply(
                Self.workflow("backs-off", "retry: { attempts: 2, delay: 1h }", "exit 1")
            )
            let backing = try api.start(failing)
            #expect(try Self.wait(api, backing, for: "backoff")["until"]?.stringValue != nil)

            let sleeper = try api.start(
                try api.apply("name: sleeps-long\nsteps:\n  - { id: rest, sleep: 1h }\n")
            )
            #expect(try Self.wait(api, sleeper, for: "timer")["step"] == "rest")

            let parent = try api.start(
                try api.apply("name: waits-for-child\nsteps:\n  - { id: child, workflow: sleeps-long }\n")
            )
            #expect(try Self.wait(api, parent, for: "child")["holders"]?.arrayValue?.count == 1)

            let missing = try api.start(
                try api.apply("name: no-such-plugin\nsteps:\n  - { id: a, uses: nowhere/run }\n")
            )
            #expect(try api.end(of: missing)["error"]?["type"] == "PluginUnavailable")

            _ = try api.call("POST", "/v1/runs/\(sleeper)/pause")
            try Self.wait(api, sleeper, for: "paused")
            let why = try PawlProcess.run(["run", "why", second, "--server", api.address])
            #expect(why.output.contains("concurrency") && why.output.contains(holder), "\(why.output)")
            for run in [holder, second, held, unserved, backing, sleeper, parent] {
                _ = try api.call("POST", "/v1/runs/\(run)/terminate")
            }
        }
    }

    @Test("a worker that drains under load loses no step and no attempt")
    func drain() async throws {
        let postgres = try await TestServers.postgres()
        let redis = try await TestServers.redis()
        try await onOwnThread {
            let database = "drain_\(Random.bytes(6).hexadecimal)"
            _ = try postgres.createDatabase(database)
            let environment = [
                "DATABASE_URL": postgres.url(database: database), "REDIS_URL": redis.url,
                "PAWL_LISTEN": "127.0.0.1:0", "PAWL_SLOTS": "4", "PAWL_LEASE": "3s",
                "PAWL_SHUTDOWN_GRACE": "1s",
            ]
            #expect(try PawlProcess.run(["migrate"], environment: environment).exit == 0)
            let server = try PawlProcess(["serve"], environment: environment)
            defer { _ = try? server.stop() }
            let api = PawlAPI(try server.ready())
            let first = try PawlProcess(["worker"], environment: environment)
            defer { _ = try? first.stop() }
            try first.ready()
            let name = try api.apply(
                """
                name: drained
                steps:
                  - id: each
                    foreach: { items: "${ [1..40] }" }
                    run: |
                      if [ "$(jq .n)" = 3 ]; then exec sleep 3; fi
                      sleep 0.05
                    with: { n: "${ item }" }
                    retry: { attempts: 1 }
                """
            )
            let run = try api.start(name)
            try api.waitForEvent(run, "attempt.succeeded")
            let worker = try api.get("/v1/workers").items.first?["id"]?.stringValue ?? ""
            #expect(try api.call("POST", "/v1/workers/\(worker)/drain")["draining"] == true)
            let second = try PawlProcess(["worker"], environment: environment)
            defer { _ = try? second.stop() }
            try second.ready()
            let ended = try api.end(of: run)
            #expect(ended["status"] == "succeeded", "\(ended["error"] ?? .null)")
            let attempts = try api.steps(run).compactMap { $0["attempts"]?.arrayValue }.flatMap { $0 }
            #expect(attempts.allSatisfy { $0["number"]?.integerValue == 1 })
            let drained = try api.get("/v1/workers").items.first { $0["id"]?.stringValue == worker }
            #expect(drained?["running"] == 0)
        }
    }
}
