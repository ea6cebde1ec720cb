// What few transitions need: kept signals, and the idempotency keys of runs that go on.

extension CommitRows {
    static let keptColumns = RowSet<Member<KeptSignal>>(
        alias: "n",
        columns: [
            .int("i") { $0.index },
            .text("name") { $0.value.key.name },
            .int("number") { $0.value.key.number },
            .text("payload") { $0.value.payload.text },
        ]
    )

    static let takenColumns = RowSet<Member<SignalKey>>(
        alias: "n",
        columns: [
            .int("i") { $0.index },
            .run("run_id") { $0.run },
            .text("name") { $0.value.name },
            .int("number") { $0.value.number },
        ]
    )

    static let guardColumns = RowSet<Member<IdempotencyClaim>>(
        alias: "g",
        columns: [
            .int("i") { $0.index },
            .text("principal") { $0.value.principal },
            .text("key") { $0.value.key },
            .text("body_hash") { $0.value.bodyHash },
            .text("answer") { $0.value.answer },
        ]
    )
}

extension CommitStatement {
    /// A key is claimed only for what else would pass: else a repetition would be told of what never was.
    static func guarding(_ shape: CommitShape, _ numbers: inout ParameterNumbers) -> [Part] {
        var conditions = shape.contains(.holds) ? [isHeld] : []
        if shape.contains(.inLine) { conditions.append(AdmissionParts.isInLine) }
        let passing = conditions.isEmpty ? "" : "where " + conditions.joined(separator: " and ")
        let guarded = """
            (
                insert into idempotency (principal, key, body_hash, answer, run_id)
                select g.principal, g.key, g.body_hash, g.answer, t.run_id
                from guard g join seen t on t.i = g.i \(passing)
                order by g.principal, g.key on conflict do nothing returning run_id)
            """
        return [
            Part(
                name: "guard",
                sql: "materialized (select * from \(CommitRows.guardColumns.source(&numbers)))"
            ),
            Part(name: "guarded_key", sql: guarded),
        ]
    }

    static func keeping(_ numbers: inout ParameterNumbers) -> Part {
        let sql = """
            (
                insert into signal (run_id, name, number, payload)
                select p.run_id, n.name, n.number, n.payload
                from \(CommitRows.keptColumns.source(&numbers)) join pass p on p.i = n.i)
            """
        return Part(name: "kept", sql: sql)
    }

    static func taking(_ numbers: inout ParameterNumbers) -> Part {
        let sql = """
            (
                delete from signal where ctid = any (array(
                    select k.place from \(CommitRows.takenColumns.source(&numbers))
                    join pass p on p.i = n.i
                    cross join lateral (
                        select k.ctid as place from signal k
                        where k.run_id = n.run_id and k.name = n.name and k.number = n.number offset 0) k)))
            """
        return Part(name: "taken", sql: sql)
    }
}
