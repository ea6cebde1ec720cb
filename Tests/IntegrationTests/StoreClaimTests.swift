import Linux
import Postgres
import Scheduler
import TestSupport
import Testing

@Suite struct StoreClaimTests {
    @Test func theMostUrgentComesFirstOfQueuesThatShareAlike() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let worker = try fixture.worker(store)
            for (queue, priority) in [("b", 9), ("a", -1), ("a", 5), ("a", 0), ("c", 50), ("a", 5)] {
                _ = try store.commit([fixture.begin(queue: queue, priority: priority)])
            }
            var order: [String] = []
            while let task = try store.claim(fixture.claim(worker, queues: ["a", "b"])).first {
                let facts = try store.load([task.run], withTasks: true).first?.tasks?.first
                order.append("\(task.queue) \(facts?.priority ?? 0)")
            }
            #expect(order == ["b 9", "a 5", "a 5", "a 0", "a -1"])
        }
    }

    @Test("queues share a worker's slots by their weights, what runs already counted")
    func weights() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let worker = try fixture.worker(store)
            var heavy = QueueSettings()
            heavy.weight = 3
            try store.configure("heavy", heavy)
            for queue in ["heavy", "light"] {
                for _ in 0..<20 { _ = try store.commit([fixture.begin(queue: queue)]) }
            }
            func claimed(_ limit: Int, running: [String: Int]) throws -> [String: Int] {
                var claim = fixture.claim(worker, limit: limit, queues: ["light", "heavy"])
                claim.running = running
                return try store.claim(claim).reduce(into: [:]) { $0[$1.queue, default: 0] += 1 }
            }
            #expect(try claimed(8, running: [:]) == ["heavy": 6, "light": 2])
            #expect(try claimed(4, running: ["heavy": 6]) == ["light": 2, "heavy": 2])
            #expect(try claimed(4, running: ["light": 2]) == ["heavy": 4])
            // A queue that has no more leaves its share to the other.
            #expect(try claimed(20, running: [:]) == ["heavy": 8, "light": 12])
        }
    }

    @Test func aSuccessorDoesNotOvertakeAMoreUrgentTask() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let worker = try fixture.worker(store)
            _ = try store.commit([fixture.begin()])
            let task = try #require(try store.claim(fixture.claim(worker)).first)
            let urgent = StoreFixture.newID()
            _ = try store.commit([fixture.begin(urgent, priority: 10)])
            let batch = Batch(
                transitions: [fixture.complete(task, version: 1)],
                claim: fixture.claim(worker, limit: 2, successors: 1)
            )
            #expect(try store.commit(batch).claimed.map(\.run) == [urgent])
        }
    }

    @Test func aWorkerWithoutALeaseClaimsNothing() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let expired = try fixture.worker(store, lease: 0)
            let claim = fixture.claim(expired, limit: 5, successors: 1)
            let result = try store.commit(Batch(transitions: [fixture.begin()], claim: claim))
            #expect(result.results.map(\.word) == ["applied 1"])
            #expect(result.claimed.isEmpty)
            #expect(try store.renew(expired, leaseMilliseconds: 60_000) == nil)
        }
    }

    @Test func aTaskAboveTheWorkersLevelIsLeft() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let worker = try fixture.worker(store)
            var begin = fixture.begin()
            begin.tasks[0].level = 2
            let claim = fixture.claim(worker, limit: 5, successors: 1)
            #expect(try store.commit(Batch(transitions: [begin], claim: claim)).claimed.isEmpty)
        }
    }

    @Test func theTasksOfADeadWorkerAreOrphans() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let (dead, alive) = (try fixture.worker(store), try fixture.worker(store))
            _ = try store.commit([fixture.begin(), fixture.begin()])
            let lost = try #require(try store.claim(fixture.claim(dead)).first)
            _ = try store.claim(fixture.claim(alive))
            #expect(try store.orphans(limit: 10).isEmpty)
            try store.deregister(dead)
            let orphans = try store.orphans(limit: 10)
            #expect(orphans.map(\.token) == [lost.token])
            #expect(orphans.first?.worker == dead.description)
        }
    }

    @Test func tokensRiseForANewServerProcess() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let worker = try fixture.worker(store)
            _ = try store.commit([fixture.begin(), fixture.begin()])
            let first = try #require(try store.claim(fixture.claim(worker)).first)
            // A standby that missed the last values takes over.
            try fixture.connection().execute(
                "select setval('fence', 1); update fence_origin set server = 'another'"
            )
            let second = try #require(try fixture.store().claim(fixture.claim(worker)).first)
            #expect(second.token > first.token)
        }
    }
}
