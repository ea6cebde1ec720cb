import Development
import JSON
import Linux
import Postgres

/// Rows that come and go for minutes while nothing may be cleared away: what the hot statements take then.
///
/// A snapshot that somebody holds keeps every dead version and its index entries, and tables that were
/// analyzed while they were empty mislead the planner: what runs Postgres queues into the ground.
public struct Churn: Sendable {
    /// The p99 of a statement, in milliseconds, before and while the snapshot was held.
    public struct Course: Sendable, CustomStringConvertible {
        public var statement: String
        public var calls: Int
        public var quiet: Double
        public var held: Double

        public var description: String { "\(statement): \(calls) calls, p99 \(quiet) ms, then \(held) ms" }
    }

    /// For the server: it writes how long each statement took, after the statement's number.
    public static let settings = [
        "compute_query_id": "on", "log_duration": "on", "log_line_prefix": "%Q ",
        "autovacuum_naptime": "1s", "autovacuum_analyze_threshold": "1",
    ]

    private static let pace = Duration.milliseconds(40)
    /// A process, and timers that come and go without one.
    private static let definition = """
        name: churn
        steps:
          - { id: a, run: 'true' }
          - { id: b, sleep: 20ms }
          - { id: c, sleep: 20ms }
          - { id: d, run: 'true' }
        """
    /// The statements that are called most: of the writer, the timers and the waiting client.
    private static let hot = 5

    private let duration: Duration
    private let postgres: PrivatePostgres

    public init(seconds: Int, on postgres: PrivatePostgres) {
        duration = .seconds(seconds)
        self.postgres = postgres
    }

    /// Blocks for a quarter more than the time of the churn.
    public func run() throws -> [Course] {
        let connection = try PostgresConnection.open(try postgres.createDatabase("churn"))
        let environment = [
            "DATABASE_URL": postgres.url(database: "churn"), "PAWL_LISTEN": "127.0.0.1:0",
            "PAWL_SCRATCH_DIR": try TestServers.folder(), "PAWL_SLOTS": "8",
        ]
        let migration = try PawlProcess.run(["migrate"], environment: environment)
        guard migration.exit == 0 else { throw NeverHappened(description: migration.errors) }
        let engine = try PawlProcess(["serve", "--worker"], environment: environment)
        defer { engine.kill() }
        let api = PawlAPI(try engine.ready())
        try api.apply(Self.definition)
        try load(api, connection, for: .seconds(5))

        let start = try log().count
        try load(api, connection, for: duration / 4)
        let middle = try log().count
        try connection.execute("analyze")
        let snapshot = try PostgresConnection.open(postgres.configuration(database: "churn"))
        try snapshot.execute("begin isolation level repeatable read; select from run limit 1")
        try load(api, connection, for: duration)
        try snapshot.execute("rollback")
        let end = try log()
        return Self.courses(quiet: Self.durations(end[start..<middle]), held: Self.durations(end[middle...]))
    }

    /// Runs at a steady pace, and all of them ended.
    private func load(_ api: PawlAPI, _ connection: PostgresConnection, for time: Duration) throws {
        let end = MonotonicTime.now + time
        let pause = Waker()
        var next = MonotonicTime.now
        while next < end {
            pause.wait(until: next)
            _ = try api.start("churn")
            next = next + Self.pace
        }
        try eventually("all runs have ended", within: PawlProcess.patience) {
            try connection.query("select from run_live limit 1").isEmpty
        }
    }

    private func log() throws -> [UInt8] { try Files.read(postgres.log) }

    /// By the number of the statement, from lines such as `-4711 LOG:  duration: 0.123 ms`.
    private static func durations(_ log: ArraySlice<UInt8>) -> [String: [Double]] {
        var durations: [String: [Double]] = [:]
        for line in log.split(separator: UInt8(ascii: "\n")) {
            let words = String(decoding: line, as: UTF8.self).split(separator: " ")
            guard words.count == 5, words[2] == "duration:", words[0] != "0", let time = Double(words[3])
            else { continue }
            durations[String(words[0]), default: []].append(time)
        }
        return durations
    }

    private static func courses(quiet: [String: [Double]], held: [String: [Double]]) -> [Course] {
        quiet.sorted { $0.value.count > $1.value.count }.prefix(hot).map { statement, times in
            let later = held[statement] ?? []
            return Course(
                statement: statement,
                calls: later.count,
                quiet: percentile99(times),
                held: percentile99(later)
            )
        }
    }

    private static func percentile99(_ times: [Double]) -> Double {
        let sorted = times.sorted()
        return sorted.isEmpty ? 0 : sorted[(sorted.count * 99 + 99) / 100 - 1]
    }
}
