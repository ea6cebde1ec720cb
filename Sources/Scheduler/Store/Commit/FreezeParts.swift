/// The parts of the commit statement by which runs are frozen and thawed.
enum FreezeParts {
    /// The row outlives the freeze: how long it took, the rescuer does not count.
    static func parts(_ numbers: inout ParameterNumbers) -> [CommitStatement.Part] {
        let changed = """
            materialized (
                select p.run_id, n.change, n.actor from \(CommitRows.freezeColumns.source(&numbers))
                join pass p on p.i = n.i)
            """
        let begun = """
            (
                insert into frozen_run (run_id, since, actor)
                select run_id, clock_timestamp(), actor from freeze_change where change = 'begins'
                on conflict (run_id) do update set since = excluded.since, actor = excluded.actor)
            """
        let ended = """
            (
                update frozen_run f set since = null, total_ms = f.total_ms
                    + ceil(extract(epoch from clock_timestamp() - f.since) * 1000)::bigint
                from freeze_change n
                where n.change = 'ends' and f.run_id = n.run_id and f.since is not null)
            """
        let forgotten = """
            (
                delete from frozen_run f using freeze_change n
                where n.change = 'forgotten' and f.run_id = n.run_id)
            """
        return [
            CommitStatement.Part(name: "freeze_change", sql: changed),
            CommitStatement.Part(name: "freeze_begun", sql: begun),
            CommitStatement.Part(name: "freeze_ended", sql: ended),
            CommitStatement.Part(name: "freeze_forgotten", sql: forgotten),
        ]
    }
}

extension CommitRows {
    static let freezeColumns = RowSet<Member<FreezeChange>>(
        alias: "n",
        columns: [
            .int("i") { $0.index },
            .text("change") { $0.value.word },
            .text("actor") { $0.value.actor },
        ]
    )
}

extension FreezeChange {
    fileprivate var word: String {
        switch self {
        case .begins: "begins"
        case .ends: "ends"
        case .forgotten: "forgotten"
        }
    }

    fileprivate var actor: String? { if case .begins(let actor) = self { actor } else { nil } }
}
