import Postgres
import Scheduler
import TestSupport
import Testing

@Suite struct StoreRaceTests {
    @Test func storesThatRaceForTheSameRunsNeitherDeadlockNorWriteTwice() async throws {
        let fixture = try await StoreFixture.make()
        let runs = (0..<12).map { _ in StoreFixture.newID() }
        try await onOwnThread { _ = try fixture.store().commit(runs.map { fixture.begin($0) }) }
        let advances = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<3 {
                group.addTask { try await onOwnThread { try Self.advance(runs, fixture) } }
            }
            return try await group.reduce(0, +)
        }
        try await onOwnThread {
            let snapshots = try fixture.store().load(runs, withTasks: false)
            #expect(snapshots.map { Int($0.version) - 1 }.reduce(0, +) == advances)
            let rows = try fixture.connection().query("select count(*) from history").first?.int64(0)
            #expect(rows == Int64(runs.count + advances))
        }
    }

    /// Moves random runs on, 60 batches of them; gives how many transitions were written.
    private static func advance(_ runs: [RunID], _ fixture: StoreFixture) throws -> Int {
        let store = try fixture.store()
        var applied = 0
        for _ in 0..<60 {
            let chosen = Array(runs.shuffled().prefix(6))
            let batch = try store.load(chosen, withTasks: false).map { snapshot in
                let seq = snapshot.live.lastSeq + 1
                var transition = Transition(
                    run: snapshot.run,
                    expectedVersion: snapshot.version,
                    firstSeq: seq
                )
                transition.live = fixture.live(seq: seq, nextStep: 2)
                transition.events = [fixture.event(.variablesAssigned)]
                return transition
            }
            for result in try store.commit(batch) {
                if case .applied = result { applied += 1 }
            }
        }
        return applied
    }

    @Test func aRunThatAnotherWriterHoldsIsNotWaitedFor() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let worker = try fixture.worker(store)
            _ = try store.commit([fixture.begin(), fixture.begin()])
            let tasks = try store.claim(fixture.claim(worker, limit: 2))
            let other = try fixture.connection()
            try other.transaction { other in
                try other.query(
                    "select from run_live where run_id = $1 for update",
                    [.uuid(UUID(high: tasks[0].run.high, low: tasks[0].run.low))]
                )
                let words = try store.commit(tasks.map { fixture.complete($0, version: 1) }).map(\.word)
                #expect(words == ["overtaken", "applied 2"])
            }
        }
    }

    @Test func aStoreConnectsAgainAfterItsSessionWasEnded() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let run = StoreFixture.newID()
            let ending = "select pg_terminate_backend(pid) from pg_stat_activity"
            try fixture.connection().execute(
                "\(ending) where datname = current_database() and pid <> pg_backend_pid()"
            )
            var failures = 0
            while failures < 100 {
                do {
                    #expect(try store.commit([fixture.begin(run)]).map(\.word) == ["applied 1"])
                    break
                } catch StoreError.unreachable {
                    failures += 1
                }
            }
            #expect(failures == 1)
            #expect(try store.load([run], withTasks: false).count == 1)
        }
    }

    @Test func afterAnUnknownCommitTheHistoryTells() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let run = StoreFixture.newID()
            let batch = Batch(transitions: [fixture.begin(run)])
            let admin = try fixture.connection()
            // Ends the session in the middle of its commit.
            try admin.execute(
                """
                create function fall() returns trigger language plpgsql as $$ begin
                    perform pg_terminate_backend(pg_backend_pid());
                    return null;
                end $$;
                create constraint trigger fall after insert on task deferrable initially deferred
                    for each row execute function fall();
                """
            )
            let error = #expect(throws: StoreError.self) { try store.commit(batch) }
            guard case .unknownCommit = error else {
                Issue.record("not an unknown commit: \(String(describing: error))")
                return
            }
            try admin.execute("drop trigger fall on task")
            #expect(try store.wasWritten(batch.transitions) == [false])
            #expect(try store.commit(batch).results.map(\.word) == ["applied 1"])
            #expect(try store.wasWritten(batch.transitions) == [true])
            // The same once more: the run is there already.
            #expect(try store.commit(batch).results.map(\.word) == ["overtaken"])
        }
    }

    @Test func noTaskIsClaimedTwice() async throws {
        let fixture = try await StoreFixture.make()
        let count = 200
        try await onOwnThread {
            let store = try fixture.store()
            _ = try store.commit((0..<count).map { _ in fixture.begin() })
        }
        let claimed = try await withThrowingTaskGroup(of: [ClaimedTask].self) { group in
            for _ in 0..<4 {
                group.addTask { try await onOwnThread { try Self.claimAll(fixture) } }
            }
            return try await group.reduce(into: [ClaimedTask]()) { $0 += $1 }
        }
        #expect(claimed.count == count)
        #expect(Set(claimed.map(\.run)).count == count)
        #expect(Set(claimed.map(\.token)).count == count)
    }

    /// Claims until nothing is left; tokens must rise.
    private static func claimAll(_ fixture: StoreFixture) throws -> [ClaimedTask] {
        let store = try fixture.store()
        let worker = try fixture.worker(store)
        var all: [ClaimedTask] = []
        var misses = 0
        while misses < 3 {
            let claimed = try store.claim(fixture.claim(worker, limit: 7))
            misses = claimed.isEmpty ? misses + 1 : 0
            let lowest = claimed.map(\.token).min()
            if let lowest, let last = all.map(\.token).max() { #expect(lowest > last) }
            all += claimed
        }
        return all
    }
}
