import JSON
import Linux
import Postgres

extension RunQueries {
    /// The steps of a run that have begun, in order; `after` is the last of the page before.
    ///
    /// A step that was undone has the status of its compensation. `numbers` picks steps; nil takes all.
    public func steps(
        of run: RunID,
        numbers: Set<Int>? = nil,
        statuses: Set<StepStatus> = [],
        after: Int? = nil,
        limit: Int,
        withPayloads: Bool = false
    ) throws(StoreError) -> [StepView] {
        let parameters: [PostgresValue] = [
            .uuid(run.uuid), .int64(Int64(after ?? -1)), .bool(statuses.isEmpty),
            .texts(statuses.map(\.rawValue)), .int64(Int64(limit)), .bool(withPayloads),
            numbers.map { .int32s($0.map { Int32($0) }) } ?? .null,
        ]
        return try reading { try connection.query(Self.steps, parameters).map(Self.step) }
    }

    /// How many steps of a run there are of each status.
    func stepCounts(_ run: RunID) throws -> [StepStatus: Int] {
        let rows = try connection.query(Self.counts, [.uuid(run.uuid)])
        return Dictionary(uniqueKeysWithValues: try rows.map { (try stored($0, 0), Int(try $0.int64(1))) })
    }

    /// Ended and live steps, with the status of each compensation beside what it undoes.
    private static let allSteps = """
        with undone as (
            select path, status from step where run_id = $1 and path like '%!'
            union all select path, 'running' from task where run_id = $1 and path like '%!'
        ), every as (
            select step, path, status, attempts, started_at, ended_at, error, input, output,
                null::int as attempt, null as queue, null::int as priority, null::uuid as worker_id,
                null::timestamptz as ready_at, null::bool as cancel
            from step where run_id = $1
            union all
            select step, path, case when status in ('ready', 'blocked') then 'queued' else status end,
                attempts, started_at, null, null, input, null,
                attempt, queue, priority::int, worker_id, ready_at, cancel
            from task where run_id = $1
        ), derived as (
            select e.step, e.path, case when u.path is null then e.status
                when u.status in ('succeeded', 'compensated') then 'compensated'
                when u.status in ('failed', 'compensation_failed', 'cancelled') then 'compensation_failed'
                else 'compensating' end as status,
                e.attempts, e.started_at, e.ended_at, e.error, e.input, e.output,
                e.attempt, e.queue, e.priority, e.worker_id, e.ready_at, e.cancel
            from every e left join undone u on u.path = e.path || '!' and e.ended_at is not null
        )
        """

    private static let steps = PostgresStatement(
        "run_steps",
        """
        \(allSteps)
        , children as materialized (select parent_step, run_id from run where parent_id = $1)
        select step, path, status, attempts, started_at, ended_at, error, attempt, queue, priority, worker_id,
            ready_at, cancel, case when $6 then input end, case when $6 then output end, c.run_id
        from derived left join children c on c.parent_step = step
        where step > $2::int and ($3 or status = any ($4::text[]))
            and ($7::int[] is null or step = any ($7)) order by step limit $5
        """
    )

    private static let counts = PostgresStatement(
        "step_counts",
        "\(allSteps) select status, count(*) from derived group by status"
    )

    private static func step(_ row: PostgresRow) throws -> StepView {
        StepView(
            step: Int(try row.int32(0)),
            path: try row.text(1),
            status: try stored(row, 2),
            attempts: try row.optionalText(3),
            live: try liveAttempt(row),
            startedAt: try row.optionalTimestamp(4),
            endedAt: try row.optionalTimestamp(5),
            error: try row.optionalText(6).flatMap { StepError(json: try JSONValue.parse($0)) },
            child: try row.optionalUUID(15).map { RunID($0) },
            input: try row.optionalText(13).map { try Payload(stored: $0) },
            output: try row.optionalText(14).map { try Payload(stored: $0) }
        )
    }

    private static func liveAttempt(_ row: PostgresRow) throws -> LiveAttempt? {
        guard let number = try row.optionalInt32(7) else { return nil }
        return LiveAttempt(
            number: Int(number),
            queue: try row.text(8),
            priority: Int(try row.int32(9)),
            worker: try row.optionalUUID(10).map { WorkerID($0) },
            readyAt: try row.timestamp(11),
            isCancelled: try row.bool(12)
        )
    }
}
