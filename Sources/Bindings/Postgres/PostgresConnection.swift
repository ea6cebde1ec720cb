import CPQ
import Glibc
import Linux

/// A session with a Postgres server, for one thread at a time.
///
/// Every call blocks its thread until the server answers, so it belongs on a thread of its own, never on
/// Swift's cooperative pool. A connection that broke says so with each error (`isConnectionLoss`) and works
/// again after `reconnect`; prepared statements come back by themselves, `LISTEN` does not.
public final class PostgresConnection {
    public let configuration: PostgresConfiguration
    /// Nil when closed or lost.
    private(set) var raw: OpaquePointer?
    var arena = ParameterArena()
    var prepared: [String: PreparedStatement] = [:]

    /// A connection that is yet to be opened, by `reopen` or `reconnect`.
    public init(_ configuration: PostgresConfiguration) { self.configuration = configuration }

    deinit { close() }

    /// Connects, in one attempt.
    public static func open(_ configuration: PostgresConfiguration) throws(PostgresError)
        -> PostgresConnection
    {
        let connection = PostgresConnection(configuration)
        try connection.reopen()
        return connection
    }

    /// Whether the connection has not been found broken; a request may still find it so.
    public var isOpen: Bool { raw != nil }

    /// Whether the server has not ended the session, as far as can be seen without asking it.
    public var isAlive: Bool {
        do {
            _ = try ready(for: "look")
            return true
        } catch {
            return false
        }
    }

    /// Whether a transaction is open, failed or not.
    public var isInTransaction: Bool { raw.map { PQtransactionStatus($0) != PQTRANS_IDLE } ?? false }

    /// The process that serves this session, as in `pg_stat_activity.pid`; 0 without a connection.
    public var backendPID: Int32 { raw.map { PQbackendPID($0) } ?? 0 }

    /// As Postgres counts (15.4 is 150004); 0 without a connection.
    public var serverVersion: Int { raw.map { Int(PQserverVersion($0)) } ?? 0 }

    /// Ends the session; an open transaction is rolled back by the server.
    public func close() {
        prepared.removeAll()
        guard let raw else { return }
        self.raw = nil
        PQfinish(raw)
    }

    /// Ends the session if there is one, and connects in one attempt.
    public func reopen() throws(PostgresError) {
        close()
        let raw = try connect(configuration)
        self.raw = raw
        PQsetNoticeReceiver(
            raw,
            { context, result in
                guard let context, let result else { return }
                // Unretained: the connection owns the handle that calls this.
                Unmanaged<PostgresConnection>.fromOpaque(context).takeUnretainedValue().receive(
                    notice: result
                )
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
    }

    /// Connects, again and again while the server cannot be reached.
    ///
    /// Rides out a restart or failover of the server. What only a person can repair is thrown at once
    /// (`refused`); the last `unreachable` is thrown at the deadline, or when `waker` is woken.
    public func reconnect(
        until deadline: MonotonicTime? = nil,
        policy: ReconnectPolicy = ReconnectPolicy(),
        waker: Waker = Waker()
    ) throws(PostgresError) {
        var attempt = 0
        while true {
            do {
                return try reopen()
            } catch {
                guard error.isUnreachable else { throw error }
                let next = MonotonicTime.now + policy.delay(after: attempt, fraction: .random(in: 0..<1))
                if let deadline, next >= deadline { throw error }
                if waker.wait(until: next) == .woken { throw error }
                attempt += 1
            }
        }
    }

    private func receive(notice result: OpaquePointer) {
        guard let onNotice = configuration.onNotice else { return }
        let error = PostgresError(reading: result)
        onNotice(
            PostgresNotice(severity: error.severity ?? "", sqlState: error.sqlState, message: error.message)
        )
    }
}

extension PostgresConnection {
    /// Sends one request and takes its reply.
    ///
    /// `mayCommit` says whether the server may have committed something once the request reached it, though
    /// its reply did not reach us; nil: if no transaction is open.
    func request(
        _ label: String,
        mayCommit: Bool? = nil,
        _ call: (OpaquePointer) -> OpaquePointer?
    ) throws(PostgresError) -> PostgresResult {
        let raw = try ready(for: label)
        let mayCommit = mayCommit ?? (PQtransactionStatus(raw) == PQTRANS_IDLE)
        guard let reply = call(raw) else { throw failure(label, nil, mayCommit: mayCommit) }
        let result = PostgresResult(owning: reply, statement: label)
        switch PQresultStatus(reply) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return result
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            throw PostgresError(.misuse, "COPY from or to the client is not supported").during(label)
        default: throw failure(label, result, mayCommit: mayCommit)
        }
    }

    /// The handle, after a look whether the server closed an idle session.
    ///
    /// It has then sent its reason and an end of file; to notice that before sending makes the loss a plain
    /// one, in which nothing can have been committed.
    func ready(for label: String) throws(PostgresError) -> OpaquePointer {
        guard let raw else { throw .closed(label) }
        var socket = pollfd(fd: PQsocket(raw), events: Int16(POLLIN), revents: 0)
        while PQtransactionStatus(raw) == PQTRANS_IDLE, poll(&socket, 1, 0) > 0 {
            let isAlive = PQconsumeInput(raw) == 1 && PQisBusy(raw) == 0 && PQstatus(raw) == CONNECTION_OK
            guard isAlive else { throw failure(label, nil, mayCommit: false) }
        }
        return raw
    }

    /// The error of a request that failed; closes the handle when the connection broke with it.
    func failure(_ label: String, _ result: PostgresResult?, mayCommit: Bool) -> PostgresError {
        guard let raw else { return .closed(label) }
        let complaint = String(cString: PQerrorMessage(raw)).trimmed
        var error = result.map { PostgresError(reading: $0.raw) } ?? PostgresError(.server, complaint)
        error.statement = label
        if PQstatus(raw) == CONNECTION_BAD {
            error.kind = .lost
            error.message = "the connection to Postgres broke: \(error.message)"
            error.isCommitUnknown = mayCommit
            close()
        }
        return error
    }
}

extension PostgresError {
    /// Reads the fields of an error or notice that the server sent, or that libpq made up in its stead.
    init(reading result: OpaquePointer) {
        func field(_ code: Character) -> String? {
            PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) }
        }
        let fallback = String(cString: PQresultErrorMessage(result)).trimmed
        self.init(.server, field("M") ?? fallback, sqlState: field("C").map(SQLState.init(rawValue:)))
        severity = field("V")
        detail = field("D")
        hint = field("H")
        schema = field("s")
        table = field("t")
        column = field("c")
        constraint = field("n")
    }

    fileprivate static func closed(_ label: String) -> PostgresError {
        PostgresError(.lost, "the connection to Postgres is closed").during(label)
    }
}
