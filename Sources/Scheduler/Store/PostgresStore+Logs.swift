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
    /// U+0000, which Postgres cannot store, becomes U+FFFD.
    public func appendLogs(_ lines: [LoggedLine]) throws(StoreError) {
        guard !lines.isEmpty else { return }
        try write(Self.insertion, Self.lines.values(lines))
    }

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
        return PostgresStatement(
            "append_logs",
            """
            insert into step_log (\(names)) select \(names) from \(lines.source(&numbers))
            on conflict do nothing
            """
        )
    }()
}
