import Linux
import Postgres

/// Runs in Postgres, over one connection, for one thread.
///
/// A connection that broke is opened again at the next call; the call that met the break throws, and whoever
/// caches what it read over the connection must drop that.
public final class PostgresStore {
    let connection: PostgresConnection
    var watermarks = ClaimWatermarks()
    var timerMark = TimerMark()
    var boundedQueues = BoundedQueues()
    var commitStatements = CommitStatements()

    private init(_ configuration: PostgresConfiguration) {
        connection = PostgresConnection(configuration)
    }

    /// Opens a store that writes.
    public static func open(_ configuration: PostgresConfiguration) throws(StoreError) -> PostgresStore {
        try open(session: PostgresSession.writing(configuration))
    }

    static func open(session: PostgresConfiguration) throws(StoreError) -> PostgresStore {
        let store = PostgresStore(session)
        try store.connect()
        return store
    }

    /// A connection that is open; a new one has seen to it that fencing tokens go on rising.
    func connect() throws(StoreError) {
        guard !connection.isOpen else { return }
        try storing(writes: false) { try connection.reopen() }
        try Fence.raise(connection)
    }

    /// Ends the session; the next call opens another.
    public func close() {
        connection.close()
    }

    /// What the database's clock says.
    public func databaseTime() throws(StoreError) -> Timestamp {
        try read(Self.clock, []) { try $0.timestamp(0) }[0]
    }

    private static let clock = PostgresStatement("clock", "select clock_timestamp()")

    /// Runs a reading statement on an open connection and makes values of its rows.
    func read<Value>(
        _ statement: PostgresStatement,
        _ parameters: [PostgresValue],
        _ value: (PostgresRow) throws -> Value
    ) throws(StoreError) -> [Value] {
        try connect()
        return try storing(writes: false) { try connection.query(statement, parameters).map(value) }
    }

    /// Runs a writing statement on an open connection; gives the rows that it returns.
    @discardableResult
    func write(
        _ statement: PostgresStatement,
        _ parameters: [PostgresValue]
    ) throws(StoreError) -> PostgresResult {
        try connect()
        return try storing(writes: true) { try connection.query(statement, parameters) }
    }
}
