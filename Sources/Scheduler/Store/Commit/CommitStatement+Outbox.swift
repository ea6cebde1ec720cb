import Postgres

// What runs tell each other, and where a child belongs; parts that a commit has when it needs them.

extension CommitStatement {
    /// A message that was heard before is gone, and what was made from it a second time is not written.
    static func hearing(_ numbers: inout ParameterNumbers) -> Part {
        let sql = """
            materialized (
                select m.i, o.place from \(CommitRows.heardColumns.source(&numbers))
                left join lateral (
                    select k.ctid as place from outbox k
                    where k.source_id = m.source_id and k.seq = m.seq and k.step = m.step offset 0
                ) o on true)
            """
        return Part(name: "mail", sql: sql)
    }

    static func unheard(_ shape: CommitShape) -> String {
        shape.contains(.hears)
            ? "and not exists (select from mail m where m.i = t.i and m.place is null)" : ""
    }

    static let deleteHeard = Part(
        name: "delivered",
        sql: """
            (
                delete from outbox where ctid = any (array(
                    select m.place from mail m join pass p on p.i = m.i)))
            """
    )

    static func sending(_ numbers: inout ParameterNumbers) -> Part {
        let columns = CommitRows.messageColumns
        let sql = """
            (
                insert into outbox (\(columns.names.dropFirst().joined(separator: ", ")))
                select \(columns.names(without: ["i"]))
                from \(columns.source(&numbers)) join pass p on p.i = n.i)
            """
        return Part(name: "sent", sql: sql)
    }

    /// The runs that begin, with their parents where there are some.
    static func asked(_ shape: CommitShape, _ numbers: inout ParameterNumbers) -> String {
        let begins = CommitRows.beginColumns.source(&numbers)
        guard shape.contains(.children) else { return "materialized (select * from \(begins))" }
        let children = CommitRows.childColumns.source(&numbers)
        return """
            materialized (
                select b.*, c.parent_id, c.parent_step, c.parent_path, c.root_id, c.depth, c.undoes_id
                from \(begins) join \(children) on c.i = b.i)
            """
    }

    static func family(_ shape: CommitShape) -> String {
        shape.contains(.children)
            ? ", parent_id, parent_step, parent_path, root_id, depth, undoes_id" : ""
    }

    static let heard = """
        union all select \(Reply.heard.rawValue), t.run_id, null, null, clock_timestamp()
        from input t join mail m on m.i = t.i where m.place is null
        """
}

extension CommitRows {
    static let messageColumns = RowSet<Member<Message>>(
        alias: "n",
        columns: [
            .int("i") { $0.index },
            .run("source_id") { $0.value.key.source },
            .int("seq") { $0.value.key.seq },
            .int("step") { $0.value.key.step },
            .run("run_id") { $0.value.run },
            .text("kind") { $0.value.content.kind },
            .text("body") { $0.value.content.body },
        ]
    )

    static let heardColumns = RowSet<Member<Message.Key>>(
        alias: "m",
        columns: [
            .int("i") { $0.index },
            .run("source_id") { $0.value.source },
            .int("seq") { $0.value.seq },
            .int("step") { $0.value.step },
        ]
    )

    static let childColumns = RowSet<Member<NewRun>>(
        alias: "c",
        columns: [
            .int("i") { $0.index },
            .optionalRun("parent_id") { $0.value.submission.parent?.run },
            .int("parent_step") { $0.value.submission.parent?.step },
            .text("parent_path") { $0.value.submission.parent?.path },
            .optionalRun("root_id") { $0.value.submission.parent?.root },
            .int("depth") { $0.value.submission.parent?.depth },
            .optionalRun("undoes_id") { $0.value.submission.undoing?.of },
        ]
    )
}

extension Column {
    static func optionalRun(_ name: String, _ value: @escaping @Sendable (Row) -> RunID?) -> Column {
        Column(name: name, type: "uuid") { rows in .uuids(rows.map { value($0)?.uuid }) }
    }
}
