/// What went wrong with a request to Postgres, as a value.
public struct PostgresError: Error, Sendable, Hashable {
    /// How far the request came, which decides what the caller may do next.
    public enum Kind: Sendable, Hashable {
        /// No connection, and it may come by itself: no server, or one that starts, stops or is full.
        case unreachable
        /// No connection, and somebody must repair something: password, database, encoding, a pooler.
        case refused
        /// The server answered with an error; the connection is usable.
        case server
        /// The connection broke. What was not committed is gone; see `isCommitUnknown`.
        case lost
        /// Nothing was sent, or a reply has another shape than the caller says: a fault in this program.
        case misuse
        /// The pool had no free connection in time.
        case exhausted
    }

    public var kind: Kind
    /// One sentence; for `server`, the server's own.
    public var message: String
    /// Nil when the server did not say.
    public var sqlState: SQLState?
    /// `ERROR`, `FATAL` or `PANIC`.
    public var severity: String?
    public var detail: String?
    public var hint: String?
    public var schema: String?
    public var table: String?
    public var column: String?
    public var constraint: String?
    /// The name of the prepared statement, or the start of the SQL.
    public var statement: String?
    /// In a pipeline, which of its statements failed, from 0; nil when its commit did.
    public var pipelineIndex: Int?
    /// Whether the connection broke between a commit, or a statement on its own, and the reply to it.
    ///
    /// The work is then done or not: read it back before doing it again.
    public var isCommitUnknown = false

    public init(_ kind: Kind, _ message: String, sqlState: SQLState? = nil, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.sqlState = sqlState
        self.hint = hint
    }

    /// Whether there is no usable connection now.
    public var isConnectionLoss: Bool { kind == .lost || kind == .unreachable }

    /// Whether the server could not be reached but may be later.
    public var isUnreachable: Bool { kind == .unreachable }

    /// Whether trying again, with nothing repaired, makes sense; not for a lost commit: read back first.
    public var isTransient: Bool {
        switch kind {
        case .unreachable, .exhausted: true
        case .lost: !isCommitUnknown
        case .server: sqlState?.isTransient ?? false
        case .refused, .misuse: false
        }
    }

    public var isUniqueViolation: Bool { sqlState == .uniqueViolation }
    public var isSerializationFailure: Bool { sqlState == .serializationFailure }
    public var isDeadlock: Bool { sqlState == .deadlockDetected }

    func during(_ statement: String) -> PostgresError {
        var copy = self
        copy.statement = statement
        return copy
    }
}

extension PostgresError: CustomStringConvertible {
    public var description: String {
        var text = message
        if let sqlState { text += " [\(sqlState)]" }
        if let detail { text += "; \(detail)" }
        if let statement { text += " (in \(statement))" }
        if isCommitUnknown { text += "; whether it was committed is not known" }
        if let hint { text += "; \(hint)" }
        return text
    }
}
