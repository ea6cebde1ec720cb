/// An SQL statement that each connection prepares at its first use and keeps by name.
///
/// ```swift
/// static let claim = PostgresStatement("claim", "update task set … where run_id = any($1::uuid[])")
/// ```
public struct PostgresStatement: Sendable, Hashable {
    /// Unique among the statements of a program.
    public let name: String
    /// One statement; parameters are `$1`, `$2`, ….
    public let sql: String

    public init(_ name: String, _ sql: String) {
        self.name = name
        self.sql = sql
    }
}

/// What a connection knows of a statement that it prepared.
struct PreparedStatement {
    let sql: String
    /// As the server inferred them.
    let parameterTypes: [PostgresType]
}
