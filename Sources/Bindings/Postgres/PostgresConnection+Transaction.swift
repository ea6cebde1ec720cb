import CPQ

/// What the statements of a transaction see of others' work.
///
/// Chapter "Transaction Isolation" of Postgres's manual.
public enum PostgresIsolation: String, Sendable {
    case readCommitted = "read committed"
    case repeatableRead = "repeatable read"
    case serializable = "serializable"
}

extension PostgresConnection {
    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
    ///
    /// Throws what `body` throws, or the `PostgresError` of BEGIN or COMMIT. A connection lost at COMMIT
    /// gives an error with `isCommitUnknown`; one lost before does not. Transactions do not nest.
    public func transaction<Value>(
        isolation: PostgresIsolation = .readCommitted,
        readOnly: Bool = false,
        _ body: (PostgresConnection) throws -> Value
    ) throws -> Value {
        guard !isInTransaction else { throw PostgresError(.misuse, "a transaction is open already") }
        let access = readOnly ? "read only" : "read write"
        _ = try request("begin", mayCommit: false) {
            PQexec($0, "begin isolation level \(isolation.rawValue) \(access)")
        }
        let value: Value
        do {
            value = try body(self)
        } catch {
            rollBack()
            throw error
        }
        try commit()
        return value
    }

    private func commit() throws(PostgresError) {
        let result = try request("commit", mayCommit: true) { PQexec($0, "commit") }
        // The server answers COMMIT with ROLLBACK when a statement failed and its error was swallowed.
        guard result.command == "COMMIT" else {
            var error = PostgresError(.server, "a statement failed, so the transaction was rolled back")
            error.sqlState = .inFailedTransaction
            throw error.during("commit")
        }
    }

    /// Rolls back; a failure to do so ends the session, which rolls back too.
    private func rollBack() {
        guard isInTransaction else { return }
        do {
            _ = try request("rollback", mayCommit: false) { PQexec($0, "rollback") }
        } catch {
            close()
        }
    }
}
