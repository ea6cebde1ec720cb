import Glibc
import Linux
import Postgres

/// A Postgres server of our own, in a folder, reached by a Unix socket alone.
///
/// It ends when this process does, however that happens, and starts again from what is in the folder. As
/// root, for which Postgres does not run, it runs as the user `postgres` or `nobody`.
public final class PrivatePostgres: Sendable {
    public struct Options: Sendable {
        /// Whether a commit survives a loss of power; tests do without.
        public var isDurable = true
        public var maxConnections = 50
        /// More settings, as in `postgresql.conf`.
        public var settings: [String: String] = [:]

        public init() {}
    }

    /// How to end the server.
    public enum Shutdown: Sendable {
        /// Rolls back what is open and ends the sessions.
        case fast
        /// Leaves a crash to recover from.
        case immediate
    }

    public let options: Options
    let folder: ServerFolder
    private let programs: String
    private let process = Locked<ServerProcess?>(nil)

    static let port = 5432
    static let superuser = "pawl"
    private static let socketName = ".s.PGSQL.\(port).lock"

    /// Takes possession of a folder, which is made if need be, and of the server in it if one still runs.
    public init(folder path: String, options: Options = Options()) throws(DevelopmentError) {
        self.options = options
        let user = ThisProcess.isRoot ? User(named: "postgres") ?? User(named: "nobody") : nil
        folder = try ServerFolder(path, user: user, socketName: Self.socketName)
        let version = (try? Files.read("\(path)/data/PG_VERSION")).map { String(decoding: $0, as: UTF8.self) }
        programs = try Executables.postgresFolder(version: version?.filter { !$0.isWhitespace })
    }

    deinit { stop(.immediate) }

    /// A URL for `DATABASE_URL`.
    public func url(database: String = "postgres") -> String {
        let host = folder.socketFolder.replacing("/", with: "%2F")
        return "postgres://\(Self.superuser)@\(host):\(Self.port)/\(database)"
    }

    public func configuration(
        database: String = "postgres"
    ) throws(PostgresError) -> PostgresConfiguration {
        try PostgresConfiguration(url(database: database))
    }

    /// The path of the server's socket.
    public var socket: String { "\(folder.socketFolder)/.s.PGSQL.\(Self.port)" }

    /// What the server writes.
    public var log: String { "\(folder.path)/postgres.log" }

    /// The postmaster's process; nil when it does not run.
    public var pid: Int32? { process.withLock { $0?.hasExited == false ? $0?.pid : nil } }

    /// Starts the server, on a new data folder the first time, and waits until it answers.
    public func start() throws(DevelopmentError) {
        guard pid == nil else { return }
        try clearLeftovers()
        if !Files.exists("\(data)/PG_VERSION") { try initialise() }
        let process = try server.start()
        self.process.withLock { $0 = process }
        try waitUntilReady(process, until: .now + .seconds(60))
    }

    /// Ends the server and waits for that; nothing happens when it does not run.
    public func stop(_ shutdown: Shutdown = .fast) {
        guard let process = process.withLock({ $0.take() }) else { return }
        process.signal(shutdown == .fast ? SIGINT : SIGQUIT)
        if process.waitForExit(until: .now + .seconds(20)) == nil { end(process) }
    }

    /// Ends every process of the server by SIGKILL.
    public func kill() {
        guard let process = process.withLock({ $0.take() }) else { return }
        end(process)
    }

    public func restart(_ shutdown: Shutdown = .fast) throws(DevelopmentError) {
        stop(shutdown)
        try start()
    }

    /// Ends the server and removes its folder.
    public func remove() {
        stop(.immediate)
        folder.remove()
    }

    /// Makes an empty database and gives its configuration; nothing happens if it exists.
    @discardableResult
    public func createDatabase(_ name: String) throws(PostgresError) -> PostgresConfiguration {
        let connection = try PostgresConnection.open(configuration())
        do {
            try connection.execute("create database \(PostgresConnection.quoted(identifier: name))")
        } catch {
            guard error.sqlState == .duplicateDatabase else { throw error }
        }
        return try configuration(database: name)
    }
}

extension PrivatePostgres {
    var data: String { "\(folder.path)/data" }

    private var server: ServerCommand {
        var settings = [
            "listen_addresses": "",
            "unix_socket_directories": folder.socketFolder,
            "port": String(Self.port),
            "max_connections": String(options.maxConnections),
            "shared_buffers": "64MB",
            "jit": "off",
            // Its launcher would take 0.7 MB for what nobody asks of a server of one's own.
            "max_logical_replication_workers": "0",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_destination": "stderr",
            "logging_collector": "off",
        ]
        // Without them a loss of power loses data; the death of any process, even of all, still does not.
        for name in ["fsync", "full_page_writes"] { settings[name] = options.isDurable ? "on" : "off" }
        settings["synchronous_commit"] = "on"
        settings.merge(options.settings) { $1 }
        return command(
            "postgres",
            ["-D", data] + settings.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
        )
    }

    func command(_ program: String, _ arguments: [String]) -> ServerCommand {
        ServerCommand(
            executable: "\(programs)/\(program)",
            arguments: arguments,
            user: folder.user,
            log: log,
            deathSignal: options.isDurable ? "INT" : "QUIT"
        )
    }

    /// Makes the data folder beside its place, so that what is in place is whole.
    private func initialise() throws(DevelopmentError) {
        let fresh = "\(folder.path)/data.new"
        if Files.exists(fresh) {
            try attempt("clear \(fresh)") { () throws(LinuxError) in try Files.removeTree(fresh) }
        }
        let sync = options.isDurable ? [] : ["--no-sync"]
        let arguments = ["-D", fresh, "-U", Self.superuser, "-A", "trust", "-E", "UTF8", "--locale=C"] + sync
        do {
            try command("initdb", arguments).run()
        } catch {
            throw DevelopmentError(
                "cannot make a Postgres data folder in \(folder.path)",
                logLines: error.logLines,
                hint: folder.user.map { "the user \($0.name) must be able to enter the folders above it" }
            )
        }
        try attempt("name \(data)") { () throws(LinuxError) in try Files.rename(fresh, to: data) }
    }

    /// Ends a server that a killed process of ours left, and removes the pid file that names nobody of ours.
    private func clearLeftovers() throws(DevelopmentError) {
        let pidFile = "\(data)/postmaster.pid"
        guard let text = try? Files.read(pidFile) else { return }
        let first = String(decoding: text, as: UTF8.self).split(separator: "\n").first
        if let pid = first.flatMap({ Int32($0) }) {
            try folder.end(earlier: pid, with: SIGINT, within: .seconds(20))
        }
        try? Files.removeFile(pidFile)
        for socket in [Self.socketName, ".s.PGSQL.\(Self.port)"] {
            try? Files.removeFile("\(folder.socketFolder)/\(socket)")
        }
    }

    private func waitUntilReady(
        _ process: ServerProcess,
        until deadline: MonotonicTime
    ) throws(DevelopmentError) {
        while true {
            do {
                return try openAny().close()
            } catch {
                guard error.isUnreachable, MonotonicTime.now < deadline else {
                    throw DevelopmentError("the private Postgres does not answer: \(error)", log: log)
                }
            }
            if process.waitForExit(until: .now + .milliseconds(10)) != nil {
                throw DevelopmentError("the private Postgres ended while starting", log: log)
            }
        }
    }

    /// A session with the server, also where it follows another and takes no writes.
    func openAny() throws(PostgresError) -> PostgresConnection {
        try PostgresConnection.open(PostgresConfiguration("\(url())?target_session_attrs=any"))
    }

    private func end(_ process: ServerProcess) {
        let backends = process.children
        process.signal(SIGKILL)
        for pid in backends { ThisProcess.signal(SIGKILL, pid: pid) }
        _ = process.waitForExit(until: nil)
        // A new server is refused as long as a process of the old one holds its shared memory.
        let pause = Waker()
        while backends.contains(where: { ThisProcess.exists(pid: $0) }) {
            pause.wait(until: .now + .milliseconds(5))
        }
    }
}
