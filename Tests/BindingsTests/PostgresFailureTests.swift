import Development
import Glibc
import Linux
import Postgres
import TestSupport
import Testing

@Suite("Postgres: servers that refuse, restart and crash", .timeLimit(.minutes(2)))
struct PostgresFailureTests {
    @Test("a server that is not there is unreachable, and the message says where it was sought")
    func noServer() async throws {
        let folder = try TestServers.folder()
        let error = try await openingError("postgres://me:secret@\(folder.replacing("/", with: "%2F"))/shop")
        #expect(error.isUnreachable)
        #expect(error.isTransient)
        #expect(error.message.contains("\(folder)/.s.PGSQL.5432, database \"shop\", user \"me\""))
        #expect(!"\(error)".contains("secret"))
        let tcp = try await openingError("postgres://me:secret@127.0.0.1:1/shop")
        #expect(tcp.isUnreachable)
        #expect(tcp.message.contains("127.0.0.1:1"))
        #expect(tcp.message.contains("Connection refused"))
    }

    @Test("an unknown database and one that is not UTF8 are refused for good")
    func unfitDatabase() async throws {
        let postgres = try await TestServers.postgres()
        let unknown = try await openingError(postgres.url(database: "nowhere"))
        #expect(unknown.kind == .refused)
        #expect(unknown.sqlState == .unknownDatabase)
        #expect(!unknown.isTransient)
        #expect(unknown.description.contains("createdb"))
        let name = "ascii_\(Random.bytes(4).hexadecimal)"
        try await onOwnThread {
            let connection = try PostgresConnection.open(postgres.configuration())
            try connection.execute("create database \(name) encoding 'SQL_ASCII' template template0")
        }
        let ascii = try await openingError(postgres.url(database: name))
        #expect(ascii.kind == .refused)
        #expect(ascii.message.contains("SQL_ASCII"))
    }

    @Test("a wrong or missing password is refused for good and never repeated")
    func wrongPassword() async throws {
        let postgres = try await TestServers.ownPostgres()
        defer { postgres.remove() }
        try await onOwnThread {
            let connection = try PostgresConnection.open(postgres.configuration())
            try connection.execute("create role guest login password 'right'")
            let rules = try #require(try connection.query("select current_setting('hba_file')").first).text(0)
            try connection.execute(
                """
                copy (values ('local all pawl trust'), ('local all all scram-sha-256')) to '\(rules)';
                select pg_reload_conf();
                """
            )
        }
        let place = postgres.url().replacing("pawl@", with: "guest:sesame@")
        let wrong = try await openingError(place, until: .invalidPassword)
        #expect(wrong.kind == .refused)
        #expect(wrong.message.contains("user \"guest\""))
        #expect(wrong.hint?.contains("DATABASE_URL") == true)
        #expect(!"\(wrong)".contains("sesame"))
        let missing = try await openingError(place.replacing(":sesame", with: ""), until: .invalidPassword)
        #expect(missing.kind == .refused)
        try await onOwnThread {
            try PostgresConnection.open(PostgresConfiguration(place.replacing("sesame", with: "right")))
                .close()
        }
    }

    @Test("a malformed connection string is refused without a word of it")
    func malformedString() throws {
        for text in [
            "postgres://me:secret@[::1/db", "host=a password = secret b",
        ] {
            let error = #expect(throws: PostgresError.self) { _ = try PostgresConfiguration(text) }
            #expect(error?.kind == .refused, "\(text)")
            #expect(error.map { !"\($0)".contains("secret") } == true)
        }
        let option = #expect(throws: PostgresError.self) { _ = try PostgresConfiguration("hots=a") }
        #expect(option?.message.contains("\"hots\"") == true)
    }

    @Test("a connection rides out a restart with one call")
    func restart() async throws {
        let postgres = try await TestServers.ownPostgres()
        defer { postgres.remove() }
        try await onOwnThread {
            let connection = try PostgresConnection.open(postgres.configuration())
            let one = PostgresStatement("one", "select 1")
            try connection.query(one)
            postgres.stop()
            let error = #expect(throws: PostgresError.self) { try connection.query(one) }
            #expect(error?.kind == .lost)
            #expect(error?.isCommitUnknown == false, "nothing was sent to a session that had ended")
            #expect(!connection.isOpen)
            let starter = DedicatedThread("starter") { try? postgres.start() }
            try connection.reconnect(until: .now + .seconds(30))
            #expect(try connection.query(one).count == 1)
            starter.join()
        }
    }

    @Test("reconnecting gives up at the deadline and when woken, with the last reason")
    func givingUp() async throws {
        let folder = try TestServers.folder()
        try await onOwnThread {
            let connection = PostgresConnection(try PostgresConfiguration("host=\(folder) user=u"))
            let late = #expect(throws: PostgresError.self) {
                try connection.reconnect(until: .now + .milliseconds(300))
            }
            #expect(late?.isUnreachable == true)
            let waker = Waker()
            waker.wake()
            let woken = #expect(throws: PostgresError.self) { try connection.reconnect(waker: waker) }
            #expect(woken?.isUnreachable == true)
        }
    }

    @Test(
        "a backend killed between a statement and its reply leaves an unknown commit, in a transaction a loss"
    )
    func killedBackend() async throws {
        let postgres = try await TestServers.ownPostgres()
        defer { postgres.remove() }
        let sleep = "select pg_sleep(60)"
        let alone = try await errorWhenKilled(postgres) { try $0.query(sleep) }
        #expect(alone.kind == .lost)
        #expect(alone.isCommitUnknown)
        #expect(!alone.isTransient)
        let inside = try await errorWhenKilled(postgres) { try $0.transaction { _ = try $0.query(sleep) } }
        #expect(inside.kind == .lost)
        #expect(!inside.isCommitUnknown)
        #expect(inside.isTransient)
        let pipelined = try await errorWhenKilled(postgres) {
            _ = try $0.pipeline([PostgresCommand(PostgresStatement("sleep", sleep))])
        }
        #expect(pipelined.isCommitUnknown)
        let commit = try await errorWhenKilled(postgres) { connection in
            try connection.execute(
                """
                create table slow (n int);
                create function doze() returns trigger language plpgsql as
                    $$ begin perform pg_sleep(60); return null; end $$;
                create constraint trigger doze after insert on slow deferrable initially deferred
                    for each row execute function doze();
                """
            )
            try connection.transaction { _ = try $0.query("insert into slow values (1)") }
        }
        #expect(commit.statement == "commit")
        #expect(commit.isCommitUnknown)
    }

    @Test("a pool lends up to its size, says so within its patience, and replaces what died")
    func pool() async throws {
        let database = try await TestServers.database()
        try await onOwnThread {
            let pool = PostgresPool(database, size: 2)
            defer { pool.close() }
            let pids = try pool.withConnection { first in
                try pool.withConnection { second in
                    let error = #expect(throws: PostgresError.self) {
                        try pool.withConnection(within: .milliseconds(20)) { _ in }
                    }
                    #expect(error?.kind == .exhausted)
                    return [first.backendPID, second.backendPID]
                }
            }
            let killer = try PostgresConnection.open(database)
            for pid in pids { try killer.query("select pg_terminate_backend($1, 10000)", [.int32(pid)]) }
            let new = try pool.withConnection { connection in
                try connection.query("select 1")
                return connection.backendPID
            }
            #expect(!pids.contains(new))
            #expect(pool.isHealthy)
            try pool.withConnection { try $0.execute("begin") }
            #expect(try pool.withConnection { $0.isInTransaction } == false)
        }
    }

    @Test("a pool without a server is not healthy")
    func poolWithoutServer() async throws {
        let folder = try TestServers.folder()
        try await onOwnThread {
            let pool = PostgresPool(try PostgresConfiguration("host=\(folder) user=u"), size: 1)
            let error = #expect(throws: PostgresError.self) {
                try pool.withConnection(within: .milliseconds(50)) { _ in }
            }
            #expect(error?.isUnreachable == true)
            #expect(!pool.isHealthy)
        }
    }
}

extension PostgresFailureTests {
    /// The error of opening a connection, once it has the SQLSTATE that is waited for, if any.
    private func openingError(_ url: String, until state: SQLState? = nil) async throws -> PostgresError {
        var seen: PostgresError?
        try await eventually("\(url) is refused") {
            seen = try await onOwnThread {
                let configuration = try PostgresConfiguration(url)
                return try postgresError { try PostgresConnection.open(configuration).close() }
            }
            return seen != nil && (state == nil || seen?.sqlState == state)
        }
        return try #require(seen)
    }

    /// What `body` throws when the process that serves it is killed while it sleeps.
    private func errorWhenKilled(
        _ postgres: PrivatePostgres,
        _ body: @escaping @Sendable (PostgresConnection) throws -> Void
    ) async throws -> PostgresError {
        async let outcome = onOwnThread {
            let connection = PostgresConnection(try postgres.configuration())
            // The kill of the case before restarts the whole server.
            try connection.reconnect(until: .now + .seconds(30))
            return try postgresError { try body(connection) }
        }
        try await onOwnThread {
            let watcher = PostgresConnection(try postgres.configuration())
            try watcher.reconnect(until: .now + .seconds(30))
            let asleep = "select pid from pg_stat_activity where wait_event = 'PgSleep' and pid <> $1"
            for _ in 0..<2000 {
                if let row = try watcher.query(asleep, [.int32(watcher.backendPID)]).first {
                    ThisProcess.signal(SIGKILL, pid: try row.int32(0))
                    break
                }
                try watcher.query("select pg_sleep(0.005)")
            }
            // The server ends all its sessions, and from then on refuses new ones until it has recovered.
            #expect(throws: PostgresError.self) {
                try watcher.waitForNotifications(until: .now + .seconds(20), waker: Waker())
            }
        }
        return try #require(try await outcome)
    }
}
