import Postgres

/// What is known of an `Idempotency-Key` when a call comes with it.
public enum CallKeyState: Sendable, Hashable {
    /// Nobody has used it: it is this call's now, until it is settled or a minute has passed.
    case reserved
    /// The same call is under way.
    case inProgress
    /// It was used with another call.
    case reused
    /// The same call was answered.
    case answered(status: Int, body: String)
}

extension PostgresStore {
    /// Takes a key for a call whose effect does not carry the key into its own transaction.
    ///
    /// A server that dies meanwhile leaves the key in progress; after a minute the same call takes it over.
    public func reserve(_ claim: IdempotencyClaim) throws(StoreError) -> CallKeyState {
        let reserved = try write(
            Self.reserveKey,
            [.text(claim.principal), .text(claim.key), .text(claim.bodyHash)]
        )
        if !reserved.isEmpty { return .reserved }
        let found = try read(Self.keyUse, [.text(claim.principal), .text(claim.key)]) { row in
            (hash: try row.text(0), body: try row.text(1), status: try row.optionalInt32(2))
        }.first
        guard let found else { return .inProgress }
        guard found.hash == claim.bodyHash, let status = found.status else { return .reused }
        return status == 0 ? .inProgress : .answered(status: Int(status), body: found.body)
    }

    /// Keeps the answer of a call that had reserved its key.
    public func settle(_ claim: IdempotencyClaim, status: Int) throws(StoreError) {
        try write(
            Self.settleKey,
            [.text(claim.principal), .text(claim.key), .text(claim.answer), .int64(Int64(status))]
        )
    }

    /// Gives a reserved key back: the call changed nothing, and may be made again with it.
    public func release(_ claim: IdempotencyClaim) throws(StoreError) {
        try write(Self.releaseKey, [.text(claim.principal), .text(claim.key)])
    }

    private static let reserveKey = PostgresStatement(
        "reserve_call_key",
        """
        insert into idempotency as i (principal, key, body_hash, answer, run_id, status)
        values ($1, $2, $3, '', '00000000-0000-0000-0000-000000000000', 0)
        on conflict (principal, key) do update set created_at = clock_timestamp()
            where i.status = 0 and i.body_hash = excluded.body_hash
                and i.created_at < clock_timestamp() - interval '1 minute'
        returning true
        """
    )

    private static let keyUse = PostgresStatement(
        "call_key_use",
        "select body_hash, answer, status::int from idempotency where principal = $1 and key = $2"
    )

    private static let settleKey = PostgresStatement(
        "settle_call_key",
        """
        update idempotency set answer = $3, status = $4
        where principal = $1 and key = $2 and status = 0
        """
    )

    private static let releaseKey = PostgresStatement(
        "release_call_key",
        "delete from idempotency where principal = $1 and key = $2 and status = 0"
    )
}
