import Postgres

extension PostgresStore: LeaseStore {
    public func register(
        _ worker: WorkerID,
        about: String,
        level: Int,
        leaseMilliseconds: Int64
    ) throws(StoreError) {
        let parameters: [PostgresValue] = [
            .uuid(worker.uuid), .text(about), .int64(Int64(level)), .int64(leaseMilliseconds),
        ]
        try write(Self.registration, parameters)
    }

    public func renew(_ worker: WorkerID, leaseMilliseconds: Int64) throws(StoreError) -> [HeldTask]? {
        let renewed = try write(Self.renewal, [.uuid(worker.uuid), .int64(leaseMilliseconds)])
        guard renewed.affected == 1 else { return nil }
        return try read(Self.heldTasks, [.uuid(worker.uuid)]) { row in
            HeldTask(
                run: RunID(try row.uuid(0)),
                step: Int(try row.int32(1)),
                token: try row.int64(2),
                isCancelled: try row.bool(3),
                isFrozen: try row.bool(4)
            )
        }
    }

    public func isDraining(_ worker: WorkerID) throws(StoreError) -> Bool {
        try read(Self.drains, [.uuid(worker.uuid)]) { try $0.bool(0) }.first ?? false
    }

    public func tell(_ worker: WorkerID, abilities: Set<String>?) throws(StoreError) {
        let words: PostgresValue = abilities.map { .texts($0.sorted()) } ?? .null
        try write(Self.telling, [.uuid(worker.uuid), words])
    }

    public func tell(_ worker: WorkerID, about: String) throws(StoreError) {
        try write(Self.tellingAbout, [.uuid(worker.uuid), .text(about)])
    }

    public func mustMakeRoom(_ worker: WorkerID) throws(StoreError) -> Bool {
        try read(Self.roomMaker, [.uuid(worker.uuid)]) { try $0.bool(0) }[0]
    }

    public func deregister(_ worker: WorkerID) throws(StoreError) {
        try write(Self.removal, [.uuid(worker.uuid)])
    }

    public func orphans(limit: Int) throws(StoreError) -> [OrphanedTask] {
        try read(Self.orphanedTasks, [.int64(Int64(limit))]) { row in
            OrphanedTask(
                run: RunID(try row.uuid(0)),
                step: Int(try row.int32(1)),
                token: try row.int64(2),
                worker: WorkerID(try row.uuid(3)).description,
                isAlone: try row.bool(4)
            )
        }
    }

    private static let registration = PostgresStatement(
        "register_worker",
        """
        insert into worker (worker_id, about, level, expires_at)
        values ($1, $2, $3, clock_timestamp() + $4::bigint * interval '1 millisecond')
        """
    )

    private static let renewal = PostgresStatement(
        "renew_lease",
        """
        update worker set expires_at = clock_timestamp() + $2::bigint * interval '1 millisecond'
        where worker_id = $1 and expires_at > clock_timestamp()
        """
    )

    private static let drains = PostgresStatement(
        "worker_drains",
        "select draining from worker where worker_id = $1"
    )

    private static let telling = PostgresStatement(
        "tell_abilities",
        "update worker set abilities = $2 where worker_id = $1"
    )

    private static let tellingAbout = PostgresStatement(
        "tell_about",
        "update worker set about = $2 where worker_id = $1"
    )

    /// A worker that has nothing to do takes such a task at its next look, within a second.
    private static let roomMaker = PostgresStatement(
        "make_room",
        """
        select exists (
            select from (
                select k.queue, k.needs from task k where k.status = 'ready' and \(ClaimStatement.isAlone)
                    and k.ready_at < clock_timestamp() - interval '2 seconds'
                    and not exists (select from queue q where q.name = k.queue and q.paused)
                order by k.ready_at limit 10) k
            where $1 = (
                select w.worker_id from worker w
                where w.expires_at > clock_timestamp() and not w.draining
                    and coalesce(w.about::jsonb -> 'queues' ? k.queue, true)
                    and (w.abilities is null or string_to_array(k.needs, ' ') <@ w.abilities)
                order by (select count(*) from task t where t.token > 0 and t.worker_id = w.worker_id),
                    w.worker_id limit 1))
        """
    )

    private static let removal = PostgresStatement("remove_worker", "delete from worker where worker_id = $1")

    private static let heldTasks = PostgresStatement(
        "held_tasks",
        """
        select t.run_id, t.step, t.token, t.cancel, f.since is not null
        from task t left join frozen_run f on f.run_id = t.run_id
        where t.token > 0 and t.worker_id = $1 order by t.token
        """
    )

    /// Past its bound and one lease a task is taken even from a worker that is alive; 10 s is the lease.
    ///
    /// The time that its run was frozen does not count.
    private static let orphanedTasks = PostgresStatement(
        "orphaned_tasks",
        """
        select t.run_id, t.step, t.token, t.worker_id, not exists (
            select from task o where o.token > 0 and o.worker_id = t.worker_id and o.token <> t.token)
        from task t
        where t.token > 0 and (
            not exists (
                select from worker w where w.worker_id = t.worker_id and w.expires_at > clock_timestamp())
            or (t.bound_ms > 0
                and t.started_at + (t.bound_ms + 10000) * interval '1 millisecond' < clock_timestamp()
                and not exists (select from frozen_run f where f.run_id = t.run_id and clock_timestamp()
                    < t.started_at + (t.bound_ms + 10000 + f.total_ms) * interval '1 millisecond'
                        + coalesce(clock_timestamp() - f.since, interval '0'))))
        order by t.token limit $1
        """
    )
}
