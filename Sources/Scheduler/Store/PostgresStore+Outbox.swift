import Linux
import Postgres

extension PostgresStore: OutboxStore {
    public func messages(olderThan age: Duration, limit: Int) throws(StoreError) -> [Message] {
        let parameters: [PostgresValue] = [.int64(age.wholeMilliseconds), .int64(Int64(limit))]
        return try read(Self.oldMessages, parameters, Self.message).compactMap { $0 }
    }

    public func discard(_ key: Message.Key) throws(StoreError) {
        try write(
            Self.discarded,
            [.uuid(key.source.uuid), .int64(Int64(key.seq)), .int64(Int64(key.step))]
        )
    }

    public func mayBegin(_ run: RunID) throws(StoreError) -> Bool {
        try read(Self.beginning, [.uuid(run.uuid)]) { try $0.bool(0) }[0]
    }

    public func newestDefinition(of workflow: String, version: Int?) throws(StoreError) -> Int64? {
        try identity(of: workflow, version: version)
    }

    private static let oldMessages = PostgresStatement(
        "old_messages",
        """
        select source_id, seq, step, run_id, kind, body from outbox
        where created_at < (select clock_timestamp() - $1::bigint * interval '1 millisecond')
        order by created_at, seq limit $2
        """
    )

    private static let discarded = PostgresStatement(
        "discard_message",
        "delete from outbox where source_id = $1 and seq = $2::int and step = $3::int"
    )

    private static let beginning = PostgresStatement(
        "may_begin",
        "select exists (select from outbox where run_id = $1 and kind in ('start', 'undo'))"
    )

    private static func message(_ row: PostgresRow) throws -> Message? {
        let key = Message.Key(
            source: RunID(try row.uuid(0)),
            seq: Int(try row.int32(1)),
            step: Int(try row.int32(2))
        )
        let run = RunID(try row.uuid(3))
        return Message.Content(kind: try row.text(4), body: try row.text(5)).map {
            Message(key: key, run: run, content: $0)
        }
    }
}
