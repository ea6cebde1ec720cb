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

            #expect(try store.dropRuns(Retention(.seconds(30 * 86_400))) == 0, "it has ended only now")
            #expect(try store.dropRuns(Retention(.zero)) >= 1)
            let left = try Self.days(connection).subtracting(before)
            #expect(left.count == 1, "the day of the live run stays: \(left)")
            #expect(try store.runs().run(over) == nil)
            #expect(try store.runs().run(live) != nil)
        }
    }

    /// Begins a run that ends at once.
    private static func end(
        _ run: RunID,
        _ fixture: StoreFixture,
        _ store: PostgresStore,
        _ worker: WorkerID
    ) throws {
        let task = try #require(
            try store.commit(
                Batch(transitions: [fixture.begin(run)], claim: fixture.claim(worker, successors: 1))
            ).claimed.first
        )
        _ = try store.commit([fixture.complete(task, version: 1, next: false)])
    }

    @Test("from a day that stays, runs go one by one; by how they ended, and not while a rerun keeps results")
    func rowByRow() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let worker = try fixture.worker(store)
            let live = Self.id(daysAgo: 40)
            _ = try store.commit([fixture.begin(live)])
            let over = (0..<450).map { _ in Self.id(daysAgo: 40) }
            for run in over { try Self.end(run, fixture, store, worker) }
            let rerun = Self.id(daysAgo: 0)
            _ = try store.commit([fixture.begin(rerun)])
            try store.keep(over[0], for: rerun)

            let failedOnly = try #require(Retention("off,failed=0s"))
            try store.deleteRuns(failedOnly)
            #expect(try store.runs().run(over[1]) != nil, "it succeeded")
            _ = try store.dropRuns(Retention(.zero))
            #expect(try store.runs().run(over[1]) != nil, "a live run keeps its day")
            try store.deleteRuns(Retention(.zero))
            #expect(try over.dropFirst().allSatisfy { try store.runs().run($0) == nil })
            #expect(try store.runs().run(live) != nil)
            #expect(try store.runs().run(over[0]) != nil, "results of it are kept")
            #expect(try !store.runs().history(of: over[0], limit: 10).isEmpty)

            let connection = try fixture.connection()
            try connection.execute(
                "delete from run_live; delete from run where run_id in (select by_id from kept_run)"
            )
            try connection.execute("update kept_run set kept_at = kept_at - interval '2 hours'")
            try store.deleteRuns(Retention(.zero))
            #expect(try store.runs().run(over[0]) == nil, "the rerun is gone")
            for table in ["run_end", "step"] {
                let left = try connection.query("select count(*) from \(table)")[0].int64(0)
                #expect(left == 0, "\(table)")
            }
        }
    }

    @Test(arguments: [
        ("30d", "succeeded", 30), ("30d,failed=90d", "failed", 90), ("30d,failed=90d", "cancelled", 30),
        ("off,failed=1d", "failed", 1), ("off,failed=1d", "succeeded", nil), ("off", "failed", nil),
        ("1d,terminated=off", "terminated", nil),
    ])
    func howLongRunsAreKept(text: String, status: String, days: Int?) throws {
        let retention = try #require(Retention(text))
        let ended = try #require(RunStatus(rawValue: status))
        #expect(retention[ended] == days.map { .seconds($0 * 86_400) })
    }

    @Test(arguments: ["", "30", "30d,", "failed=1d", "1d,failed", "1d,running=1d", "1d,2d", "1d,failed=x"])
    func whatIsNoRetention(text: String) {
        #expect(Retention(text) == nil)
    }
}
