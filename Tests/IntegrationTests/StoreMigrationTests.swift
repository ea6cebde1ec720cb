import Linux
import Postgres
import TestSupport
import Testing

@testable import Scheduler

@Suite struct StoreMigrationTests {
    @Test func migratingIsDoneOnceHoweverManyTry() async throws {
        let configuration = try await TestServers.database()
        let lines = Locked<[String]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    try await onOwnThread {
                        try Migrator(PostgresConnection.open(configuration)).migrate { line in
                            lines.withLock { $0.append(line) }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let all = Migration.all.map { "migration \($0.number): \($0.name)" }
        #expect(lines.withLock { $0 } == all)
        try await onOwnThread {
            let state = try Migrator(PostgresConnection.open(configuration)).state()
            #expect(state == .current)
        }
    }

    @Test func anEmptyDatabaseIsBehindAndANewerOneRefused() async throws {
        let configuration = try await TestServers.database()
        try await onOwnThread {
            let connection = try PostgresConnection.open(configuration)
            let migrator = Migrator(connection)
            #expect(try migrator.state() == .behind(Migration.all.count))
            try migrator.migrate()
            try connection.execute("insert into schema_version values (1000, 'from the future', '')")
            #expect(throws: StoreError.self) { try migrator.state() }
            #expect(throws: StoreError.self) { try migrator.migrate() }
        }
    }

    @Test func anAlteredMigrationIsRefused() async throws {
        let configuration = try await TestServers.database()
        try await onOwnThread {
            let connection = try PostgresConnection.open(configuration)
            try Migrator(connection).migrate()
            try connection.execute("update schema_version set checksum = 'other'")
            #expect(throws: StoreError.self) { try Migrator(connection).migrate() }
        }
    }

    /// These are written twice, in Swift and in the schema; this holds them together.
    @Test func theChecksOfTheSchemaAreTheEnumerations() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let connection = try fixture.connection()
            func values(_ table: String, _ column: String) throws -> Set<String> {
                let found = try connection.query(
                    """
                    select pg_get_constraintdef(oid) from pg_constraint
                    where conrelid = $1::text::regclass and contype = 'c' and conname = $2
                    """,
                    [.text(table), .text("\(table)_\(column)_check")]
                )
                let text = try #require(try found.first?.text(0))
                return Set(text.matches(of: /'([a-z_]+)'::text/).map { String($0.1) })
            }
            #expect(try values("timer", "kind") == Set(TimerKind.allCases.map(\.rawValue)))
            #expect(try values("step_log", "level") == Set(LogLine.Level.allCases.map(\.rawValue)))
        }
    }

    @Test func partitionsReachAWeekAhead() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let connection = try fixture.connection()
            let week = Int64(7 * 86_400_000)
            let store = try fixture.store()
            let now = Timestamp.now.microseconds / 1_000
            _ = try store.commit([fixture.begin(RunID(milliseconds: now + week, random: (3, 4)))])
            try PartitionKeeper(connection).keep()
            let days = try connection.query(
                "select count(*) from pg_inherits where inhparent = 'run'::regclass"
            )
            #expect(try days.first?.int64(0) == 9)
        }
    }
}
