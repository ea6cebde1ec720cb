import Linux
import Postgres

extension RunQueries {
    /// What a live run waits for, by step; a step that a worker will claim at once is left out.
    func waits(of run: RunID, isPaused: Bool) throws -> [Wait] {
        let waits = try connection.query(Self.waiting, [.uuid(run.uuid)]).compactMap { row -> Wait? in
            let status: TaskStatus? = try row.optionalText(2).flatMap(TaskStatus.init(rawValue:))
            let awaits = try row.optionalText(6).flatMap { try TaskSpec(decoding: $0).awaits }
            let child = try row.optionalUUID(8).map { RunID($0) }
            let reason = Self.reason(
                status,
                isPaused,
                awaits,
                isTimed: !row.isNull(4),
                isServed: try row.bool(5)
            )
            guard let reason = reason ?? (child == nil ? nil : .child) else { return nil }
            return Wait(
                step: try row.optionalInt32(0).map { Int($0) },
                path: try row.optionalText(1),
                reason: reason,
                until: try row.optionalTimestamp(awaits == nil ? 4 : 7),
                queue: try row.optionalText(3),
                awaits: awaits,
                child: child
            )
        }
        guard isPaused, !waits.contains(where: { $0.reason == .paused }) else { return waits }
        return [Wait(step: nil, path: nil, reason: .paused, until: nil, queue: nil, child: nil)] + waits
    }

    /// The reason that a task of this status waits, or, with nil, that the run has not started.
    private static func reason(
        _ status: TaskStatus?,
        _ isPaused: Bool,
        _ awaits: Awaited?,
        isTimed: Bool,
        isServed: Bool
    ) -> Wait.Reason? {
        switch status {
        case nil: .timer
        case .running: nil
        case .backoff: .backoff
        // A group, a `foreach` or a `repeat` waits for what is in it, which has reasons of its own.
        case .waiting: awaits.map(\.reason) ?? (isTimed ? .timer : nil)
        case .blocked: isPaused ? .paused : .concurrency
        case .ready: isPaused ? .paused : isServed ? nil : .noWorker
        }
    }

    /// A worker that does not say which queues it serves is taken to serve all.
    private static let waiting = PostgresStatement(
        "run_waits",
        """
        with children as materialized (select parent_step, run_id from run where parent_id = $1)
        select k.step, k.path, k.status, k.queue,
            (select min(t.due_at) from timer t where t.run_id = k.run_id and t.step = k.step
                and t.kind in ('sleep', 'backoff', 'round')),
            exists (
                select from worker w where w.expires_at > clock_timestamp()
                    and coalesce(w.about::jsonb -> 'queues' ? k.queue, true)),
            case when k.status = 'waiting' then k.spec end,
            (select t.due_at from timer t
                where t.run_id = k.run_id and t.step = k.step and t.kind = 'timeout'),
            c.run_id
        from task k left join children c on c.parent_step = k.step where k.run_id = $1
        union all
        select null, null, null, null, due_at, true, null, null, null from timer
        where run_id = $1 and step = 0 and kind = 'start'
        order by 1 limit 100
        """
    )
}

extension Awaited {
    fileprivate var reason: Wait.Reason {
        switch self {
        case .signal: .signal
        case .callback: .callback
        }
    }
}
