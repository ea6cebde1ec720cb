import HTTP
import JSON
import Linux
import Postgres
import Scheduler

/// What a thread of the reader pool works with: a connection for questions, and one that also writes.
final class Reader {
    private let connection: PostgresConnection
    private let database: PostgresConfiguration
    private var opened: PostgresStore?

    init(_ database: PostgresConfiguration) {
        self.database = database
        connection = PostgresConnection(RunQueries.session(database))
    }

    /// Opens the connection if it is closed or has broken.
    private func connected() throws(StoreError) -> PostgresConnection {
        guard !connection.isOpen else { return connection }
        do {
            try connection.reopen()
        } catch {
            throw .unreachable(message: error.message)
        }
        return connection
    }

    /// For lists of runs, whose filters differ: each is planned by itself.
    var runs: RunQueries {
        get throws(StoreError) { RunQueries(try connected()) }
    }

    /// For questions about one run, whose plans are made once: making them takes 1.5 ms, following them 0.1.
    var run: RunQueries {
        get throws(StoreError) { try store.runs() }
    }

    var definitions: DefinitionQueries {
        get throws(StoreError) { DefinitionQueries(try connected()) }
    }

    var operations: OperationsQueries {
        get throws(StoreError) { OperationsQueries(try connected()) }
    }

    var schedules: ScheduleQueries {
        get throws(StoreError) { ScheduleQueries(try connected()) }
    }

    /// For applying definitions, for definitions with their compiled form, and for what is asked often.
    var store: PostgresStore {
        get throws(StoreError) {
            if let opened { return opened }
            let store = try PostgresStore.open(database)
            opened = store
            return store
        }
    }
}

/// A few threads, each with connections of its own, that answer what the database must be asked for.
final class ReaderPool: Sendable {
    private typealias Job = @Sendable (Reader) -> Void

    /// Jobs that may wait; beyond, the server has too much to do.
    static let backlogLimit = 1_000

    private let inbox = Mailbox<Job>()
    private let database: PostgresConfiguration
    private let log: Log
    private let threads = Locked([DedicatedThread]())

    init(database: PostgresConfiguration, log: Log) {
        self.database = database
        self.log = log
    }

    /// Jobs that wait for a thread.
    var waiting: Int { inbox.count }

    func start(count: Int) {
        let started = (0..<count).map { index in
            DedicatedThread("pawl-reader-\(index)") { [self] in run() }
        }
        threads.withLock { $0 = started }
    }

    func stop() {
        inbox.close()
        for thread in threads.withLock({ $0 }) { thread.join() }
    }

    /// Answers a request with what `handle` gives or throws; with nil it answers by itself.
    ///
    /// False when too much waits already.
    func submit(
        for path: String,
        _ responder: Responder,
        _ handle: @escaping @Sendable (Reader) throws -> HTTPResponse?
    ) -> Bool {
        guard inbox.count < Self.backlogLimit else { return false }
        return inbox.send { [self] reader in
            do {
                if let response = try handle(reader) { responder.answer(response) }
            } catch {
                responder.answer(response(to: error, of: path))
            }
        }
    }

    /// The problem that an error is to whoever called.
    func response(to error: any Error, of path: String) -> HTTPResponse {
        switch error {
        case let problem as Problem: return problem.response
        case let error as RunIsImported: return error.problem.response
        case let error as StoreError:
            log.report(error, by: "api")
            return Problem(error).response
        default:
            log.error("a request failed", ["path": .string(path), "error": .string("\(error)")])
            return Problem(500, "the request failed; the server's log says why").response
        }
    }

    private func run() {
        let reader = Reader(database)
        while let jobs = inbox.take(1) {
            for job in jobs { job(reader) }
        }
    }
}

extension Problem {
    init(_ error: StoreError) {
        switch error {
        case .unreachable, .unknownCommit, .transient:
            self = .unavailable("the database cannot be reached now")
        case .refused(let message):
            self = Problem(500, message)
        }
    }
}
