import JSON
import Linux
import Postgres

extension RunQueries {
    /// The events of a run after `seq`, in order, about `limit` of them: a transition's events come together.
    public func history(
        of run: RunID,
        after seq: Int = 0,
        limit: Int
    ) throws(StoreError) -> [NumberedEvent] {
        let parameters: [PostgresValue] = [.uuid(run.uuid), .int64(Int64(seq)), .int64(Int64(limit))]
        return try reading {
            var events: [NumberedEvent] = []
            for row in try connection.query(Self.events, parameters) where events.count < limit {
                let first = Int(try row.int32(0))
                let numbered = try HistoryEvent.decode(try row.text(1)).enumerated().map {
                    NumberedEvent(seq: first + $0.offset, event: $0.element)
                }
                events += numbered.drop { $0.seq <= seq }
            }
            return events
        }
    }

    /// Log lines of a run after a position, in the order in which they were written.
    public func logs(
        of run: RunID,
        step: Int? = nil,
        attempt: Int? = nil,
        after position: Int64 = 0,
        limit: Int
    ) throws(StoreError) -> [PositionedLine] {
        let parameters: [PostgresValue] = [
            .uuid(run.uuid), .int64(step.map { Int64($0) }), .int64(attempt.map { Int64($0) }),
            .int64(position), .int64(Int64(limit)),
        ]
        return try reading {
            try connection.query(Self.lines, parameters).map { try Self.line($0, of: run) }
        }
    }

    private static let events = PostgresStatement(
        "run_history",
        """
        select seq, events from history where run_id = $1 and seq + count > $2::int + 1 order by seq limit $3
        """
    )

    private static let lines = PostgresStatement(
        "run_logs",
        """
        select position, step, attempt, token, line, at, level, message, fields from step_log
        where run_id = $1 and ($2::int is null or step = $2) and ($3::int is null or attempt = $3)
            and position > $4
        order by position limit $5
        """
    )

    private static func line(_ row: PostgresRow, of run: RunID) throws -> PositionedLine {
        PositionedLine(
            position: try row.int64(0),
            line: LoggedLine(
                run: run,
                step: Int(try row.int32(1)),
                attempt: Int(try row.int32(2)),
                token: try row.int64(3),
                number: Int(try row.int32(4)),
                line: LogLine(
                    at: try row.timestamp(5),
                    level: try stored(row, 6),
                    message: try row.text(7),
                    fields: try row.optionalText(8).map { try JSONValue.parse($0) }
                )
            )
        )
    }
}
