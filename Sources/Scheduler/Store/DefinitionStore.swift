import JSON
import Linux
import Postgres

/// What became of an applied definition.
public struct AppliedDefinition: Sendable, Hashable {
    public var id: Int64
    public var workflow: Int64
    public var version: Int
    /// Whether this made a new version; false when the newest one is the same.
    public var isNew: Bool
}

extension PostgresStore {
    /// Stores a definition as the newest version of its workflow, unless the newest is the same already.
    ///
    /// Two applies of one workflow come one after the other. The digest identifies the source and all that it
    /// was compiled from.
    public func apply(
        _ compiled: CompiledWorkflow,
        source: String,
        digest: String
    ) throws(StoreError) -> AppliedDefinition {
        try connect()
        return try storing(writes: true) {
            let form = try JSONValue(encoding: compiled).serialized()
            return try connection.transaction { connection in
                // The update locks the row, so that what follows sees the versions of whoever was first.
                let workflow = try connection.query(Self.enterWorkflow, [.text(compiled.name)])[0].int64(0)
                let newest = try connection.query(Self.newest, [.int64(workflow)]).first
                let version = try newest.map { Int(try $0.int32(1)) } ?? 0
                if let newest, try newest.text(2) == digest {
                    return AppliedDefinition(
                        id: try newest.int64(0),
                        workflow: workflow,
                        version: version,
                        isNew: false
                    )
                }
                let inserted = try connection.query(
                    Self.insert,
                    [
                        .int64(workflow), .int64(Int64(version + 1)), .text(digest), .text(source),
                        .text(form),
                        .int64(Int64(compiled.format)), .int64(Int64(compiled.level)),
                    ]
                )
                return AppliedDefinition(
                    id: try inserted[0].int64(0),
                    workflow: workflow,
                    version: version + 1,
                    isNew: true
                )
            }
        }
    }

    public func definition(_ id: Int64) throws(StoreError) -> StoredDefinition? {
        try read(Self.byID, [.int64(id)], Self.definition).first
    }

    /// A version of a workflow, the newest with nil; nil when there is none.
    public func definition(of workflow: String, version: Int? = nil) throws(StoreError) -> StoredDefinition? {
        let wanted = PostgresValue.int64(version.map { Int64($0) })
        return try read(Self.byName, [.text(workflow), wanted], Self.definition).first
    }

    /// The identity of a version of a workflow, the newest with nil; spares reading the definition itself.
    public func identity(of workflow: String, version: Int? = nil) throws(StoreError) -> Int64? {
        let wanted = PostgresValue.int64(version.map { Int64($0) })
        return try read(Self.identityByName, [.text(workflow), wanted]) { try $0.int64(0) }.first
    }

    private static let identityByName = PostgresStatement(
        "definition_identity",
        """
        select definition_id from definition
        where workflow_id = (select workflow_id from workflow where name = $1)
            and ($2::int is null or version = $2) order by version desc limit 1
        """
    )

    private static let enterWorkflow = PostgresStatement(
        "enter_workflow",
        """
        insert into workflow (name) values ($1)
        on conflict (name) do update set name = excluded.name returning workflow_id
        """
    )

    private static let newest = PostgresStatement(
        "newest_definition",
        """
        select definition_id, version, digest from definition where workflow_id = $1
        order by version desc limit 1
        """
    )

    private static let insert = PostgresStatement(
        "insert_definition",
        """
        insert into definition (workflow_id, version, digest, source, compiled, compiled_format, level)
        values ($1, $2, $3, $4, $5, $6, $7) returning definition_id
        """
    )

    private static let byID = PostgresStatement(
        "definition_by_id",
        """
        select definition_id, workflow_id, version, digest, source, compiled from definition
        where definition_id = $1
        """
    )

    private static let byName = PostgresStatement(
        "definition_by_name",
        """
        select definition_id, workflow_id, version, digest, source, compiled from definition
        where workflow_id = (select workflow_id from workflow where name = $1)
            and ($2::int is null or version = $2) order by version desc limit 1
        """
    )

    private static func definition(_ row: PostgresRow) throws -> StoredDefinition {
        StoredDefinition(
            id: try row.int64(0),
            workflow: try row.int64(1),
            version: Int(try row.int32(2)),
            digest: try row.text(3),
            source: try row.text(4),
            compiled: try JSONValue.parse(try row.text(5)).decode(CompiledWorkflow.self)
        )
    }
}
