import Linux
import Postgres
import Scheduler

/// The database at the start of a process: waited for while it is away, refused where a person must act.
struct Database {
    let configuration: PostgresConfiguration
    let log: Log

    init(url: String, log: Log) throws(CommandFailure) {
        do {
            configuration = try PostgresConfiguration(url)
        } catch {
            throw CommandFailure(.configuration, "DATABASE_URL: \(error.message)", hint: error.hint)
        }
        self.log = log
    }

    /// A connection, as soon as the database can be reached.
    ///
    /// Each failed try is logged with what to do; `waker` ends the waiting with `ExitCode.failed`.
    func connect(waker: Waker) throws(CommandFailure) -> PostgresConnection {
        let policy = ReconnectPolicy()
        var failures = 0
        while true {
            do {
                return try PostgresConnection.open(configuration)
            } catch {
                guard error.isUnreachable || error.isTransient else { throw refusal(error) }
                let pause = policy.delay(after: failures, fraction: .random(in: 0..<1))
                failures += 1
                log.warning(
                    "Postgres cannot be reached; trying again",
                    ["error": .string(error.message), "in_ms": .integer(pause.wholeMilliseconds)]
                )
                guard waker.wait(until: .now + pause) != .woken else {
                    throw CommandFailure(.failed, "stopped")
                }
            }
        }
    }

    /// Brings the schema up to date.
    func migrate(waker: Waker) throws(CommandFailure) {
        let connection = try connect(waker: waker)
        defer { connection.close() }
        do {
            try Migrator(connection).migrate { log.info($0) }
        } catch {
            throw failure(error)
        }
    }

    /// Refuses a database whose schema this release cannot use.
    func checkSchema(waker: Waker) throws(CommandFailure) {
        let connection = try connect(waker: waker)
        defer { connection.close() }
        let state: Migrator.State
        do {
            state = try Migrator(connection).state()
        } catch {
            throw failure(error)
        }
        if case .behind(let count) = state {
            throw CommandFailure(
                .configuration,
                "the database lacks \(count) migration\(count == 1 ? "" : "s") of this release",
                hint: "run `pawl migrate` with the same DATABASE_URL"
            )
        }
    }

    /// Without keys anybody who reaches the server may do anything, so it listens on loopback only.
    func requireKeys(toListenOn listen: ListenAddress) throws(CommandFailure) {
        let rights: AccessRights
        do {
            rights = try PostgresStore.open(configuration).accessRights()
        } catch {
            throw failure(error)
        }
        guard rights.isOpen else { return }
        throw CommandFailure(
            .configuration,
            "\(Setting.listen.variable): “\(listen.host)” is no loopback address, and there are no API keys",
            hint: "listen on 127.0.0.1, make a key with `pawl token create NAME --role admin`, start again"
        )
    }

    private func refusal(_ error: PostgresError) -> CommandFailure {
        CommandFailure(.configuration, error.message, hint: error.hint)
    }

    private func failure(_ error: StoreError) -> CommandFailure {
        switch error {
        case .refused(let message): CommandFailure(.configuration, message)
        case .unreachable(let message), .unknownCommit(let message), .transient(let message):
            CommandFailure(.failed, message, hint: "run it again")
        }
    }
}
