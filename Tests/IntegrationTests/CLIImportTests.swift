import JSON
import Linux
import TestSupport
import Testing

extension OwnProcessTests {
    @Suite("An exported run is imported, to be read on another server")
    struct CLIImportTests {
        /// The shared server, and one that has a database of its own and no worker.
        private static func serve(
            _ body: @escaping @Sendable (_ from: PawlAPI, _ to: PawlAPI) throws -> Void
        ) async throws {
            let postgres = try await TestServers.postgres()
            try await APIFixture.serve { from in
                let name = "imports_\(Random.bytes(6).hexadecimal)"
                _ = try postgres.createDatabase(name)
                let environment = [
                    "PAWL_LISTEN": "127.0.0.1:0", "DATABASE_URL": postgres.url(database: name),
                ]
                #expect(try PawlProcess.run(["migrate"], environment: environment).exit == 0)
                let server = try PawlProcess(["serve"], environment: environment)
                try body(from, PawlAPI(try server.ready()))
                #expect(try server.stop() == .exited(0))
            }
        }

        private static func export(_ run: String, _ api: PawlAPI) throws -> JSONValue {
            let result = try PawlProcess.run(["run", "export", run, "--server", api.address])
            #expect(result.exit == 0, "\(result.errors)")
            return try JSONValue.parse(result.output)
        }

        /// A run with all that an export tells of: items, a failure, lines, a file.
        private static func manifold(_ api: PawlAPI) throws -> String {
            let run = try api.run(
                """
                name: manifold
                labels: { team: shop }
                steps:
                  - id: each
                    foreach: { items: "${ [1..600] }" }
                    set: "${ { 'nul': '\\u0000', 'n': 1.50, 'item': item } }"
                  - id: says
                    run: |
                      echo one >&2
                      echo two >&2
                      echo kept > note.txt
                      echo '{"type": "artifact", "name": "note", "path": "note.txt"}' >&3
                  - id: fails
                    run: exit 3
                    on_error: continue
                output: "${ steps.fails.error.type }"
                """
            )
            #expect(run["status"] == "succeeded", "\(run["error"] ?? .null)")
            return run["id"]?.stringValue ?? ""
        }

        @Test("export, import and export again give the same, and it is read like a run of the server's own")
        func roundTrip() async throws {
            try await Self.serve { from, to in
                let run = try Self.manifold(from)
                let document = try Self.export(run, from)
                let arguments = ["run", "import", "-", "-o", "name", "--server", to.address]
                for _ in 0..<2 {
                    let taken = try PawlProcess.run(arguments, input: document.serialized())
                    #expect(taken.exit == 0 && taken.output == "\(run)\n", "\(taken.errors)")
                }
                #expect(try Self.export(run, to) == document)

                let pages = [
                    "steps", "steps?outputs=true", "steps?status=failed,succeeded", "history",
                    "logs?step=says", "artifacts",
                ]
                for page in pages {
                    let target = "/v1/runs/\(run)/\(page)"
                    #expect(try to.all(target, limit: 100) == from.all(target, limit: 100), "\(page)")
                }
                let detail = try to.get("/v1/runs/\(run)?wait=20s")
                #expect(detail["imported"]["by"]?.stringValue != nil && detail["status"] == "succeeded")
                let listed = try to.get("/v1/runs?imported=true").items
                #expect(listed == (try from.get("/v1/runs?workflow=manifold&limit=1").items))
                #expect(try to.get("/v1/runs").items.isEmpty)
                let followed = try to.call("GET", "/v1/runs/\(run)/logs?follow=true")
                #expect(followed.text.contains("\"message\":\"two\""), "\(followed.text)")
            }
        }

        @Test("an imported run is for reading only")
        func readOnly() async throws {
            try await Self.serve { from, to in
                let run = try from.start(
                    try from.apply("name: left-waiting\nsteps:\n  - { id: hold, wait: { signal: go } }")
                )
                try from.waitForStep(run, "hold", "waiting")
                let document = try Self.export(run, from)
                #expect(try to.call("POST", "/v1/runs/import", document).status == 201)
                #expect(try to.get("/v1/runs/\(run)")["waiting_for"] == document["run"]?["waiting_for"])
                for action in ["pause", "cancel", "terminate", "signals/go", "steps/hold/now"] {
                    let answer = try to.call("POST", "/v1/runs/\(run)/\(action)")
                    #expect(answer.status == 409 && answer.text.contains("imported"), "\(answer.text)")
                }
                #expect(try Self.export(run, to) == document)
                let own = try from.call("POST", "/v1/runs/import", document)
                #expect(own.status == 409 && own.text.contains("own"), "\(own.text)")
                #expect(try from.get("/v1/runs?imported=true").items.isEmpty)
                _ = try from.call("POST", "/v1/runs/\(run)/terminate")
            }
        }

        @Test("a file that is no export is refused with a pointer, and nothing is kept")
        func wrong() async throws {
            try await Self.serve { from, to in
                let run = try from.run(script("export-spoilt"))["id"]?.stringValue ?? ""
                let document = try Self.export(run, from)
                for (pointer, change) in Self.spoils {
                    var spoilt = document
                    change(&spoilt)
                    let answer = try to.call("POST", "/v1/runs/import", spoilt)
                    let pointers = answer["errors"].arrayValue?.compactMap { $0["pointer"]?.stringValue }
                    #expect(answer.status == 422 && pointers == [pointer], "\(pointer): \(answer.text)")
                }
                #expect(try to.get("/v1/runs?imported=true").items.isEmpty)
                #expect(try to.get("/v1/runs/\(run)").status == 404)
                let cut = String(document.serialized().dropLast(9))
                let result = try PawlProcess.run(
                    ["run", "import", "-", "--server", to.address],
                    input: cut
                )
                #expect(result.exit == 1 && result.errors.contains("line 1, column"), "\(result.errors)")
                let missing = ["run", "import", "/nowhere/run.json", "--server", to.address]
                #expect(try PawlProcess.run(missing).exit == 1)
            }
        }

        private static let spoils: [(String, @Sendable (inout JSONValue) -> Void)] = [
            ("/format", { $0.set("format", to: 2) }),
            ("", { $0.set("steps", to: nil) }),
            ("/run/id", { $0.change("run") { $0.set("id", to: "run_1") } }),
            ("/run/status", { $0.change("run") { $0.set("status", to: "fine") } }),
            ("/run/last_seq", { $0.change("run") { $0.set("last_seq", to: "many") } }),
            ("/workflow/name", { $0.change("workflow") { $0.set("name", to: "other") } }),
            ("/steps/0/path", { $0.change("steps", 0) { $0.set("path", to: 1) } }),
            ("/history/1/seq", { $0.change("history", 1) { $0.set("seq", to: 7) } }),
            ("/history/0/at", { $0.change("history", 0) { $0.set("at", to: "noon") } }),
        ]
    }
}

extension JSONValue {
    fileprivate mutating func set(_ key: String, to value: JSONValue?) {
        var object = objectValue ?? [:]
        object[key] = value
        self = .object(object)
    }

    fileprivate mutating func change(_ key: String, _ body: (inout JSONValue) -> Void) {
        var member = self[key] ?? .null
        body(&member)
        set(key, to: member)
    }

    fileprivate mutating func change(_ key: String, _ index: Int, _ body: (inout JSONValue) -> Void) {
        change(key) { list in
            var items = list.arrayValue ?? []
            body(&items[index])
            list = .array(items)
        }
    }
}
