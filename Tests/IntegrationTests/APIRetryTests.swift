import JSON
import Linux
import Postgres
import TestSupport
import Testing

@Suite("Retrying runs that have ended, through the API")
struct APIRetryTests {
    private static func id(_ run: JSONValue) -> String { run["id"]?.stringValue ?? "" }

    private static func retry(_ api: PawlAPI, _ run: String, _ body: JSONValue? = nil) throws -> APIAnswer {
        try api.call("POST", "/v1/runs/\(run)/retry", body)
    }

    @Test("once the cause is mended only what failed runs again, with its attempts going on")
    func failedStep() async throws {
        try await APIFixture.serve { api in
            let yard = try MarkYard()
            let ended = try api.run(
                """
                name: retried
                timeout: 1h
                steps:
                  - { id: first, run: '\(yard.script("first"))' }
                  - id: second
                    run: '\(yard.script("second", needs: "b"))'
                    retry: { attempts: 2, delay: 10ms }
                  - { id: last, run: '\(yard.script("last")); echo "$PAWL_ATTEMPT"' }
                output: "${ [steps.first.status, steps.second.attempts, steps.last.output] }"
                """
            )
            let run = Self.id(ended)
            #expect(ended["status"] == "failed")
            try yard.mend("b")
            let answer = try Self.retry(api, run, ["reason": "b is there"])
            #expect(answer.status == 200, "\(answer.text)")
            let again = try api.end(of: run)
            #expect(again["status"] == "succeeded", "\(again.serialized())")
            #expect(again["output"] == ["succeeded", 3, "1"])
            #expect(yard.marks == ["first", "second", "second", "second", "last"])
            let steps = try api.steps(run)
            #expect(steps.map { $0["path"] } == ["first", "second", "last"])
            let attempts = steps[1]["attempts"]?.arrayValue ?? []
            #expect(attempts.map { $0["number"] } == [1, 2, 3])
            #expect(attempts.map { $0["status"] } == ["failed", "failed", "succeeded"])
            let history = try api.history(run)
            #expect(HistoryCheck.violations(history).isEmpty)
            let retried = try #require(history.events("run.retried").first)
            #expect(retried["data"]?["reason"] == "b is there" && retried["data"]?["actor"] == "local")
            #expect(try Self.retry(api, run).status == 409)
        }
    }

    @Test("in a fan-out within a group only the failed and cancelled items run again, and keep their places")
    func items() async throws {
        try await APIFixture.serve { api in
            let yard = try MarkYard()
            let ended = try api.run(
                """
                name: retried-items
                steps:
                  - id: outer
                    timeout: 1h
                    steps:
                      - { id: before, run: '\(yard.script("before"))' }
                      - id: each
                        foreach: { items: [0, 1, 2, 3, 4], max_concurrency: 1 }
                        run: |
                          echo "item$N" >> \(yard.folder)/marks
                          [ "$N" != 2 ] || test -e \(yard.folder)/c
                          echo "$N"
                        env: { N: "${ item }" }
                        capture: json
                      - { id: after, run: '\(yard.script("after"))' }
                  - { id: tail, run: '\(yard.script("tail"))' }
                output: "${ steps.outer.output.each }"
                """
            )
            #expect(ended["status"] == "failed")
            #expect(yard.marks == ["before", "item0", "item1", "item2"])
            try yard.mend("c")
            let run = Self.id(ended)
            #expect(try Self.retry(api, run).status == 200)
            let again = try api.end(of: run)
            #expect(again["status"] == "succeeded", "\(again.serialized())")
            #expect(again["output"] == [0, 1, 2, 3, 4])
            #expect(
                yard.marks == [
                    "before", "item0", "item1", "item2", "item2", "item3", "item4", "after", "tail",
                ]
            )
            let paths = try api.steps(run).compactMap { $0["path"]?.stringValue }
            #expect(Set(paths).count == paths.count, "\(paths)")
        }
    }

    @Test("a failed compensation goes on where it broke, and what is undone is not undone again")
    func compensation() async throws {
        try await APIFixture.serve { api in
            let yard = try MarkYard()
            let ended = try api.run(
                """
                name: retried-saga
                steps:
                  - id: a
                    run: '\(yard.script("a"))'
                    compensate: { run: '\(yard.script("undo-a"))' }
                  - id: b
                    run: '\(yard.script("b"))'
                    compensate: { run: '\(yard.script("undo-b", needs: "b"))' }
                  - id: c
                    run: '\(yard.script("c"))'
                    compensate: { run: '\(yard.script("undo-c"))' }
                  - { id: d, run: exit 1 }
                always:
                  - { id: tidy, run: '\(yard.script("tidy"))' }
                """
            )
            let run = Self.id(ended)
            #expect(ended["status"] == "failed" && ended["compensation"] == "failed")
            #expect(yard.marks == ["a", "b", "c", "undo-c", "undo-b", "tidy"])
            #expect(try Self.retry(api, run).status == 200)
            #expect(try api.end(of: run)["compensation"] == "failed")
            try yard.mend("b")
            #expect(try Self.retry(api, run).status == 200)
            let again = try api.end(of: run)
            #expect(again["status"] == "failed" && again["compensation"] == "completed")
            #expect(
                yard.marks == ["a", "b", "c", "undo-c", "undo-b", "tidy", "undo-b", "undo-b", "undo-a"]
            )
            let steps = try api.steps(run)
            let undone = steps.first { $0["path"] == "b!" }
            #expect(undone?["attempts"]?.arrayValue?.map { $0["number"] } == [1, 2, 3])
            let refused = try Self.retry(api, run)
            #expect(refused.status == 409)
            #expect(refused["detail"].stringValue?.contains("rerun") == true, "\(refused.text)")
        }
    }

    @Test("resolve counts a failed compensation, or a failed step, of an ended run as done")
    func resolve() async throws {
        try await APIFixture.serve { api in
            let yard = try MarkYard()
            let ended = try api.run(
                """
                name: resolved-saga
                steps:
                  - id: a
                    run: '\(yard.script("a"))'
                    compensate: { run: '\(yard.script("undo-a"))' }
                  - id: b
                    run: '\(yard.script("b"))'
                    compensate: { run: exit 1 }
                  - { id: c, run: exit 1 }
                """
            )
            let run = Self.id(ended)
            #expect(ended["compensation"] == "failed")
            let wrong = try api.call("POST", "/v1/runs/\(run)/steps/a/resolve", [:])
            #expect(wrong.status == 409, "\(wrong.text)")
            let done = try api.call("POST", "/v1/runs/\(run)/steps/b!/resolve", ["reason": "by hand"])
            #expect(done.status == 200, "\(done.text)")
            let again = try api.end(of: run)
            #expect(again["compensation"] == "completed")
            #expect(yard.marks == ["a", "b", "undo-a"])
            let statuses = try api.steps(run).map { $0["status"]?.stringValue ?? "" }
            #expect(statuses.prefix(3) == ["compensated", "compensated", "failed"], "\(statuses)")

            let failed = try api.run(
                """
                name: resolved-step
                steps:
                  - { id: ask, run: exit 1 }
                  - { id: use, run: '\(yard.script("use"))', with: "${ steps.ask.output }" }
                output: "${ steps.ask.output.n }"
                """
            )
            let resolved = try api.call(
                "POST",
                "/v1/runs/\(Self.id(failed))/steps/ask/resolve",
                ["output": ["n": 4]]
            )
            #expect(resolved.status == 200, "\(resolved.text)")
            let succeeded = try api.end(of: Self.id(failed))
            #expect(succeeded["status"] == "succeeded" && succeeded["output"] == 4)
        }
    }

    @Test("a failed child run goes on where it stands, and its parent with it")
    func child() async throws {
        try await APIFixture.serve { api in
            let yard = try MarkYard()
            try api.apply(
                """
                name: retried-child
                steps:
                  - { id: one, run: '\(yard.script("one"))' }
                  - { id: two, run: '\(yard.script("two", needs: "b")); echo 2', capture: json }
                output: "${ steps.two.output }"
                """
            )
            let ended = try api.run(
                """
                name: retried-parent
                steps:
                  - { id: sub, workflow: retried-child }
                output: "${ steps.sub.output }"
                """
            )
            #expect(ended["status"] == "failed")
            try yard.mend("b")
            let run = Self.id(ended)
            let answer = try Self.retry(api, run)
            #expect(answer.status == 200, "\(answer.text)")
            let again = try api.end(of: run)
            #expect(again["status"] == "succeeded" && again["output"] == 2, "\(again.serialized())")
            #expect(yard.marks == ["one", "two", "two"])
            #expect(try api.all("/v1/runs?parent=\(run)").count == 1)
        }
    }

    @Test("a run that was cancelled goes on, and `always` runs again at its end")
    func cancelled() async throws {
        try await APIFixture.serve { api in
            let yard = try MarkYard()
            let run = try api.start(
                try api.apply(
                    """
                    name: retried-cancel
                    steps:
                      - { id: one, run: '\(yard.script("one"))' }
                      - { id: nap, run: "\(yard.script("nap")); test -e \(yard.folder)/b || sleep 600" }
                      - { id: two, run: '\(yard.script("two"))' }
                    always:
                      - { id: tidy, run: '\(yard.script("tidy"))' }
                    """
                )
            )
            try eventually("it naps", within: PawlProcess.patience) { yard.count("nap") == 1 }
            #expect(try api.call("POST", "/v1/runs/\(run)/cancel").status == 200)
            #expect(try api.end(of: run)["status"] == "cancelled")
            try yard.mend("b")
            #expect(try Self.retry(api, run).status == 200)
            #expect(try api.end(of: run)["status"] == "succeeded")
            #expect(yard.marks == ["one", "nap", "tidy", "nap", "two", "tidy"])
        }
    }

    @Test("what cannot be retried is refused with 409, and nothing is changed")
    func refused() async throws {
        try await APIFixture.serve { api in
            #expect(try Self.retry(api, "run_01h2xcejqtf2nbrexx3vqjhp41").status == 404)
            let live = try api.start(try api.apply("name: retry-live\nsteps:\n  - { id: nap, sleep: 1h }"))
            try api.waitForStep(live, "nap", "waiting")
            let refused = try Self.retry(api, live)
            #expect(refused.status == 409 && refused["detail"].stringValue?.contains("is live") == true)
            let done = Self.id(try api.run(script("retry-done")))
            let events = try api.history(done).count
            #expect(try Self.retry(api, done).status == 409)
            #expect(try Self.retry(api, done, ["raeson": "x"]).status == 422)
            #expect(try api.history(done).count == events)
            #expect(try api.call("POST", "/v1/runs/\(live)/terminate").status == 200)
        }
    }

    @Test("a business key, and a slot, that another live run has now: 409, naming it")
    func taken() async throws {
        try await APIFixture.serve { api in
            let name = try api.apply(
                """
                name: retry-keyed
                input: { type: object }
                concurrency: { key: "${ input.line }", limit: 1 }
                steps:
                  - { id: work, when: "${ input.fails }", run: exit 1 }
                  - { id: nap, sleep: 1h }
                """
            )
            func start(_ key: String, _ line: String, fails: Bool) throws -> String {
                let body: JSONValue = [
                    "workflow": .string(name), "key": .string(key),
                    "input": ["line": .string(line), "fails": .bool(fails)],
                ]
                return try api.call("POST", "/v1/runs", body)["id"].stringValue ?? ""
            }
            let failed = try start("k", "x", fails: true)
            #expect(try api.end(of: failed)["status"] == "failed")
            let holder = try start("k", "y", fails: false)
            let byKey = try Self.retry(api, failed)
            #expect(byKey.status == 409 && byKey.text.contains(holder), "\(byKey.text)")
            #expect(try api.call("POST", "/v1/runs/\(holder)/terminate").status == 200)
            let other = try start("o", "x", fails: false)
            try api.waitForStep(other, "nap", "waiting")
            let bySlot = try Self.retry(api, failed)
            #expect(bySlot.status == 409 && bySlot.text.contains(other), "\(bySlot.text)")
            #expect(try api.get("/v1/runs/\(failed)")["status"] == "failed")
            #expect(try api.call("POST", "/v1/runs/\(other)/terminate").status == 200)
            #expect(try Self.retry(api, failed).status == 200)
            #expect(try api.end(of: failed)["status"] == "failed")
        }
    }

    @Test("a batch retries all that failed, and tells of those that cannot go on")
    func batch() async throws {
        try await APIFixture.serve { api in
            let yard = try MarkYard()
            let text = "name: retry-batch\nsteps:\n  - { id: a, run: '\(yard.script("a", needs: "b"))' }"
            let runs = try (0..<2).map { _ in Self.id(try api.run(text)) }
            try yard.mend("b")
            let done = try api.start("retry-batch")
            #expect(try api.end(of: done)["status"] == "succeeded")
            let filter: JSONValue = ["workflow": "retry-batch", "status": "failed,succeeded"]
            let body: JSONValue = ["filter": filter, "action": "retry", "reason": "mended"]
            let batch = try APIBatchTests.end(api, try APIBatchTests.begin(api, body))
            #expect(batch["done"] == 2 && batch["failed"] == 1, "\(batch)")
            #expect(batch["failures"]?.arrayValue?.map { $0["run"] } == [.string(done)])
            for run in runs {
                #expect(try api.end(of: run)["status"] == "succeeded")
                let retried = try api.history(run).filter { $0["type"] == "run.retried" }
                #expect(retried.count == 1 && retried.first?["data"]?["reason"] == "mended")
            }
            #expect(yard.count("a") == 5)
        }
    }
}

extension OwnProcessTests {
    @Suite("A retried run's history is its rows")
    struct RetryAuditTests {
        @Test("after a retry the replayed history is the state, byte for byte, and at the end the rows")
        func audit() async throws {
            let postgres = try await TestServers.postgres()
            try await onOwnThread {
                let name = "retries_\(Random.bytes(6).hexadecimal)"
                let database = try postgres.createDatabase(name)
                let environment = [
                    "PAWL_LISTEN": "127.0.0.1:0", "DATABASE_URL": postgres.url(database: name),
                ]
                #expect(try PawlProcess.run(["migrate"], environment: environment).exit == 0)
                let server = try PawlProcess(["serve"], environment: environment)
                let api = PawlAPI(try server.ready())
                let worker = try PawlProcess(["worker"], environment: environment)
                let flag = "\(try TestServers.folder())/mended"
                let ended = try api.run(
                    """
                    name: audited
                    steps:
                      - { id: a, run: exit 0, compensate: { run: exit 0 } }
                      - id: g
                        steps:
                          - { id: ok, run: exit 0 }
                          - { id: bad, run: test -e \(flag) }
                      - { id: hold, wait: { signal: go } }
                      - { id: last, run: exit 0 }
                    on_failure: stop
                    """
                )
                let run = ended["id"]?.stringValue ?? ""
                #expect(ended["status"] == "failed")
                try Files.write(flag, [])
                #expect(try api.call("POST", "/v1/runs/\(run)/retry").status == 200)
                try api.waitForStep(run, "hold", "waiting")
                let live = try RunAudit(try PostgresConnection.open(database))
                #expect(live.live == 1 && live.violations == [], "\(live.violations)")
                #expect(try api.call("POST", "/v1/runs/\(run)/signals/go", [:]).status < 300)
                #expect(try api.end(of: run)["status"] == "succeeded")
                let over = try RunAudit(try PostgresConnection.open(database))
                #expect(over.live == 0 && over.violations == [], "\(over.violations)")
                #expect(try worker.stop() == .exited(0))
                #expect(try server.stop() == .exited(0))
            }
        }
    }
}
