import Linux
import Postgres

/// A log line with the attempt that wrote it.
public struct LoggedLine: Sendable, Hashable {
    public var run: RunID
    public var step: Int
    public var attempt: Int
    public var token: Int64
    /// From 1 under the token.
    public var number: Int
    public var line: LogLine

    public init(run: RunID, step: Int, attempt: Int, token: Int64, number: Int, line: LogLine) {
        self.run = run
        self.step = step
        self.attempt = attempt
        self.token = token
        self.number = number
        self.line = line
    }
}

extension PostgresStore {
    /// Writes log lines, in one statement; lines that are there already stay as they are.
    ///
    /// U+0000, which Postgres cannot store, becomes U+FFFD. Positions of a run rise in the order of commits:
    /// who reads on after the last one that it saw misses none.
    public func appendLogs(_ lines: [LoggedLine]) throws(StoreError) {
        guard !lines.isEmpty else { return }
        let locks = Set(lines.map { Int64($0.run.low % Self.lockCount) }).sorted()
        try write(Self.insertion, Self.lines.values(lines) + [.int64s(locks)])
    }

    /// Runs share so many locks, since the server's table of locks is small.
    private static let lockCount: UInt64 = 64

    private static let lines = RowSet<LoggedLine>(
        alias: "n",
        columns: [
            .run("run_id") { $0.run },
            .bigint("token") { $0.token },
            .int("line") { $0.number },
            .int("step") { $0.step },
            .int("attempt") { $0.attempt },
            .time("at") { $0.line.at },
            .text("level") { $0.line.level.rawValue },
            .text("message") { $0.line.message.replacing("\0", with: "\u{FFFD}") },
            .text("fields") { $0.line.fields?.serialized() },
        ]
    )

    private static let insertion: PostgresStatement = {
        var numbers = ParameterNumbers()
        let names = lines.names.joined(separator: ", ")
        let source = lines.source(&numbers)
        let place = numbers.next()
        return PostgresStatement(
            "append_logs",
            """
            with locked as materialized (
                select pg_advisory_xact_lock(hashtext('pawl.step_log'), k) from unnest(\(place)::int[]) as k
            )
            insert into step_log (\(names)) select \(names) from \(source), (select count(*) from locked) as l
            on conflict do nothing
            """
        )
    }()
}
