import JSON
import Linux
import Postgres

extension RunQueries {
    /// What is the matter with a run; nil when there is none of this id.
    ///
    /// `clockSkew` is how far the asking server's clock is ahead of the database's.
    public func diagnosis(of id: RunID, clockSkew: Duration) throws(StoreError) -> Diagnosis? {
        guard let detail = try run(id) else { return nil }
        var facts = DiagnosisFacts(
            run: id,
            workflow: detail.summary.workflow,
            status: detail.summary.status,
            compensation: detail.summary.compensation,
            error: detail.error,
            waits: detail.waitingFor,
            clockSkew: clockSkew,
            now: .now
        )
        if facts.status == .succeeded { return facts.diagnosis }
        return try reading {
            if !facts.status.isTerminal { facts.tasks = try tasksUnderWay(id, now: &facts.now) }
            facts.failures = try failures(of: id)
            if let type = facts.error?.type, facts.status == .failed {
                facts.failedAlike = try failedAlike(id, type)
            }
            if let step = facts.failures.last(where: { $0.last?.digest != nil }) {
                facts.lastGoodDigest = try lastGoodDigest(id, step.path)
            }
            return facts.diagnosis
        }
    }

    /// Failures that are looked at; a fan-out may have thousands.
    private static let failureLimit = 50
    private static let logLimit: Int64 = 20

    private func failures(of run: RunID) throws -> [FailedStep] {
        let views = try steps(of: run, statuses: [.failed, .compensationFailed], limit: Self.failureLimit)
        return try views.compactMap { view in
            guard let error = view.error else { return nil }
            let isCompensation = view.path.hasSuffix("!")
            let attempts = view.attempts.flatMap { try? JSONValue.parse($0) }?.arrayValue ?? []
            return FailedStep(
                path: isCompensation ? String(view.path.dropLast()) : view.path,
                isCompensation: isCompensation,
                error: error,
                attempts: attempts.map(EndedAttempt.init),
                child: view.child,
                log: attempts.isEmpty ? [] : try lastLines(run, view.step)
            )
        }
    }

    private func lastLines(_ run: RunID, _ step: Int) throws -> [String] {
        let parameters: [PostgresValue] = [.uuid(run.uuid), .int64(Int64(step)), .int64(Self.logLimit)]
        return try connection.query(Self.lastMessages, parameters).map { try $0.text(0) }.reversed()
    }

    private func tasksUnderWay(_ run: RunID, now: inout Timestamp) throws -> [TaskUnderWay] {
        try connection.query(Self.underWay, [.uuid(run.uuid), .int64(Int64(Self.waitsLimit))]).map { row in
            now = try row.timestamp(9)
            let worker = try row.optionalUUID(4).map { WorkerID($0) }
            return TaskUnderWay(
                path: try row.text(0),
                queue: try row.text(1),
                startedAt: try row.optionalTimestamp(2),
                readyAt: try row.timestamp(3),
                worker: worker,
                isWorkerAlive: worker == nil ? true : try row.optionalBool(5) ?? false,
                isCancelled: try row.bool(6),
                slots: try row.optionalInt64(7).map { Int($0) },
                running: Int(try row.int64(8))
            )
        }
    }

    private func failedAlike(_ run: RunID, _ type: String) throws -> Int {
        let window = DiagnosisFacts.oftenWindow.components.seconds * 1_000
        let since = RunID.lowest(milliseconds: max(0, run.milliseconds - window))
        let parameters: [PostgresValue] = [.uuid(run.uuid), .uuid(since.uuid), .text(type)]
        return Int(try connection.query(Self.alike, parameters).first?.int64(0) ?? 0)
    }

    private func lastGoodDigest(_ run: RunID, _ path: String) throws -> String? {
        let row = try connection.query(Self.lastGood, [.uuid(run.uuid), .text(path)]).first
        let attempts = try row?.optionalText(0).flatMap { try JSONValue.parse($0).arrayValue }
        return attempts?.last?["digest"]?.stringValue
    }
}

// MARK: - Statements

extension RunQueries {
    private static let lastMessages = PostgresStatement(
        "last_messages",
        """
        select left(message, 1000) from step_log where run_id = $1 and step = $2::int
        order by position desc limit $3
        """
    )

    private static let underWay = PostgresStatement(
        "tasks_under_way",
        """
        select k.path, k.queue, k.started_at, k.ready_at, k.worker_id, w.expires_at > clock_timestamp(),
            k.cancel,
            (select sum((v.about::jsonb ->> 'slots')::int) from worker v
                where v.expires_at > clock_timestamp() and not v.draining
                    and coalesce(v.about::jsonb -> 'queues' ? k.queue, true)),
            (select count(*) from task o where o.queue = k.queue and o.token is not null),
            clock_timestamp()
        from task k left join worker w on w.worker_id = k.worker_id
        where k.run_id = $1 and k.status in ('ready', 'running') order by k.step limit $2
        """
    )

    /// At most a hundred are counted.
    private static let alike = PostgresStatement(
        "failed_alike",
        """
        select count(*) from (
            select from run_end e join run r on r.run_id = e.run_id
            where e.error_type = $3 and e.run_id >= $2 and e.run_id <= $1
                and r.workflow_id = (select workflow_id from run where run_id = $1)
            limit 100) as failed
        """
    )

    private static let lastGood = PostgresStatement(
        "last_good_attempts",
        """
        select s.attempts from (
            select b.run_id from run a join run b on b.workflow_id = a.workflow_id and b.run_id < a.run_id
            where a.run_id = $1 order by b.run_id desc limit 50) r
        join run_end e on e.run_id = r.run_id and e.status = 'succeeded'
        join step s on s.run_id = r.run_id and s.path = $2 and s.status = 'succeeded'
        order by r.run_id desc limit 1
        """
    )
}
