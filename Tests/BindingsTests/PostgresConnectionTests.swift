import Linux
import Postgres
import TestSupport
import Testing

@Suite("Postgres: statements, transactions, pipelines", .timeLimit(.minutes(1)))
struct PostgresConnectionTests {
    private static let insert = PostgresStatement("insert", "insert into item (id, note) values ($1, $2)")
    private static let count = PostgresStatement("count", "select count(*) from item")

    /// A connection to a database with one table.
    private static func items(_ database: PostgresConfiguration) throws -> PostgresConnection {
        let connection = try PostgresConnection.open(database)
        try connection.execute(
            """
            create table item (id int8 primary key, note text not null check (note <> 'bad'));
            create table part (item int8 references item deferrable initially deferred);
            """
        )
        return connection
    }

    @Test("an error carries what the server says of it, and the connection goes on")
    func serverErrors() async throws {
        let database = try await TestServers.database()
        try await onOwnThread {
            let connection = try Self.items(database)
            #expect(try connection.query(Self.insert, [1, "a"]).affected == 1)
            let twice = #expect(throws: PostgresError.self) { try connection.query(Self.insert, [1, "b"]) }
            #expect(twice?.isUniqueViolation == true)
            #expect(twice?.constraint == "item_pkey")
            #expect(twice?.table == "item")
            #expect(twice?.statement == "insert")
            #expect(twice?.isConnectionLoss == false)
            #expect(twice?.isTransient == false)
            let bad = #expect(throws: PostgresError.self) { try connection.query(Self.insert, [2, "bad"]) }
            #expect(bad?.sqlState == .checkViolation)
            let null = #expect(throws: PostgresError.self) { try connection.query(Self.insert, [2, nil]) }
            #expect(null?.sqlState == .notNullViolation)
            #expect(null?.column == "note")
            let syntax = #expect(throws: PostgresError.self) { try connection.query("selec 1") }
            #expect(syntax?.sqlState == .syntaxError)
            #expect(try connection.query(Self.count).first?.int64(0) == 1)
        }
    }

    @Test("a statement's name stands for one text")
    func statementNames() async throws {
        let database = try await TestServers.database()
        try await onOwnThread {
            let connection = try PostgresConnection.open(database)
            try connection.query(PostgresStatement("one", "select 1"))
            let other = PostgresStatement("one", "select 2")
            let error = #expect(throws: PostgresError.self) { try connection.query(other) }
            #expect(error?.kind == .misuse)
        }
    }

    @Test("a statement that is forgotten is gone from the server, and comes back")
    func forgotten() async throws {
        let database = try await TestServers.database()
        try await onOwnThread {
            let connection = try PostgresConnection.open(database)
            let statement = PostgresStatement("rare", "select 1::bigint")
            let known = "select count(*) from pg_prepared_statements where name = 'rare'"
            try connection.forget(statement)
            try connection.query(statement)
            #expect(try connection.query(known).first?.int64(0) == 1)
            try connection.forget(statement)
            #expect(try connection.query(known).first?.int64(0) == 0)
            #expect(try connection.query(statement).first?.int64(0) == 1)
        }
    }

    @Test("settings, timeouts and notices of a session are as configured")
    func sessions() async throws {
        let database = try await TestServers.database()
        try await onOwnThread {
            let notices = Locked<[PostgresNotice]>([])
            var configuration = database
            configuration.applicationName = "pawl test"
            configuration.settings = [
                "jit": "off", "enable_seqscan": "off", "search_path": "\"a b\", public",
            ]
            configuration.statementTimeout = .milliseconds(500)
            configuration.onNotice = { notice in notices.withLock { $0.append(notice) } }
            let connection = try PostgresConnection.open(configuration)
            let names = "current_setting('application_name'), current_setting('enable_seqscan')"
            let row = try #require(
                try connection.query("select \(names), current_setting('search_path')").first
            )
            #expect(try row.text(0) == "pawl test")
            #expect(try row.text(1) == "off")
            #expect(try row.text(2) == "\"a b\", public")
            let late = #expect(throws: PostgresError.self) { try connection.query("select pg_sleep(20)") }
            #expect(late?.sqlState == .queryCanceled)
            try connection.execute("do $$ begin raise warning 'careful'; end $$")
            #expect(notices.withLock { $0.map(\.message) } == ["careful"])
        }
    }

    @Test("a transaction commits when its body returns and rolls back when it throws")
    func transactions() async throws {
        struct Mind: Error {}
        let database = try await TestServers.database()
        try await onOwnThread {
            let connection = try Self.items(database)
            let sum = try connection.transaction { connection in
                try connection.query(Self.insert, [1, "a"])
                return try connection.query(Self.count).first?.int64(0)
            }
            #expect(sum == 1)
            #expect(throws: Mind.self) {
                try connection.transaction { connection in
                    try connection.query(Self.insert, [2, "b"])
                    throw Mind()
                }
            }
            #expect(!connection.isInTransaction)
            #expect(try connection.query(Self.count).first?.int64(0) == 1)
        }
    }

    @Test("a transaction whose failed statement was swallowed does not pass for committed")
    func swallowedFailure() async throws {
        let database = try await TestServers.database()
        try await onOwnThread {
            let connection = try Self.items(database)
            let error = #expect(throws: PostgresError.self) {
                try connection.transaction { connection in
                    try connection.query(Self.insert, [1, "a"])
                    _ = try? connection.query(Self.insert, [1, "a"])
                }
            }
            #expect(error?.sqlState == .inFailedTransaction)
            #expect(try connection.query(Self.count).first?.int64(0) == 0)
        }
    }

    @Test("a pipeline gives its results in order and is one transaction")
    func pipelines() async throws {
        let database = try await TestServers.database()
        try await onOwnThread {
            let connection = try Self.items(database)
            let inserts = (1...100).map { PostgresCommand(Self.insert, [.int64($0), "n"]) }
            let results = try connection.pipeline(inserts + [PostgresCommand(Self.count)])
            #expect(results.count == 101)
            #expect(results.dropLast().allSatisfy { $0.affected == 1 })
            #expect(try results.last?.first?.int64(0) == 100)
        }
    }

    @Test("an error in the middle of a pipeline undoes all of it and says where it was")
    func failedPipeline() async throws {
        let database = try await TestServers.database()
        try await onOwnThread {
            let connection = try Self.items(database)
            let commands = [1, 2, 1, 3].map { PostgresCommand(Self.insert, [.int64($0), "n"]) }
            let error = #expect(throws: PostgresError.self) { try connection.pipeline(commands) }
            #expect(error?.isUniqueViolation == true)
            #expect(error?.pipelineIndex == 2)
            #expect(try connection.query(Self.count).first?.int64(0) == 0)

            let unfit = [PostgresCommand(Self.insert, [1, "n"]), PostgresCommand(Self.insert, [1, "\0"])]
            let misuse = #expect(throws: PostgresError.self) { try connection.pipeline(unfit) }
            #expect(misuse?.kind == .misuse)
            #expect(misuse?.pipelineIndex == 1)
            #expect(try connection.query(Self.count).first?.int64(0) == 0)

            let orphan = PostgresStatement("orphan", "insert into part values ($1)")
            let late = #expect(throws: PostgresError.self) {
                try connection.pipeline([PostgresCommand(Self.count), PostgresCommand(orphan, [9])])
            }
            #expect(late?.sqlState == .foreignKeyViolation)
            #expect(late?.pipelineIndex == nil)
            #expect(try connection.query("select 1 from part").isEmpty)
        }
    }

    @Test("a pipeline with more data both ways than sockets hold does not stall")
    func largePipeline() async throws {
        let database = try await TestServers.database()
        try await onOwnThread {
            let connection = try PostgresConnection.open(database)
            let echo = PostgresStatement("echo", "select $1::text")
            let text = String(repeating: "é", count: 100_000)
            let commands = (0..<50).map { _ in PostgresCommand(echo, [.text(text)]) }
            let results = try connection.pipeline(commands)
            #expect(try results.allSatisfy { try $0[0].text(0) == text })
        }
    }

    @Test("a notification, a wake and a deadline each end a wait")
    func notifications() async throws {
        let database = try await TestServers.database()
        let waker = Waker()
        async let received = onOwnThread {
            let listener = try PostgresConnection.open(database)
            try listener.listen(to: "odd \"channel\"")
            try listener.notify("ready for it")
            let first = try listener.waitForNotifications(until: .now + .seconds(30), waker: waker)
            let second = try listener.waitForNotifications(until: .now + .seconds(30), waker: waker)
            let third = try listener.waitForNotifications(until: .now, waker: waker)
            return [first, second, third]
        }
        let sender = try await onOwnThread {
            let sender = try PostgresConnection.open(database)
            let waiting = PostgresStatement("w", "select 1 from pg_stat_activity where query like $1")
            for _ in 0..<2000 where try sender.query(waiting, ["%pg_notify%"]).isEmpty {
                try sender.query("select pg_sleep(0.005)")
            }
            try sender.notify("odd \"channel\"", "payload")
            return sender.backendPID
        }
        waker.wake()
        let waits = try await received
        // The wake may overtake the notification.
        let notifications = waits.prefix(2).flatMap { wait -> [PostgresNotification] in
            if case .notified(let notifications) = wait { notifications } else { [] }
        }
        #expect(notifications.map(\.payload) == ["payload"])
        #expect(notifications.map(\.senderPID) == [sender])
        #expect(waits.prefix(2).contains(.woken))
        #expect(waits.last == .timedOut)
    }

    @Test("a statement is cancelled from another thread")
    func cancelling() async throws {
        let database = try await TestServers.database()
        let canceller = Locked<PostgresCanceller?>(nil)
        async let outcome = onOwnThread {
            let connection = try PostgresConnection.open(database)
            canceller.withLock { $0 = connection.canceller() }
            return try postgresError { try connection.query("select pg_sleep(60)") }
        }
        try await eventually("the statement runs and is cancelled") {
            try await onOwnThread {
                let watcher = try PostgresConnection.open(database)
                let running = "select 1 from pg_stat_activity where state = 'active' and query = $1"
                guard try watcher.query(running, ["select pg_sleep(60)"]).count == 1 else { return false }
                return canceller.withLock { $0 }?.cancel() ?? false
            }
        }
        #expect(try await outcome?.sqlState == .queryCanceled)
    }
}

/// The error of Postgres that `body` throws; others pass.
func postgresError(of body: () throws -> Void) throws -> PostgresError? {
    do {
        try body()
        return nil
    } catch let error as PostgresError {
        return error
    }
}
