import Glibc
import JSON
import Linux
import Postgres
import TestSupport
import Testing

extension OwnProcessTests {
    @Suite("serve, worker and migrate")
    struct CLIServeTests {
        private static let anyPort = ["PAWL_LISTEN": "127.0.0.1:0"]

        private static func environment(_ url: String) -> [String: String] {
            anyPort.merging(["DATABASE_URL": url]) { $1 }
        }

        @Test(
            "an empty database is refused with exit 78 until it is migrated; then serve and worker work"
        )
        func roles() async throws {
            let postgres = try await TestServers.postgres()
            let redis = try await TestServers.redis()
            try await onOwnThread {
                let name = "serve_\(Random.bytes(6).hexadecimal)"
                _ = try postgres.createDatabase(name)
                var environment = Self.environment(postgres.url(database: name))
                environment["REDIS_URL"] = redis.url
                let early = try PawlProcess.run(["serve"], environment: environment)
                #expect(early.exit == 78)
                #expect(early.errors.contains("pawl migrate"), "\(early.errors)")
                for _ in 1...2 {
                    #expect(try PawlProcess.run(["migrate"], environment: environment).exit == 0)
                }
                let server = try PawlProcess(["serve"], environment: environment)
                let api = PawlAPI(try server.ready())
                let run = try api.start(try api.apply(script("two-processes")))
                try eventually("the run waits for a worker", within: PawlProcess.patience) {
                    let waits = try api.get("/v1/runs/\(run)")["waiting_for"].arrayValue ?? []
                    return waits.contains { $0["reason"] == "no_worker" }
                }
                let worker = try PawlProcess(["worker"], environment: environment)
                try worker.ready()
                #expect(try api.end(of: run)["status"] == "succeeded")
                #expect(try api.get("/v1/workers").items.contains { $0["alive"] == true })
                #expect(try api.get("/readyz")["status"] == "ready")
                #expect(try worker.stop() == .exited(0), "\(worker.errors.text)")
                #expect(try api.get("/v1/workers").items.allSatisfy { $0["alive"] == false })
                #expect(try server.stop() == .exited(0), "\(server.errors.text)")
            }
        }

        @Test(
            "a missing database, or one that is not UTF-8: exit 78",
            arguments: ["serve", "worker", "migrate"]
        )
        func refused(command: String) async throws {
            let postgres = try await TestServers.postgres()
            try await onOwnThread {
                let ascii = "ascii_\(Random.bytes(6).hexadecimal)"
                try PostgresConnection.open(postgres.configuration())
                    .execute("create database \(ascii) encoding 'SQL_ASCII' template template0")
                for (database, mentioned) in [("nowhere", "nowhere"), (ascii, "SQL_ASCII")] {
                    let result = try PawlProcess.run(
                        [command],
                        environment: Self.environment(postgres.url(database: database))
                    )
                    #expect(result.exit == 78, "\(result.errors)")
                    #expect(result.errors.contains(mentioned), "\(result.errors)")
                }
            }
        }

        @Test("a wrong password: exit 78, said without the password")
        func wrongPassword() async throws {
            let postgres = try await TestServers.ownPostgres()
            defer { postgres.remove() }
            try await onOwnThread {
                let connection = try PostgresConnection.open(postgres.configuration())
                try connection.execute("create role guest login password 'right'")
                let rules = try #require(try connection.query("select current_setting('hba_file')").first)
                    .text(0)
                try connection.execute(
                    """
                    copy (values ('local all pawl trust'), ('local all all scram-sha-256')) to '\(rules)';
                    select pg_reload_conf();
                    """
                )
                let url = postgres.url().replacing("pawl@", with: "guest:sesame@")
                try eventually("the rules are in force") {
                    do throws(PostgresError) {
                        try PostgresConnection.open(PostgresConfiguration(url)).close()
                        return false
                    } catch { return error.sqlState == .invalidPassword }
                }
                for command in ["serve", "worker", "migrate"] {
                    let result = try PawlProcess.run([command], environment: Self.environment(url))
                    #expect(result.exit == 78, "\(result.errors)")
                    #expect(result.errors.contains("password") && result.errors.contains("DATABASE_URL"))
                    #expect(!result.errors.contains("sesame"))
                }
            }
        }

        @Test("Postgres down at start: said so, tried again, and served once it is up")
        func postgresDown() async throws {
            let postgres = try await TestServers.ownPostgres()
            try await onOwnThread {
                _ = try postgres.createDatabase("pawl")
                let environment = Self.environment(postgres.url(database: "pawl"))
                #expect(try PawlProcess.run(["migrate"], environment: environment).exit == 0)
                postgres.stop()
                let server = try PawlProcess(["serve"], environment: environment)
                let said = server.errors.line(with: "cannot be reached", within: PawlProcess.patience)
                #expect(said != nil)
                #expect(server.isRunning)
                try postgres.start()
                let api = PawlAPI(try server.ready())
                #expect(try api.get("/readyz")["postgres"] == "ok")

                postgres.stop(.immediate)
                try eventually("503 while Postgres is away", within: PawlProcess.patience) {
                    let answer = try api.get("/v1/runs")
                    return answer.status == 503 && answer.headers["Retry-After"] != nil
                }
                #expect(try api.get("/readyz").status == 503)
                #expect(try api.get("/healthz").status == 200)
                try postgres.start()
                try eventually("served again", within: PawlProcess.patience) {
                    try api.get("/v1/runs").status == 200
                }
                try server.stop()
                postgres.remove()
            }
        }

        @Test("two servers on one database agree, whichever is asked")
        func twoServers() async throws {
            let postgres = try await TestServers.postgres()
            try await onOwnThread {
                let name = "two_\(Random.bytes(6).hexadecimal)"
                _ = try postgres.createDatabase(name)
                let environment = Self.environment(postgres.url(database: name))
                #expect(try PawlProcess.run(["migrate"], environment: environment).exit == 0)
                let servers = try (1...2).map { _ in try PawlProcess(["serve"], environment: environment) }
                let apis = try servers.map { PawlAPI(try $0.ready()) }
                let run = try apis[0].start(
                    try apis[0].apply("name: shared\nsteps:\n  - id: a\n    sleep: 1h")
                )
                // Each server is asked while what it remembers of the run is old.
                for _ in 1...2 {
                    for (server, action, status) in [(0, "pause", "paused"), (1, "resume", "waiting")] {
                        let answer = try apis[server].call("POST", "/v1/runs/\(run)/\(action)")
                        #expect(answer["status"].stringValue == status)
                        #expect(try apis[1 - server].get("/v1/runs/\(run)")["status"].stringValue == status)
                    }
                }
                #expect(try apis[1].call("POST", "/v1/runs/\(run)/terminate").status == 200)
                #expect(try apis[0].call("POST", "/v1/runs/\(run)/terminate").status == 409)
                for server in servers { #expect(try server.stop() == .exited(0)) }
            }
        }

        @Test("SIGTERM while Postgres is down ends the waiting")
        func stopWhileWaiting() async throws {
            try await onOwnThread {
                let url = "postgresql://127.0.0.1:1/pawl"
                let server = try PawlProcess(["serve"], environment: Self.environment(url))
                #expect(server.errors.line(with: "cannot be reached", within: PawlProcess.patience) != nil)
                #expect(try server.stop() == .exited(1))
            }
        }

        @Test("without Redis it is degraded, and runs go on")
        func degraded() async throws {
            let postgres = try await TestServers.postgres()
            try await onOwnThread {
                let name = "degraded_\(Random.bytes(6).hexadecimal)"
                _ = try postgres.createDatabase(name)
                var environment = Self.environment(postgres.url(database: name))
                environment["REDIS_URL"] = "redis://127.0.0.1:1"
                #expect(try PawlProcess.run(["migrate"], environment: environment).exit == 0)
                let server = try PawlProcess(["serve", "--worker"], environment: environment)
                let api = PawlAPI(try server.ready())
                #expect(try api.get("/readyz")["status"] == "degraded")
                #expect(try api.run(script("no-redis"))["status"] == "succeeded")
                #expect(try server.stop() == .exited(0))
            }
        }
    }
}
