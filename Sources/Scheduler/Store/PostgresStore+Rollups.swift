import Linux
import Postgres

/// What a process adds to the durations of a minute.
struct DurationDelta: Sendable, Hashable {
    enum Kind: String, Sendable { case wait, attempt }

    var kind: Kind
    var seconds: Double
    var counts: [Int64]
}

extension PostgresStore {
    /// Gathers the runs that have ended since the last time, anew for the last minutes; and drops old rows.
    ///
    /// Does nothing where another process is at it. Twice the same gives the same.
    func rollUpRuns() throws(StoreError) {
        try connect()
        try storing(writes: true) {
            try connection.transaction { connection in
                let isMine = try connection.query(Self.rollupLock).first?.bool(0) ?? false
                guard isMine, let since = try connection.query(Self.rollupMark).first?.timestamp(0) else {
                    return
                }
                try connection.query(Self.minutes, [.timestamp(since)])
                try connection.query(Self.hours, [.timestamp(since)])
                for statement in Self.oldRollups { try connection.query(statement) }
            }
        }
    }

    /// Takes the end of a run out of what was gathered of it; within the transaction that takes it back.
    ///
    /// Rows that it leaves empty stay: an hour is the sum of its minutes.
    func withdrawFromRollups(_ run: RunID) throws {
        try connection.query(Self.rollupTurn)
        try connection.query(Self.withdrawal, [.uuid(run.uuid)])
    }

    /// Adds to the durations of this minute and this hour.
    func add(_ deltas: [DurationDelta]) throws(StoreError) {
        for delta in deltas {
            let counts = PostgresValue.int64s(delta.counts)
            try write(Self.durations, [.text(delta.kind.rawValue), .double(delta.seconds), counts])
        }
    }

    private static let rollupLock = PostgresStatement(
        "rollup_lock",
        "select pg_try_advisory_xact_lock(hashtext('pawl.rollup'))"
    )

    /// Waits for a roll-up that is on its way.
    private static let rollupTurn = PostgresStatement(
        "rollup_turn",
        "select pg_advisory_xact_lock(hashtext('pawl.rollup'))"
    )

    /// From where on ends are gathered anew.
    ///
    /// They are told with the time at which they were decided, a moment before they are written. Minutes are
    /// forgotten sooner than hours.
    private static let rollupMark = PostgresStatement(
        "rollup_mark",
        """
        select coalesce(
            (select max(at) - interval '2 minutes' from rollup_run where span = 'minute'),
            (select max(at) from rollup_run where span = 'hour'),
            clock_timestamp() - interval '90 days')
        """
    )

    private static let minutes = PostgresStatement(
        "rollup_minutes",
        """
        insert into rollup_run
        select 'minute', e.minute, e.workflow_id, e.status, count(*), sum(e.seconds),
            \(RollupQueries.array(Histogram.long) { "count(*) filter (where e.bucket = \($0))" })
        from (
            select d.*, width_bucket(d.seconds, array[\(bounds)]) as bucket from (
                select date_trunc('minute', e.ended_at) as minute, r.workflow_id, e.status,
                    \(seconds) as seconds
                from run_end e join run r on r.run_id = e.run_id
                where e.ended_at >= $1::timestamptz
            ) d
        ) e group by 2, 3, 4
        \(replacing)
        """
    )

    private static let hours = PostgresStatement(
        "rollup_hours",
        """
        insert into rollup_run
        select 'hour', date_trunc('hour', m.at), m.workflow_id, m.status, sum(m.runs), sum(m.seconds),
            \(RollupQueries.sums("m.buckets", Histogram.long))
        from rollup_run m where m.span = 'minute' and m.at >= date_trunc('hour', $1::timestamptz)
        group by 2, 3, 4
        \(replacing)
        """
    )

    /// From the creation of `e`, which is in its id, to its end.
    private static let seconds = """
        greatest(0, extract(epoch from e.ended_at)::double precision - (
            'x' || translate(left(e.run_id::text, 13), '-', ''))::bit(48)::bigint / 1000.0
        )::double precision
        """

    private static let withdrawal = PostgresStatement(
        "rollup_withdrawal",
        """
        update rollup_run m set runs = m.runs - 1, seconds = m.seconds - d.seconds,
            buckets = array(
                select count - (n = width_bucket(d.seconds, array[\(bounds)]) + 1)::int
                from unnest(m.buckets) with ordinality as t(count, n) order by n)
        from (
            select e.ended_at, r.workflow_id, e.status, \(seconds) as seconds
            from run_end e join run r on r.run_id = e.run_id
            where e.run_id = $1
        ) d, (values ('minute'), ('hour')) as s(span)
        where m.span = s.span and m.at = date_trunc(s.span, d.ended_at)
            and m.workflow_id = d.workflow_id and m.status = d.status
        """
    )

    private static let replacing = """
        on conflict (span, at, workflow_id, status) do update
            set runs = excluded.runs, seconds = excluded.seconds, buckets = excluded.buckets
        """

    private static let bounds = Histogram.long.map { "\($0)" }.joined(separator: ", ")

    private static let oldRollups = ["rollup_run", "rollup_duration"].map { table in
        PostgresStatement(
            "prune_\(table)",
            """
            delete from \(table)
            where span = 'minute' and at < (select clock_timestamp()) - interval '48 hours'
                or span = 'hour' and at < (select clock_timestamp()) - interval '90 days'
            """
        )
    }

    private static let durations = PostgresStatement(
        "add_durations",
        """
        insert into rollup_duration as d (span, at, kind, seconds, buckets)
        select s.span, date_trunc(s.span, clock_timestamp()), $1, $2::double precision, $3::bigint[]
        from (values ('minute'), ('hour')) as s(span)
        on conflict (span, at, kind) do update
            set seconds = d.seconds + excluded.seconds,
                buckets = array(
                    select a + b from unnest(d.buckets, excluded.buckets)
                        with ordinality as t(a, b, n) order by n)
        """
    )
}
