import JSON
import Linux
import Postgres
import TestSupport
import Testing

/// What a step costs, in counts that do not depend on how fast the machine is.
///
/// A bound is what was counted when it was written and a seventh more; who makes a step cheaper lowers it.
@Suite("Cost of a step", .serialized)
struct StepCostTests {
    private static let runs = 60
    private static let steps = 5

    /// Of a step, on average over runs of five sequential steps, their submission included.
    private struct Cost: CustomStringConvertible {
        /// Without those of services that look around once a second, however long the test takes.
        var statements = 0.0
        /// Transactions that wrote something, by the numbers that Postgres gave them.
        var commits = 0.0
        var walBytes = 0.0
        /// Times that a thread of the engine went to sleep.
        var sleeps = 0.0

        static func - (now: Cost, before: Cost) -> Cost {
            Cost(
                statements: now.statements - before.statements,
                commits: now.commits - before.commits,
                walBytes: now.walBytes - before.walBytes,
                sleeps: now.sleeps - before.sleeps
            )
        }

        static func / (all: Cost, count: Int) -> Cost {
            Cost(
                statements: all.statements / Double(count),
                commits: all.commits / Double(count),
                walBytes: all.walBytes / Double(count),
                sleeps: all.sleeps / Double(count)
            )
        }

        var description: String {
            "\(statements) statements, \(commits) commits, \(walBytes) bytes of WAL, \(sleeps) sleeps"
        }
    }

    @Test("statements, commits, WAL and sleeps a step stay within their bounds")
    func sequential() async throws {
        let counted = ["shared_preload_libraries": "pg_stat_statements"]
        let postgres = try await TestServers.ownPostgres(settings: counted)
        defer { postgres.remove() }
        let cost = try await onOwnThread {
            let url = postgres.url(database: "pawl")
            let connection = try PostgresConnection.open(try postgres.createDatabase("pawl"))
            try connection.execute("create extension pg_stat_statements")
            let environment = [
                "DATABASE_URL": url, "PAWL_LISTEN": "127.0.0.1:0", "PAWL_SLOTS": "8",
                "PAWL_SCRATCH_DIR": try TestServers.folder(),
            ]
            #expect(try PawlProcess.run(["migrate"], environment: environment).exit == 0)
            let engine = try PawlProcess(["serve", "--worker"], environment: environment)
            defer { engine.kill() }
            let api = PawlAPI(try engine.ready())
            try api.apply(Self.chain)
            try perform(api, runs: 5)
            try connection.execute("select pg_stat_statements_reset()")
            let before = try spent(connection, engine)
            try perform(api, runs: Self.runs)
            return try (spent(connection, engine) - before) / (Self.runs * Self.steps)
        }
        print("a step costs \(cost)")
        #expect(cost.statements < 3.1)
        #expect(cost.commits < 1.4)
        #expect(cost.walBytes < 2_800)
        // Looser: a thread that is slow to sleep finds more to do.
        #expect(cost.sleeps < 15)
    }

    private static let chain =
        "name: chain\nsteps:\n" + (1...steps).map { "  - { id: s\($0), run: 'true' }\n" }.joined()

    /// One at a time, so that nothing depends on how batches happen to form.
    private func perform(_ api: PawlAPI, runs: Int) throws {
        for _ in 0..<runs { #expect(try api.end(of: try api.start("chain"))["status"] == "succeeded") }
    }

    private func spent(_ connection: PostgresConnection, _ engine: PawlProcess) throws -> Cost {
        let row = try connection.query(
            """
            select sum(calls)::float8, sum(wal_bytes)::float8, pg_current_xact_id()::text::float8
            from pg_stat_statements where calls >= $1
            """,
            [.int64(Int64(Self.runs))]
        )[0]
        return Cost(
            statements: try row.optionalDouble(0) ?? 0,
            commits: try row.double(2),
            walBytes: try row.optionalDouble(1) ?? 0,
            sleeps: try sleeps(of: engine.pid)
        )
    }

    /// Voluntary context switches of all threads so far (proc(5)).
    private func sleeps(of process: Int32) throws -> Double {
        try Files.names(in: "/proc/\(process)/task").reduce(0) { sum, thread in
            let path = "/proc/\(process)/task/\(thread)/status"
            let status = String(decoding: (try? Files.read(path)) ?? [], as: UTF8.self)
            let line = status.split(separator: "\n").first { $0.hasPrefix("voluntary_ctxt_switches") }
            return sum + (line?.split(separator: "\t").last.flatMap { Double($0) } ?? 0)
        }
    }
}
