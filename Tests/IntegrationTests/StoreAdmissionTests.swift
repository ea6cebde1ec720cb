import JSON
import Linux
import Postgres
import TestSupport
import Testing

@testable import Scheduler

/// Slots and lines in Postgres.
@Suite struct StoreAdmissionTests {
    private static func admission(_ limit: Int) -> Admission {
        Admission(slot: Admission.Slot(key: "k", limit: limit))
    }

    /// A run with so many steps that wait for a slot.
    private static func begin(_ fixture: StoreFixture, steps: Int, limit: Int) -> Transition {
        var begin = fixture.begin()
        begin.tasks = (1...steps).map { step in
            var task = fixture.task(step)
            task.spec.admission = admission(limit)
            return task
        }
        begin.applications = begin.tasks.map {
            Application(step: $0.step, admission: admission(limit), priority: 0)
        }
        return begin
    }

    private static func count(_ connection: PostgresConnection, _ sql: String) throws -> Int64 {
        try connection.query("select count(*) from \(sql)").first?.int64(0) ?? -1
    }

    @Test("a task that needs a slot is blocked until it has one, and is claimed by nobody before")
    func blocked() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let worker = try fixture.worker(store)
            let claim = fixture.claim(worker, limit: 10, successors: 10)
            let begin = Self.begin(fixture, steps: 3, limit: 2)
            #expect(try store.commit(Batch(transitions: [begin], claim: claim)).claimed.isEmpty)
            let round = try store.admit(try store.keysInLine())
            #expect(round.queues == ["default"])
            let claimed = try store.claim(claim)
            #expect(claimed.map(\.step).sorted() == [1, 2])
            #expect(try store.keysInLine().slots == ["k"])

            var end = fixture.complete(claimed[0], version: 1, next: false)
            end.ends = nil
            end.live = fixture.live(seq: 4, nextStep: 4)
            end.releases = [
                Release(step: claimed[0].step, admission: Self.admission(2), isWaiting: false)
            ]
            #expect(try store.commit([end]).map(\.word) == ["applied 2"])
            _ = try store.admit(try store.keysInLine())
            #expect(try store.claim(claim).map(\.step) == [3])
            #expect(try store.keysInLine().isEmpty)
        }
    }

    @Test("keys that nobody uses any more are pruned, page by page, and the others stay")
    func prune() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let connection = try fixture.connection()
            let run = StoreFixture.newID()
            let held = Admission.Slot(key: "held", limit: 1)
            #expect(try store.enter(run, held, onConflict: .reject) == .held)
            _ = try store.commit([Self.begin(fixture, steps: 1, limit: 1)])
            _ = try store.admit(AdmissionKeys(slots: ["k"], rates: ["started"]))
            try connection.execute(
                """
                insert into rate_start (key, n, run_id, step, per_ms)
                values ('started', 1, gen_random_uuid(), 1, 1000);
                insert into admission_key select 'slot used once ' || n from generate_series(1, 250) as n;
                insert into admission_key select 'rate used once ' || n from generate_series(1, 250) as n;
                """
            )
            #expect(try store.pruneAdmissionKeys(pageSize: 100) == 500)
            let left = try connection.query("select key from admission_key order by key").map {
                try $0.text(0)
            }
            #expect(left == ["rate started", "slot held", "slot k"])
            try store.leave(run)
            #expect(try store.pruneAdmissionKeys() == 1)
            #expect(try store.enter(run, held, onConflict: .reject) == .held)
        }
    }

    @Test("many who admit at once never exceed the limit, also while keys are pruned")
    func race() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            for _ in 0..<4 { _ = try store.commit([Self.begin(fixture, steps: 25, limit: 7)]) }
            let done = Monitor(0)
            for _ in 0..<4 {
                DedicatedThread("admit") {
                    let own = try? fixture.store()
                    for _ in 0..<10 { _ = try? own?.admit(AdmissionKeys(slots: ["k", "unused"])) }
                    done.withLock { $0 += 1 }
                }
            }
            let pruner = try fixture.store()
            while done.withLock({ $0 }) < 4 { try pruner.pruneAdmissionKeys() }
            let connection = try fixture.connection()
            #expect(try Self.count(connection, "slot") == 7)
            #expect(try Self.count(connection, "task where status = 'ready'") == 7)
            #expect(try Self.count(connection, "applicant") == 93)
        }
    }

    @Test("a decision that saw a step in line does not hold once the step was admitted")
    func stale() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let begin = Self.begin(fixture, steps: 1, limit: 1)
            _ = try store.commit([begin])
            _ = try store.admit(AdmissionKeys(slots: ["k"]))
            var stop = Transition(run: begin.run, expectedVersion: 1, firstSeq: 3)
            stop.holds = [Hold(step: 1, token: nil)]
            stop.removes = [1]
            stop.releases = [Release(step: 1, admission: Self.admission(1), isWaiting: true)]
            stop.live = fixture.live(seq: 3, nextStep: 2)
            stop.events = [fixture.event(.stepCancelled, step: 1)]
            #expect(try store.commit([stop]).map(\.word) == ["stale 1"])
            stop.releases[0].isWaiting = false
            #expect(try store.commit([stop]).map(\.word) == ["applied 2"])
            #expect(try Self.count(try fixture.connection(), "slot") == 0)
        }
    }

    @Test("a run takes its slot before it begins, and the next is turned away or stands in line")
    func entry() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let slot = Admission.Slot(key: "workflow", limit: 1)
            let first = StoreFixture.newID()
            let second = StoreFixture.newID()
            #expect(try store.enter(first, slot, onConflict: .reject) == .held)
            #expect(try store.enter(second, slot, onConflict: .reject) == .rejected(by: [first]))
            #expect(try store.enter(second, slot, onConflict: .queue) == .full)
            try store.leave(first)
            #expect(try store.enter(second, slot, onConflict: .queue) == .held)
        }
    }

    @Test("what belongs to steps that are gone is swept away")
    func sweep() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let connection = try fixture.connection()
            try connection.execute(
                """
                insert into slot (key, n, run_id, step, since)
                select 'k', n, gen_random_uuid(), n - 1, clock_timestamp() - interval '1 hour'
                from generate_series(1, 2) as n
                """
            )
            try store.sweepAdmissions()
            #expect(try Self.count(connection, "slot") == 0)
        }
    }
}
