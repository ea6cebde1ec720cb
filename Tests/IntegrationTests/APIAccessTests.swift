import JSON
import Linux
import TestSupport
import Testing

@Suite("Keys, roles and sessions")
struct APIAccessTests {
    /// A server of its own, because keys close it for everybody else; with one key of each role.
    private static func serve(
        _ body: @escaping @Sendable (PawlAPI, [String: String]) throws -> Void
    ) async throws {
        try await onOwnThread {
            let folder = try TestServers.folder()
            let process = try PawlProcess(["dev", "--port", "0", "--data", "\(folder)/dev"])
            defer { _ = try? process.stop() }
            let api = PawlAPI(try process.ready())
            var keys: [String: String] = [:]
            for role in ["admin", "operator", "viewer"] {
                let answer = try api.call(
                    "POST",
                    "/v1/tokens",
                    ["name": .string("a-\(role)"), "role": .string(role)],
                    headers: bearer(keys["admin"])
                )
                #expect(answer.status == 201, "\(answer.text)")
                keys[role] = answer["token"].stringValue
            }
            try body(api, keys)
        }
    }

    private static func bearer(_ key: String?) -> [(String, String)] {
        key.map { [("Authorization", "Bearer \($0)")] } ?? []
    }

    private struct Row {
        var method: String
        var target: String
        var body: String?
        var type = "application/json"
        /// The status that each role gets: viewer, operator, admin.
        var statuses: [Int]
    }

    private static let unknown = "run_01h2xcejqtf2nbrexx3vqjhp41"

    private static let rows = [
        Row(method: "GET", target: "/v1/runs", statuses: [200, 200, 200]),
        Row(method: "GET", target: "/metrics", statuses: [200, 200, 200]),
        Row(
            method: "POST",
            target: "/v1/workflows/validate",
            body: script("x"),
            type: "application/yaml",
            statuses: [200, 200, 200]
        ),
        Row(method: "POST", target: "/v1/runs", body: "{}", statuses: [403, 422, 422]),
        Row(method: "POST", target: "/v1/runs/\(unknown)/cancel", statuses: [403, 404, 404]),
        Row(
            method: "PUT",
            target: "/v1/workflows/roles",
            body: script("roles"),
            type: "application/yaml",
            statuses: [403, 403, 201]
        ),
        Row(method: "GET", target: "/v1/tokens", statuses: [403, 403, 200]),
        Row(method: "DELETE", target: "/v1/tokens/nobody", statuses: [403, 403, 404]),
    ]

    @Test("each role may do what it may, and no more; nobody may anything; probes are open")
    func roles() async throws {
        try await Self.serve { api, keys in
            for row in Self.rows {
                for (role, status) in zip(["viewer", "operator", "admin"], row.statuses) {
                    let answer = try api.call(
                        row.method,
                        row.target,
                        text: row.body,
                        type: row.type,
                        headers: Self.bearer(keys[role])
                    )
                    #expect(answer.status == status, "\(role): \(row.method) \(row.target): \(answer.text)")
                }
                for key in [nil, "", "pawl_wrong", keys["admin"].map { $0 + "0" }] {
                    let answer = try api.call(
                        row.method,
                        row.target,
                        text: row.body,
                        type: row.type,
                        headers: Self.bearer(key)
                    )
                    #expect(answer.status == 401, "\(row.method) \(row.target): \(answer.text)")
                    #expect(answer.headers["WWW-Authenticate"]?.isEmpty == false)
                }
            }
            #expect(try api.get("/healthz").status == 200)
            #expect(try api.get("/readyz").status == 200)
        }
    }

    @Test("who acted is in the run's history, by the name of the key")
    func actors() async throws {
        try await Self.serve { api, keys in
            let admin = Self.bearer(keys["admin"])
            let apply = try api.call(
                "PUT",
                "/v1/workflows/acted",
                text: "name: acted\nsteps:\n  - id: rest\n    sleep: 1h\n",
                type: "application/yaml",
                headers: admin
            )
            #expect(apply.status == 201)
            let start = try api.call("POST", "/v1/runs", ["workflow": "acted"], headers: admin)
            let run = start["id"].stringValue ?? ""
            let cancel = try api.call(
                "POST",
                "/v1/runs/\(run)/cancel",
                ["reason": "no longer wanted"],
                headers: Self.bearer(keys["operator"])
            )
            #expect(cancel.status == 200, "\(cancel.text)")
            let history = try api.call("GET", "/v1/runs/\(run)/history", headers: admin)
            #expect(history.text.contains(#""actor":"a-operator""#), "\(history.text)")
            #expect(history.text.contains("no longer wanted"))
        }
    }

    @Test("a revoked key opens nothing; the last admin's key stays while there are others")
    func revoking() async throws {
        try await Self.serve { api, keys in
            let admin = Self.bearer(keys["admin"])
            let last = try api.call("DELETE", "/v1/tokens/a-admin", headers: admin)
            #expect(last.status == 409, "\(last.text)")
            #expect(try api.call("DELETE", "/v1/tokens/a-viewer", headers: admin).status == 204)
            #expect(try api.call("GET", "/v1/runs", headers: Self.bearer(keys["viewer"])).status == 401)
            let list = try api.call("GET", "/v1/tokens", headers: admin)
            #expect(list.items.map { $0["name"]?.stringValue } == ["a-admin", "a-operator"])
            #expect(!list.text.contains("hash") && !list.text.contains(keys["admin"] ?? "-"))
            let twice = try api.call(
                "POST",
                "/v1/tokens",
                ["name": "a-operator", "role": "viewer"],
                headers: admin
            )
            #expect(twice.status == 409, "\(twice.text)")
            let wrong = try api.call("POST", "/v1/tokens", ["name": "A B", "role": "boss"], headers: admin)
            #expect(wrong.status == 422)
            #expect(wrong["errors"].arrayValue?.count == 2, "\(wrong.text)")
            #expect(try api.call("DELETE", "/v1/tokens/a-operator", headers: admin).status == 204)
            #expect(try api.call("DELETE", "/v1/tokens/a-admin", headers: admin).status == 204)
            #expect(try api.get("/v1/runs").status == 200, "without keys the server is open again")
            let first = try api.call("POST", "/v1/tokens", ["name": "x", "role": "viewer"])
            #expect(first.status == 409, "\(first.text)")
        }
    }

    @Test("a session's cookie serves the server's own page, and no other")
    func sessions() async throws {
        try await Self.serve { api, keys in
            let opened = try api.call("POST", "/v1/session", ["token": .string(keys["operator"] ?? "")])
            #expect(opened.status == 200, "\(opened.text)")
            let field = opened.headers["Set-Cookie"] ?? ""
            #expect(field.contains("HttpOnly") && field.contains("SameSite=Strict"))
            let cookie = ("Cookie", String(field.prefix { $0 != ";" }))
            let page = ("Origin", api.address)
            #expect(try api.call("GET", "/v1/session", headers: [cookie])["role"] == "operator")
            #expect(try api.call("GET", "/v1/tokens", headers: [cookie]).status == 403)
            let cancel = "/v1/runs/\(Self.unknown)/cancel"
            #expect(try api.call("POST", cancel, headers: [cookie, page]).status == 404)
            #expect(try api.call("POST", cancel, headers: [cookie]).status == 403)
            let foreign = ("Origin", "https://evil.example")
            #expect(try api.call("POST", cancel, headers: [cookie, foreign]).status == 403)
            #expect(try api.call("GET", "/v1/runs", headers: [cookie, foreign]).status == 403)
            #expect(try api.call("POST", "/v1/session", ["token": "pawl_no"]).status == 401)
            #expect(try api.call("POST", "/v1/session", [:]).status == 422)
            #expect(try api.call("DELETE", "/v1/session", headers: [cookie, page]).status == 204)
            #expect(try api.call("GET", "/v1/runs", headers: [cookie]).status == 401)
        }
    }

    @Test("only with keys a server listens beyond loopback; the command line makes, lists and ends them")
    func commandLine() async throws {
        let postgres = try await TestServers.postgres()
        try await onOwnThread {
            let name = "access_\(Random.bytes(6).hexadecimal)"
            _ = try postgres.createDatabase(name)
            var environment = ["DATABASE_URL": postgres.url(database: name), "PAWL_LISTEN": "0.0.0.0:0"]
            #expect(try PawlProcess.run(["migrate"], environment: environment).exit == 0)
            let early = try PawlProcess.run(["serve"], environment: environment)
            #expect(early.exit == 78)
            #expect(early.errors.contains("pawl token create"), "\(early.errors)")

            let local = try PawlProcess(
                ["serve"],
                environment: environment.merging(["PAWL_LISTEN": "127.0.0.1:0"]) { $1 }
            )
            let made = try PawlProcess.run(
                ["token", "create", "ops", "--role", "admin", "-o", "name", "--server", try local.ready()]
            )
            #expect(made.exit == 0, "\(made.errors)")
            let key = String(made.output.prefix { !$0.isNewline })
            #expect(key.hasPrefix("pawl_"))
            #expect(try local.stop() == .exited(0))

            let server = try PawlProcess(["serve"], environment: environment)
            defer { _ = try? server.stop() }
            let address = try server.ready().replacing("0.0.0.0", with: "127.0.0.1")
            let unkeyed = try PawlProcess.run(["run", "list", "--server", address])
            #expect(unkeyed.exit == 4, "\(unkeyed.errors)")
            let file = "\(try TestServers.folder())/key"
            try Files.write(file, Array("\(key)\n".utf8), mode: 0o600)
            environment["PAWL_TOKEN_FILE"] = file
            let listed = try PawlProcess.run(
                ["token", "list", "--server", address],
                environment: environment
            )
            #expect(listed.output.contains("ops\tadmin"), "\(listed.errors)")
            let ended = try PawlProcess.run(
                ["token", "revoke", "ops", "--server", address],
                environment: environment
            )
            #expect(ended.exit == 0, "\(ended.errors)")
            // Nobody has a key now, and this address is none to trust whoever comes from.
            #expect(try PawlAPI(address).get("/v1/runs").status == 403)
        }
    }
}
