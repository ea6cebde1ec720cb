import Linux
import Postgres

extension PostgresStore {
    /// Keeps a batch with the runs that match its filter now; they are acted on once each, whoever lives.
    ///
    /// `idempotency` is kept with it. Refused when a batch has used its key.
    public func create(
        _ order: BatchOrder,
        idempotency: (RunBatch) -> IdempotencyClaim?
    ) throws(StoreError) -> RunBatch {
        try connect()
        return try storing(writes: true) {
            try connection.transaction { connection in
                let (matching, parameters) = matching(order)
                let total = try connection.query(matching, parameters).affected
                let row = try connection.query(Self.creation, values(order, total: total))[0]
                let batch = try Self.batch(row)
                if let claim = idempotency(batch) {
                    try connection.query(
                        Self.claiming,
                        [
                            .text(claim.principal), .text(claim.key), .text(claim.bodyHash),
                            .text(claim.answer), .uuid(order.id.uuid),
                        ]
                    )
                }
                return batch
            }
        }
    }

    /// The statement that notes which runs match, with its parameters.
    private func matching(_ order: BatchOrder) -> (sql: String, parameters: [PostgresValue]) {
        var numbers = ParameterNumbers()
        let found = RunSelection(order.filter, after: nil, limit: nil, &numbers)
        let sql = """
            \(WaitFilter.workers(for: order.filter)) found as (\(found.sql))
            insert into batch_run (batch_id, run_id) select \(numbers.next())::uuid, run_id from found
            """
        return (sql, found.parameters + [.uuid(order.id.uuid)])
    }

    private func values(_ order: BatchOrder, total: Int) -> [PostgresValue] {
        [
            .uuid(order.id.uuid), .text(order.action.rawValue), .text(order.filterText),
            .text(order.actor.name), .text(order.actor.reason), .int64(Int64(total)),
        ]
    }

    /// Batches, the newest first; `after` is the last of the page before.
    public func batches(after: BatchID? = nil, limit: Int) throws(StoreError) -> [RunBatch] {
        try read(Self.listing, [.uuid(after?.uuid), .int64(Int64(limit))], Self.batch)
    }

    public func batch(_ id: BatchID) throws(StoreError) -> RunBatch? {
        try read(Self.showing, [.uuid(id.uuid)], Self.batch).first
    }

    /// The runs to which the action was not done, at most so many.
    public func failures(of id: BatchID, limit: Int) throws(StoreError) -> [BatchOutcome] {
        try read(Self.failing, [.uuid(id.uuid), .int64(Int64(limit))]) { row in
            BatchOutcome(run: RunID(try row.uuid(0)), failure: try row.text(1))
        }
    }
}

// MARK: - Working

extension PostgresStore {
    /// Some runs of a batch that has some left, which nobody else is given for the time of the lease.
    public func takeBatchSlice(limit: Int, lease: Duration) throws(StoreError) -> BatchSlice? {
        let leaseParameter: [PostgresValue] = [.int64(lease.wholeMilliseconds)]
        guard let row = try write(Self.leasing, leaseParameter).first else { return nil }
        return try storing(writes: false) {
            let id = BatchID(try row.uuid(0))
            var slice = BatchSlice(
                id: id,
                action: try stored(row, 1),
                actor: Actor(name: try row.text(2), reason: try row.optionalText(3)),
                runs: [],
                acted: []
            )
            let parameters: [PostgresValue] = [
                .uuid(id.uuid), .text(id.description), .int64(Int64(limit)),
            ]
            for row in try connection.query(Self.slicing, parameters) {
                let run = RunID(try row.uuid(0))
                slice.runs.append(run)
                if try row.bool(1) { slice.acted.insert(run) }
            }
            return slice
        }
    }

    /// Keeps what became of runs, ends the batch with the last of them, and gives its lease back.
    public func record(_ outcomes: [BatchOutcome], of id: BatchID) throws(StoreError) {
        try write(
            Self.recording,
            [.uuid(id.uuid), .uuids(outcomes.map(\.run.uuid)), .texts(outcomes.map(\.failure))]
        )
    }

    /// The statuses of those among these runs that have ended.
    func endings(of runs: [RunID]) throws(StoreError) -> [RunID: RunStatus] {
        let rows = try read(Self.ends, [.uuids(runs.map(\.uuid))]) { row in
            (RunID(try row.uuid(0)), try stored(row, 1) as RunStatus)
        }
        return Dictionary(uniqueKeysWithValues: rows)
    }
}

extension BatchID {
    fileprivate var uuid: UUID { UUID(high: high, low: low) }
    fileprivate init(_ uuid: UUID) { self.init(high: uuid.high, low: uuid.low) }
}

// MARK: - Statements

extension PostgresStore {
    private static let columns =
        "batch_id, action, filter, actor, reason, total, done, failed, created_at, ended_at"

    private static func batch(_ row: PostgresRow) throws -> RunBatch {
        RunBatch(
            id: BatchID(try row.uuid(0)),
            action: try stored(row, 1),
            filterText: try row.text(2),
            actor: Actor(name: try row.text(3), reason: try row.optionalText(4)),
            total: Int(try row.int32(5)),
            done: Int(try row.int32(6)),
            failed: Int(try row.int32(7)),
            createdAt: try row.timestamp(8),
            endedAt: try row.optionalTimestamp(9)
        )
    }

    private static let creation = PostgresStatement(
        "create_batch",
        """
        insert into batch (batch_id, action, filter, actor, reason, total, ended_at)
        values ($1, $2, $3, $4, $5, $6, case when $6 = 0 then clock_timestamp() end) returning \(columns)
        """
    )

    private static let claiming = PostgresStatement(
        "claim_batch_key",
        """
        insert into idempotency (principal, key, body_hash, answer, run_id) values ($1, $2, $3, $4, $5)
        """
    )

    private static let listing = PostgresStatement(
        "batches",
        """
        select \(columns) from batch where $1::uuid is null or batch_id < $1 order by batch_id desc limit $2
        """
    )

    private static let showing = PostgresStatement(
        "batch",
        "select \(columns) from batch where batch_id = $1"
    )

    private static let failing = PostgresStatement(
        "batch_failures",
        """
        select run_id, failure from batch_run where batch_id = $1 and failure is not null
        order by run_id limit $2
        """
    )

    /// The one that was worked on the longest ago, so that none waits for the end of another.
    private static let leasing = PostgresStatement(
        "lease_batch",
        """
        update batch set leased_until = clock_timestamp() + $1::bigint * interval '1 millisecond'
        where batch_id = (
            select batch_id from batch where ended_at is null and leased_until < clock_timestamp()
            order by leased_until limit 1 for no key update skip locked)
        returning batch_id, action, actor, reason
        """
    )

    private static let slicing = PostgresStatement(
        "slice_batch",
        """
        select b.run_id, exists (
            select from idempotency i where i.principal = $2 and i.key = b.run_id::text)
        from batch_run b where b.batch_id = $1 and not b.is_over order by b.run_id limit $3
        """
    )

    private static let recording = PostgresStatement(
        "record_batch",
        """
        with written as (
            update batch_run b set is_over = true, failure = o.failure
            from unnest($2::uuid[], $3::text[]) as o (run_id, failure)
            where b.batch_id = $1 and b.run_id = o.run_id and not b.is_over returning b.failure)
        update batch set done = done + (select count(*) from written where failure is null),
            failed = failed + (select count(*) from written where failure is not null),
            leased_until = clock_timestamp(),
            ended_at = case when done + failed + (select count(*) from written) >= total
                then coalesce(ended_at, clock_timestamp()) end
        where batch_id = $1
        """
    )

    private static let ends = PostgresStatement(
        "batch_endings",
        "select run_id, status from run_end where run_id = any ($1)"
    )
}
