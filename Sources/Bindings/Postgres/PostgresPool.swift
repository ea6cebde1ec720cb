import Linux

/// A few connections for threads that need one now and then.
///
/// A connection is opened when it is first needed; one that died is replaced at the next use.
public final class PostgresPool: Sendable {
    public let configuration: PostgresConfiguration
    public let size: Int
    private let state = Monitor(State())

    private struct State {
        var idle: [PostgresConnection] = []
        /// Idle, lent and being opened.
        var opened = 0
        var isHealthy = true
        var isClosed = false
    }

    private enum Ticket {
        case idle(PostgresConnection)
        case new
    }

    public init(_ configuration: PostgresConfiguration, size: Int) {
        precondition(size > 0, "a pool of \(size) connections")
        self.configuration = configuration
        self.size = size
    }

    /// Whether the last attempt to reach the server succeeded.
    public var isHealthy: Bool { state.withLock { $0.isHealthy && !$0.isClosed } }

    /// Lends a connection to `body`, on this thread.
    ///
    /// Within `patience` a connection must become free (else `exhausted`) and, if it is a new one, the server
    /// reachable (else `unreachable`). A transaction that `body` leaves open is rolled back.
    public func withConnection<Value>(
        within patience: Duration = .seconds(5),
        _ body: (PostgresConnection) throws -> Value
    ) throws -> Value {
        let connection = try take(until: .now + patience, patience)
        defer { giveBack(connection) }
        return try body(connection)
    }

    /// Ends the idle connections, and each lent one when it comes back; nothing is lent from now on.
    public func close() {
        let idle = state.withLock { state in
            state.isClosed = true
            defer { state.idle.removeAll() }
            return state.idle
        }
        for connection in idle { connection.close() }
    }

    private func take(
        until deadline: MonotonicTime,
        _ patience: Duration
    ) throws(PostgresError) -> PostgresConnection {
        let ticket = state.wait(until: deadline) { state -> Result<Ticket, PostgresError>? in
            if state.isClosed { return .failure(PostgresError(.lost, "the pool of connections is closed")) }
            if let connection = state.idle.popLast() { return .success(.idle(connection)) }
            guard state.opened < size else { return nil }
            state.opened += 1
            return .success(.new)
        }
        switch try ticket?.get() {
        case .idle(let connection) where connection.isAlive: return connection
        case .idle, .new: return try openCounted(until: deadline)
        case nil:
            throw PostgresError(.exhausted, "none of \(size) connections became free within \(patience)")
        }
    }

    /// Opens a connection that `opened` counts already.
    private func openCounted(
        until deadline: MonotonicTime
    ) throws(PostgresError) -> PostgresConnection {
        let connection = PostgresConnection(configuration)
        do {
            try connection.reconnect(until: deadline)
            state.withLock { $0.isHealthy = true }
            return connection
        } catch {
            state.withLock {
                $0.isHealthy = false
                $0.opened -= 1
            }
            throw error
        }
    }

    private func giveBack(_ connection: PostgresConnection) {
        if connection.isInTransaction { connection.close() }
        let isKept = state.withLock { state in
            guard connection.isOpen, !state.isClosed else {
                state.opened -= 1
                return false
            }
            state.idle.append(connection)
            return true
        }
        if !isKept { connection.close() }
    }
}
