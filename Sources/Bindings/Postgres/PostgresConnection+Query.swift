import CPQ

extension PostgresConnection {
    /// Runs a prepared statement, preparing it at its first use on this connection.
    @discardableResult
    public func query(
        _ statement: PostgresStatement,
        _ parameters: [PostgresValue] = []
    ) throws(PostgresError) -> PostgresResult {
        try execute(statement.name, as: statement.name, try prepare(statement), parameters)
    }

    /// Runs one statement that is not worth keeping prepared; it costs two round trips more.
    @discardableResult
    public func query(
        _ sql: String,
        _ parameters: [PostgresValue] = []
    ) throws(PostgresError) -> PostgresResult {
        let label = Self.label(sql)
        return try execute("", as: label, try prepare("", sql, label), parameters)
    }

    /// Runs SQL without parameters, any number of statements, and drops their rows.
    ///
    /// Several statements are one transaction unless they say otherwise.
    public func execute(_ script: String) throws(PostgresError) {
        _ = try request(Self.label(script), mayCommit: true) { PQexec($0, script) }
    }

    /// Lets the server drop a statement and its plan; the next use prepares it again.
    public func forget(_ statement: PostgresStatement) throws(PostgresError) {
        guard prepared.removeValue(forKey: statement.name) != nil else { return }
        try execute("deallocate \"\(statement.name)\"")
    }

    /// What the server inferred of a statement, which it is told if it does not know it.
    func prepare(_ statement: PostgresStatement) throws(PostgresError) -> PreparedStatement {
        if let known = prepared[statement.name] {
            guard known.sql == statement.sql else {
                throw PostgresError(.misuse, "two statements have the name \(statement.name)")
            }
            return known
        }
        let new = try prepare(statement.name, statement.sql, statement.name)
        prepared[statement.name] = new
        return new
    }

    private func prepare(
        _ name: String,
        _ sql: String,
        _ label: String
    ) throws(PostgresError) -> PreparedStatement {
        _ = try request(label, mayCommit: false) { PQprepare($0, name, sql, 0, nil) }
        let description = try request(label, mayCommit: false) { PQdescribePrepared($0, name) }
        let types = (0..<PQnparams(description.raw)).map {
            PostgresType(oid: PQparamtype(description.raw, $0))
        }
        return PreparedStatement(sql: sql, parameterTypes: types)
    }

    private func execute(
        _ name: String,
        as label: String,
        _ statement: PreparedStatement,
        _ parameters: [PostgresValue]
    ) throws(PostgresError) -> PostgresResult {
        arena.reset()
        do {
            _ = try arena.add(parameters, as: statement.parameterTypes)
        } catch {
            throw error.during(label)
        }
        arena.seal()
        let (pointers, lengths, formats) = (arena.pointers, arena.lengths, arena.formats)
        return try request(label) {
            PQexecPrepared($0, name, Int32(pointers.count), pointers, lengths, formats, 1)
        }
    }

    private static func label(_ sql: String) -> String {
        sql.count <= 60 ? sql : "\(sql.prefix(59))…"
    }
}
