import Linux
import Postgres

/// A version of a workflow without its source and compiled form.
public struct DefinitionSummary: Sendable, Hashable {
    public var id: Int64
    public var workflow: Int64
    public var name: String
    public var version: Int
    public var digest: String
    public var createdAt: Timestamp
}

/// What the API asks about workflows.
public struct DefinitionQueries {
    private let connection: PostgresConnection

    /// Takes a connection whose session is set up by ``RunQueries/session(_:)``.
    public init(_ connection: PostgresConnection) {
        self.connection = connection
    }

    /// The newest version of each workflow by name; `after` is the last name of the page before.
    public func workflows(after: String? = nil, limit: Int) throws(StoreError) -> [DefinitionSummary] {
        let parameters: [PostgresValue] = [.text(after ?? ""), .int64(Int64(limit))]
        return try storing(writes: false) {
            try connection.query(Self.newest, parameters).map(Self.summary)
        }
    }

    /// The versions of a workflow, the newest first; `after` is the last of the page before.
    public func versions(
        of workflow: String,
        after: Int? = nil,
        limit: Int
    ) throws(StoreError) -> [DefinitionSummary] {
        let parameters: [PostgresValue] = [
            .text(workflow), .int64(after.map { Int64($0) }), .int64(Int64(limit)),
        ]
        return try storing(writes: false) {
            try connection.query(Self.ofWorkflow, parameters).map(Self.summary)
        }
    }

    private static let newest = PostgresStatement(
        "workflows",
        """
        select d.definition_id, w.workflow_id, w.name, d.version, d.digest, d.created_at from workflow w
        cross join lateral (
            select * from definition d where d.workflow_id = w.workflow_id order by d.version desc limit 1) d
        where w.name > $1 order by w.name limit $2
        """
    )

    private static let ofWorkflow = PostgresStatement(
        "workflow_versions",
        """
        select d.definition_id, w.workflow_id, w.name, d.version, d.digest, d.created_at
        from workflow w join definition d on d.workflow_id = w.workflow_id
        where w.name = $1 and ($2::int is null or d.version < $2) order by d.version desc limit $3
        """
    )

    private static func summary(_ row: PostgresRow) throws -> DefinitionSummary {
        DefinitionSummary(
            id: try row.int64(0),
            workflow: try row.int64(1),
            name: try row.text(2),
            version: Int(try row.int32(3)),
            digest: try row.text(4),
            createdAt: try row.timestamp(5)
        )
    }
}
