import JSON
import Linux
import Postgres

extension RunQueries {
    /// What a live run waits for, step by step; at most so many steps are told of.
    static let waitsLimit = 100

    /// What a live run waits for, by step; a step that a worker will claim at once is left out.
    func waits(of run: RunID, isPaused: Bool) throws -> [Wait] {
        let workers = try connection.query(Self.liveWorkers).map { row in
            (queues: try row.optionalText(0), facts: WorkerFacts(abilities: try Self.words(row, 1)))
        }
        let facts = try connection.query(Self.waiting, [.uuid(run.uuid), .int64(Int64(Self.waitsLimit))])
            .map { row -> WaitFacts in
                var facts = try Self.facts(row)
                facts.isRunPaused = isPaused
                facts.workers = try workers.filter { try Self.serves($0.queues, facts.queue) }.map(\.facts)
                return facts
            }
        let waits = facts.compactMap(\.wait)
        guard isPaused else { return waits }
        if let freeze = try freeze(of: run) { return [freeze] + waits.filter { $0.reason != .paused } }
        return waits.contains { $0.reason == .paused } ? waits : [Wait(.paused)] + waits
    }

    private func freeze(of run: RunID) throws -> Wait? {
        try connection.query(Self.frozen, [.uuid(run.uuid)]).first.map { row in
            Wait(.frozen(by: try row.text(0), since: try row.timestamp(1)))
        }
    }

    private static let frozen = PostgresStatement(
        "run_freeze",
        "select actor, since from frozen_run where run_id = $1 and since is not null"
    )

    private static func facts(_ row: PostgresRow) throws -> WaitFacts {
        var facts = WaitFacts()
        facts.step = try row.optionalInt32(0).map { Int($0) }
        facts.path = try row.optionalText(1)
        facts.status = try row.optionalText(2).flatMap(TaskStatus.init(rawValue:))
        facts.queue = try row.optionalText(3) ?? "default"
        facts.timerUntil = try row.optionalTimestamp(4)
        facts.timeoutUntil = try row.optionalTimestamp(5)
        if let text = try row.optionalText(6) {
            let spec = try TaskSpec(decoding: text)
            facts.awaits = spec.awaits
            facts.needs = spec.needs
            facts.previousError = spec.previousError
        }
        facts.child = try row.optionalUUID(7).map { RunID($0) }
        facts.isQueuePaused = try row.optionalBool(8) ?? false
        facts.admission = try admission(row)
        facts.slotsHeld = Int(try row.int64(13))
        facts.holders = (try row.optionalText(14) ?? "").split(separator: ",").compactMap {
            UUID(String($0)).map { RunID($0) }
        }
        facts.rateUntil = try row.optionalTimestamp(15)
        facts.queueSlotsLeft = try row.optionalInt64(16).map { Int($0) }
        facts.queueStartsLeft = try row.optionalInt64(17).map { Int($0) }
        return facts
    }

    private static func admission(_ row: PostgresRow) throws -> Admission? {
        var admission = Admission()
        if let key = try row.optionalText(9) {
            admission.slot = Admission.Slot(key: key, limit: Int(try row.int32(10)))
        }
        if let key = try row.optionalText(11) {
            admission.rate = Admission.Rate(key: key, limit: Int(try row.int32(12)), milliseconds: 0)
        }
        return admission.slot == nil && admission.rate == nil ? nil : admission
    }

    /// A worker that does not say which queues it serves is taken to serve all.
    private static func serves(_ queues: String?, _ queue: String) throws -> Bool {
        guard let queues else { return true }
        return try JSONValue.parse(queues).arrayValue?.contains(.string(queue)) ?? true
    }

    private static func words(_ row: PostgresRow, _ column: Int) throws -> Set<String>? {
        try row.optionalText(column).map { Set($0.split(separator: " ").map(String.init)) }
    }

    private static let liveWorkers = PostgresStatement(
        "live_workers",
        """
        select (about::jsonb -> 'queues')::text, array_to_string(abilities, ' ') from worker
        where expires_at > clock_timestamp() and not draining
        """
    )

    private static let waiting = PostgresStatement(
        "run_waits",
        """
        with waits as (
            select k.step, k.path, k.status, k.queue,
                (select min(t.due_at) from timer t where t.run_id = k.run_id and t.step = k.step
                    and t.kind in ('sleep', 'backoff', 'round')) as timer,
                (select t.due_at from timer t
                    where t.run_id = k.run_id and t.step = k.step and t.kind = 'timeout') as timeout,
                k.spec,
                (select c.run_id from run c where c.parent_id = k.run_id and c.parent_step = k.step
                    order by c.run_id desc limit 1) as child
            from task k where k.run_id = $1 and k.status <> 'running'
            union all
            select null, null, null, null, (
                select t.due_at from timer t
                where t.run_id = $1 and t.step = 0 and t.kind = 'start' and l.phase = 'scheduled'),
                null, null, null
            from run_live l where l.run_id = $1 and l.phase in ('scheduled', 'queued')
        )
        select w.step, w.path, w.status, w.queue, w.timer, w.timeout, w.spec, w.child, q.paused,
            a.slot_key, a.slot_limit, a.rate_key, a.rate_limit,
            (select count(*) from slot s where s.key = a.slot_key),
            (select string_agg(s.run_id::text, ',') from (
                select s.run_id, min(s.since) from slot s where s.key = a.slot_key
                group by s.run_id order by 2 limit 10) s),
            (select min(s.until) from (
                select coalesce(s.until, k.started_at + s.per_ms * interval '1 millisecond') as until
                from rate_start s left join task k on k.run_id = s.run_id and k.step = s.step
                where s.key = a.rate_key) s where s.until > clock_timestamp()),
            \(BoundedQueues.slotsLeft), \(BoundedQueues.startsLeft)
        from waits w left join queue q on q.name = w.queue
        left join applicant a on a.run_id = $1 and a.step = coalesce(w.step, 0)
        order by w.step nulls first limit $2
        """
    )
}
