import Postgres

/// The keys by which a run is begun once: the client's `Idempotency-Key`, and the business key.
enum IdempotencyKeys {
    /// Gives back the `Idempotency-Key` of a run that did not begin because its business key was taken.
    ///
    /// Sent in the transaction of the commit, if it may be needed.
    static func releasing(_ rows: CommitRows) -> [PostgresCommand] {
        let claims = rows.begins.filter {
            $0.value.submission.key != nil && $0.value.submission.idempotency != nil
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

    /// Why a run did not begin.
    static func conflict(
        _ new: NewRun,
        _ connection: PostgresConnection
    ) throws -> TransitionResult {
        let submission = new.submission
        if let claim = submission.idempotency,
            let row = try connection.query(used, [.text(claim.principal), .text(claim.key)]).first
        {
            return try row.text(0) == claim.bodyHash ? .replayed(answer: try row.text(1)) : .keyReused
        }
        if let key = submission.key,
            let holder = try connection.query(held, [.int64(new.workflow), .text(key)]).first
        {
            return .keyTaken(by: RunID(try holder.uuid(0)))
        }
        // Whoever was in the way is gone, or the run itself is there already.
        return .overtaken
    }

    private static let used = PostgresStatement(
        "idempotency_used",
        "select body_hash, answer from idempotency where principal = $1 and key = $2"
    )

    private static let held = PostgresStatement(
        "business_key_held",
        "select run_id from run_live where workflow_id = $1 and business_key = $2"
    )
}
