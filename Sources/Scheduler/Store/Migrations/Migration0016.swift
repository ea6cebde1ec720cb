extension Migration {
    /// Any call may have an `Idempotency-Key`: those that are under way, and the status of their answers.
    static let callKeys = Migration(number: 16, name: "call keys", sql: callKeysSQL)
}

private let callKeysSQL = """
    alter table idempotency add column status smallint;
    comment on column idempotency.status is
        'of the answer; 0 while the call is under way; null: written with what the key guards';
    """
