import Postgres

/// The keys by which something is done once: the client's `Idempotency-Key`, and a run's business key.
enum IdempotencyKeys {
    /// Gives back the `Idempotency-Key` of a run that did not begin because its business key or its fire was
    /// taken.
    ///
    /// Sent in the transaction of the commit, if it may be needed.
    static func releasing(_ rows: CommitRows) -> [PostgresCommand] {
        let claims = rows.begins.filter {
            $0.value.submission.isExclusive && $0.value.submission.idempotency != nil
        }
        guard !claims.isEmpty else { return [] }
        return [
            PostgresCommand(
                release,
                [
                    .texts(claims.map { $0.value.submission.idempotency?.principal }),
                    .texts(claims.map { $0.value.submission.idempotency?.key }),
                    .uuids(claims.map { $0.run.uuid }),
                ]
            )
        ]
    }

    private static let release = PostgresStatement(
        "release_idempotency",
        """
        delete from idempotency i where ctid = any (array(
            select k.place from unnest($1::text[], $2::text[], $3::uuid[]) as n(principal, key, run_id)
            cross join lateral (
                select k.ctid as place from idempotency k
                where k.principal = n.principal and k.key = n.key and k.run_id = n.run_id offset 0) k
            where not exists (select from run r where r.run_id = n.run_id)))
        """
    )

    /// Why a transition did not pass.
    static func conflict(
        _ transition: Transition,
        _ connection: PostgresConnection
    ) throws -> TransitionResult {
        let claim = transition.idempotency ?? transition.begins?.submission.idempotency
        if let claim, let earlier = try earlier(claim, connection) { return earlier }
        if let new = transition.begins, let key = new.submission.key,
            let holder = try connection.query(held, [.int64(new.workflow), .text(key)]).first
        {
            return .keyTaken(by: RunID(try holder.uuid(0)))
        }
        if let fire = transition.begins?.submission.fire, try FireParts.isTaken(fire, connection) {
            return .fireTaken
        }
        // Another writer holds the run or has moved it on, or whoever was in the way is gone.
        return .overtaken
    }

    /// What became of the request that used the key before; nil when none did.
    static func earlier(
        _ claim: IdempotencyClaim,
        _ connection: PostgresConnection
    ) throws -> TransitionResult? {
        guard let row = try connection.query(used, [.text(claim.principal), .text(claim.key)]).first else {
            return nil
        }
        return try row.text(0) == claim.bodyHash ? .replayed(answer: try row.text(1)) : .keyReused
    }

    fileprivate static let used = PostgresStatement(
        "idempotency_used",
        "select body_hash, answer from idempotency where principal = $1 and key = $2"
    )

    private static let held = PostgresStatement(
        "business_key_held",
        "select run_id from run_live where workflow_id = $1 and business_key = $2"
    )
}

extension PostgresStore {
    /// The request that a principal's `Idempotency-Key` was used with, and its answer; nil for none.
    public func use(of key: String, by principal: String) throws(StoreError) -> (
        bodyHash: String, answer: String
    )? {
        try read(IdempotencyKeys.used, [.text(principal), .text(key)]) { row in
            (bodyHash: try row.text(0), answer: try row.text(1))
        }.first
    }
}
