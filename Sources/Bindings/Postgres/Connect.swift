import CPQ
import Glibc
import Linux

/// Connects and checks that the server is one we can use; the handle is the caller's.
func connect(_ configuration: PostgresConfiguration) throws(PostgresError) -> OpaquePointer {
    guard let raw = start(configuration.parameters) else {
        throw PostgresError(.unreachable, "libpq is out of memory")
    }
    do {
        // The verbose form alone has the SQLSTATE of what the server says before a session exists.
        PQsetErrorVerbosity(raw, PQERRORS_VERBOSE)
        try drive(raw, within: configuration.attemptTimeout)
        PQsetErrorVerbosity(raw, PQERRORS_DEFAULT)
        try checkEncoding(raw)
        try checkForPooler(raw)
        return raw
    } catch {
        PQfinish(raw)
        throw error
    }
}

private func start(_ parameters: [String: String]) -> OpaquePointer? {
    let pairs = parameters.map { (strdup($0.key), strdup($0.value)) }
    defer {
        pairs.forEach {
            free($0.0); free($0.1)
        }
    }
    let keywords = pairs.map { UnsafePointer($0.0) } + [nil]
    let values = pairs.map { UnsafePointer($0.1) } + [nil]
    return PQconnectStartParams(keywords, values, 0)
}

private func drive(_ raw: OpaquePointer, within timeout: Duration) throws(PostgresError) {
    let deadline = MonotonicTime.now + timeout
    var phase = PQstatus(raw) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING
    while phase != PGRES_POLLING_OK {
        guard phase != PGRES_POLLING_FAILED else { throw connectFailure(raw) }
        let events = phase == PGRES_POLLING_READING ? POLLIN : POLLOUT
        var descriptors = [pollfd(fd: PQsocket(raw), events: Int16(events), revents: 0)]
        guard pollUntil(deadline, &descriptors) else {
            throw connectFailure(raw, ConnectReason(message: "no answer within \(timeout)"))
        }
        phase = PQconnectPoll(raw)
    }
}

/// Why libpq gave up, out of its message.
private struct ConnectReason {
    var message: String
    var sqlState: SQLState?

    init(message: String) { self.message = message }

    /// Reads `connection to server … failed: FATAL:  28P01: password authentication failed …` or the like.
    init(libpq text: String) {
        if let match = text.firstMatch(of: /(?:FATAL|ERROR|PANIC): +([0-9A-Z]{5}): (.*)/) {
            message = String(match.2)
            sqlState = SQLState(rawValue: String(match.1))
        } else {
            let lines = text.split(separator: "\n")
            let line = lines.last { $0.contains(" failed: ") } ?? lines.first ?? "unknown reason"
            message = String(line.split(separator: " failed: ").last ?? line)
        }
    }
}

private func connectFailure(_ raw: OpaquePointer, _ known: ConnectReason? = nil) -> PostgresError {
    var reason = known ?? ConnectReason(libpq: String(cString: PQerrorMessage(raw)))
    if reason.sqlState == nil, PQconnectionNeedsPassword(raw) == 1 { reason.sqlState = .invalidPassword }
    return PostgresError(
        reason.sqlState.map { $0.isTransient ? .unreachable : .refused } ?? .unreachable,
        "cannot connect to \(place(raw)): \(reason.message)",
        sqlState: reason.sqlState,
        hint: hint(for: reason.sqlState)
    )
}

/// The server, database and user, without the password.
private func place(_ raw: OpaquePointer) -> String {
    func text(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }
    let host = text(PQhost(raw))
    let port = text(PQport(raw))
    let server = host.hasPrefix("/") ? "\(host)/.s.PGSQL.\(port)" : "\(host):\(port)"
    return "Postgres at \(server), database \"\(text(PQdb(raw)))\", user \"\(text(PQuser(raw)))\""
}

private func hint(for state: SQLState?) -> String {
    switch state {
    case nil: "start Postgres there, or say with DATABASE_URL where it listens"
    case .invalidPassword, .invalidAuthorization:
        "check user and password in DATABASE_URL, and the server's pg_hba.conf"
    case .unknownDatabase: "create it with createdb, or name another in DATABASE_URL"
    case .tooManyConnections: "raise max_connections of the server, or use fewer connections"
    case .cannotConnectNow, .adminShutdown, .crashShutdown:
        "the server is starting or stopping; it is tried again"
    default: "see the server's log"
    }
}

private func checkEncoding(_ raw: OpaquePointer) throws(PostgresError) {
    let encoding = PQparameterStatus(raw, "server_encoding").map { String(cString: $0) } ?? "unknown"
    guard encoding != "UTF8" else { return }
    throw PostgresError(
        .refused,
        "\(place(raw)) has the encoding \(encoding), and UTF8 is needed",
        hint: "create the database with: createdb --encoding=UTF8 --template=template0"
    )
}

/// Refuses a transaction pooler, which would share our prepared statements, settings and LISTEN with others.
///
/// It makes up the process id that it gives us, because it has none to give before a transaction begins.
private func checkForPooler(_ raw: OpaquePointer) throws(PostgresError) {
    let reply = PQexec(raw, "select pg_catalog.pg_backend_pid()")
    defer { PQclear(reply) }
    guard PQresultStatus(reply) == PGRES_TUPLES_OK, let text = PQgetvalue(reply, 0, 0) else {
        throw connectFailure(raw)
    }
    guard String(cString: text) != String(PQbackendPID(raw)) else { return }
    throw PostgresError(
        .refused,
        "\(place(raw)) is a connection pooler, and sessions of our own are needed",
        hint: "let DATABASE_URL point at Postgres itself"
    )
}
