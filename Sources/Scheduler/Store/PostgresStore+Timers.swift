import Linux
import Postgres

extension PostgresStore: TimerStore {
    public func due(limit: Int) throws(StoreError) -> DueTimers {
        let rows = try read(Self.nextTimers, [.int64(Int64(limit))]) { row in
            (
                run: RunID(try row.uuid(0)), step: Int(try row.int32(1)), kind: try row.text(2),
                dueAt: try row.timestamp(3), isDue: try row.bool(4)
            )
        }
        let now = try read(Self.clock, []) { try $0.timestamp(0) }.first ?? .now
        let timers = rows.filter(\.isDue).compactMap { row in
            TimerKind(rawValue: row.kind).map { (run: row.run, key: TimerKey(step: row.step, kind: $0)) }
        }
        return DueTimers(timers: timers, next: rows.first { !$0.isDue }?.dueAt, now: now)
    }

    private static let clock = PostgresStatement("clock", "select clock_timestamp()")

    /// Those that are due, and the first that is not.
    private static let nextTimers = PostgresStatement(
        "due_timers",
        """
        (select run_id, step, kind, due_at, true from timer where due_at <= clock_timestamp()
            order by due_at limit $1)
        union all
        (select run_id, step, kind, due_at, false from timer where due_at > clock_timestamp()
            order by due_at limit 1)
        """
    )
}
