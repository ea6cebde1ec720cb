import Postgres

extension PostgresStore {
    /// Keeps what an operator says of a queue, all but whether it is paused.
    public func configure(_ queue: String, _ settings: QueueSettings) throws(StoreError) {
        try write(
            Self.configuring,
            [
                .text(queue), .int64(Int64(settings.weight)), .int64(settings.concurrency.map(Int64.init)),
                .int64((settings.rate?.limit).map(Int64.init)), .int64(settings.rate?.milliseconds),
            ]
        )
    }

    /// From the answer on nothing of a paused queue is claimed, by any worker.
    public func pause(_ queue: String, _ isPaused: Bool) throws(StoreError) {
        try write(Self.pausing, [.text(queue), .bool(isPaused)])
    }

    /// From the answer on the worker claims nothing; false when no such worker is alive.
    public func drain(_ worker: WorkerID) throws(StoreError) -> Bool {
        try write(Self.draining, [.uuid(worker.uuid)]).affected == 1
    }

    private static let configuring = PostgresStatement(
        "configure_queue",
        """
        insert into queue (name, weight, concurrency, rate_limit, rate_ms) values ($1, $2, $3, $4, $5)
        on conflict (name) do update set weight = excluded.weight, concurrency = excluded.concurrency,
            rate_limit = excluded.rate_limit, rate_ms = excluded.rate_ms
        """
    )

    private static let pausing = PostgresStatement(
        "pause_queue",
        """
        insert into queue (name, paused) values ($1, $2)
        on conflict (name) do update set paused = excluded.paused
        """
    )

    private static let draining = PostgresStatement(
        "drain_worker",
        "update worker set draining = true where worker_id = $1 and expires_at > clock_timestamp()"
    )
}
