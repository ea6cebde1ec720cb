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

    public func ended(_ run: RunID) throws(StoreError) -> EndedRun? {
        let rows = try read(Self.endedRun, [.uuid(run.uuid)]) { row in
            EndedRun(
                definition: try row.int64(0),
                input: try Payload(stored: try row.text(1)),
                priority: Int(try row.int32(2)),
                labels: try labels(row.text(3)),
                history: []
            )
        }
        guard var ended = rows.first else { return nil }
        for text in try read(Self.wholeHistory, [.uuid(run.uuid)], { try $0.text(0) }) {
            do {
                ended.history += try HistoryEvent.decode(text)
            } catch {
                throw .refused(message: "the history of run \(run) cannot be read: \(error)")
            }
        }
        return ended
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

    private static let endedRun = PostgresStatement(
        "ended_run",
        """
        select definition_id, input, priority::int, labels::text from run r
        where run_id = $1 and exists (select from run_end e where e.run_id = r.run_id)
        """
    )

    private static let wholeHistory = PostgresStatement(
        "whole_history",
        "select events from history where run_id = $1 order by seq"
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
