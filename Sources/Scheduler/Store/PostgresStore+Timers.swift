import Linux
import Postgres

extension PostgresStore: TimerStore {
    public func due(limit: Int) throws(StoreError) -> DueTimers {
        let parameters: [PostgresValue] = [.int64(Int64(limit)), .timestamp(timerMark.bound())]
        let rows = try read(Self.nextTimers, parameters, Self.row)
        let due = rows.filter { $0.dueAt <= $0.now }
        let now = if let row = rows.first { row.now } else { try databaseTime() }
        timerMark.searched(first: due.first?.dueAt, at: now)
        return DueTimers(
            timers: due.map { (run: $0.run, key: $0.key, dueAt: $0.dueAt) },
            next: rows.first { $0.dueAt > $0.now }?.dueAt,
            now: now
        )
    }

    /// Those that are due, and the first that is not; a sub-select makes the clock a bound of the index scan.
    private static let nextTimers = PostgresStatement(
        "due_timers",
        """
        with clock as materialized (select clock_timestamp() as now)
        (select run_id, step, kind, due_at, (select now from clock) from timer
            where due_at >= coalesce($2::timestamptz, '-infinity') and due_at <= (select now from clock)
            order by due_at limit $1)
        union all
        (select run_id, step, kind, due_at, (select now from clock) from timer
            where due_at > (select now from clock) order by due_at limit 1)
        """
    )

    private static func row(
        _ row: PostgresRow
    ) throws -> (run: RunID, key: TimerKey, dueAt: Timestamp, now: Timestamp) {
        (
            run: RunID(try row.uuid(0)),
            key: TimerKey(step: Int(try row.int32(1)), kind: try stored(row, 2)),
            dueAt: try row.timestamp(3),
            now: try row.timestamp(4)
        )
    }
}
