import Linux
import Postgres

extension PostgresStore {
    /// Sees that there are partitions for the runs of the week to come.
    public func keepPartitions() throws(StoreError) {
        try connect()
        try PartitionKeeper(connection).keep()
    }

    /// Drops the days whose runs have all outlived their retention; gives how many.
    public func dropRuns(_ retention: Retention) throws(StoreError) -> Int {
        try connect()
        return try PartitionKeeper(connection).drop(RunExpiry(retention, at: try databaseTime()))
    }

    /// Begins to delete runs that have outlived their retention from the days that stay.
    func sweep(_ retention: Retention) throws(StoreError) -> RunSweep {
        try connect()
        return try RunSweep(connection, RunExpiry(retention, at: try databaseTime(), rowByRow: true))
    }

    /// Deletes all runs that have outlived their retention from the days that stay.
    public func deleteRuns(_ retention: Retention) throws(StoreError) {
        var sweep = try sweep(retention)
        while try sweep.next() {}
    }

    /// Lets the tree of a run stay for as long as another run does that keeps results of it.
    ///
    /// To be called before the other begins, and before the results are read.
    public func keep(_ run: RunID, for other: RunID) throws(StoreError) {
        try write(Self.keeping, [.uuid(run.uuid), .uuid(other.uuid)])
    }

    private static let keeping = PostgresStatement(
        "keep_run",
        """
        insert into kept_run (root_id, by_id)
        select coalesce(root_id, run_id), $2 from run where run_id = $1
        """
    )

    /// Forgets `Idempotency-Key`s after 24 h, workers a day after their lease, and what else has outlived its
    /// use; to be called now and then.
    public func prune() throws(StoreError) {
        try write(Self.oldKeys, [])
        try write(Self.oldWorkers, [])
        try write(Self.oldFires, [])
        try write(Self.oldSchedules, [])
        try write(Self.oldKeeps, [])
        try pruneAdmissionKeys()
        while try write(Self.oldBatchRuns, []).affected > 0 {}
        try write(Self.oldBatches, [])
    }

    private static let oldKeys = PostgresStatement(
        "prune_idempotency",
        "delete from idempotency where created_at < (select clock_timestamp()) - interval '24 hours'"
    )

    /// A fire stays as long as its run does, and 90 days at least.
    private static let oldFires = PostgresStatement(
        "prune_fires",
        """
        delete from schedule_fire f where decided_at < (select clock_timestamp()) - interval '90 days'
            and not is_open and status <> 'queued'
            and (run_id is null or not exists (select from run r where r.run_id = f.run_id))
        """
    )

    private static let oldSchedules = PostgresStatement(
        "prune_schedules",
        """
        delete from schedule s where deleted_at is not null
            and not exists (select from schedule_fire f where f.schedule_id = s.schedule_id)
        """
    )

    private static let oldKeeps = PostgresStatement(
        "prune_kept_runs",
        """
        delete from kept_run k where kept_at < (select clock_timestamp()) - interval '1 hour'
            and not exists (select from run r where r.run_id = k.by_id)
        """
    )

    private static let oldBatchRuns = PostgresStatement(
        "prune_batch_runs",
        """
        delete from batch_run where ctid = any (array(
            select r.ctid from batch b join batch_run r on r.batch_id = b.batch_id
            where b.ended_at < (select clock_timestamp()) - interval '90 days' limit 1000))
        """
    )

    private static let oldBatches = PostgresStatement(
        "prune_batches",
        """
        delete from batch b where ended_at < (select clock_timestamp()) - interval '90 days'
            and not exists (select from batch_run r where r.batch_id = b.batch_id)
        """
    )

    /// A worker to whom a task still belongs is kept, for its name.
    private static let oldWorkers = PostgresStatement(
        "prune_workers",
        """
        delete from worker w where expires_at < clock_timestamp() - interval '1 day'
            and not exists (select from task k where k.token > 0 and k.worker_id = w.worker_id)
        """
    )
}
