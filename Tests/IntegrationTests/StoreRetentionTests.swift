import Linux
import Postgres
import Scheduler
import TestSupport
import Testing

@Suite struct StoreRetentionTests {
    private static let day: Int64 = 86_400_000

    private static func days(_ connection: PostgresConnection) throws -> Set<String> {
        let names = try connection.query(
            "select relname::text from pg_class where relname ~ '^run_[0-9]{8}$' and relkind = 'r'"
        )
        return Set(try names.map { try $0.text(0) })
    }

    /// A run that was created so many days ago.
    private static func id(daysAgo days: Int64) -> RunID {
        let milliseconds = Timestamp.now.microseconds / 1_000 - days * day
        return RunID(milliseconds: milliseconds, random: (.random(in: 0...9), .random(in: 0...UInt64.max)))
    }

    @Test func aDayGoesOnceAllOfItsRunsAreOver() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let connection = try fixture.connection()
            let worker = try fixture.worker(store)
            let before = try Self.days(connection)
            let over = Self.id(daysAgo: 40)
            let live = Self.id(daysAgo: 50)
            let task = try #require(
                try store.commit(
                    Batch(transitions: [fixture.begin(over)], claim: fixture.claim(worker, successors: 1))
                ).claimed.first
            )
            _ = try store.commit([fixture.complete(task, version: 1, next: false)])
            _ = try store.commit([fixture.begin(live)])
            #expect(try Self.days(connection).subtracting(before).count == 2)

            #expect(try store.dropRuns(overFor: .seconds(30 * 86_400)) == 0, "it has ended only now")
            #expect(try store.dropRuns(overFor: .zero) >= 1)
            let left = try Self.days(connection).subtracting(before)
            #expect(left.count == 1, "the day of the live run stays: \(left)")
            #expect(try store.runs().run(over) == nil)
            #expect(try store.runs().run(live) != nil)
        }
    }
}
