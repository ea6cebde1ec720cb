import JSON
import Linux
import Postgres
import TestSupport
import Testing

@testable import Scheduler

/// The plans of hot statements, on a server that has never analyzed its tables.
@Suite struct StorePlanTests {
    @Test func noHotStatementReadsAWholeTable() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            try exerciseAll(store, fixture)
            let prepared = try store.connection.query(
                "select name, cardinality(parameter_types) from pg_prepared_statements where name <> ''"
            )
            #expect(prepared.count >= 10)
            for row in prepared {
                let (name, count) = (try row.text(0), Int(try row.int32(1)))
                let arguments = Array(repeating: "null", count: count).joined(separator: ", ")
                let plan = try store.connection.query(
                    "explain (format json) execute \"\(name)\" \(count > 0 ? "(\(arguments))" : "")"
                )
                let json = try JSONValue.parse(try #require(try plan.first?.text(0)))
                for node in scans(json) where !isAllowed(node, in: name) {
                    Issue.record("\(name) reads a whole table: \(node.serialized())")
                }
            }
        }
    }

    /// One commit with every part, a claim, and what services ask.
    private func exerciseAll(_ store: PostgresStore, _ fixture: StoreFixture) throws {
        let worker = try fixture.worker(store)
        let claim = fixture.claim(worker, limit: 10, successors: 2)
        let key = IdempotencyClaim(principal: "p", key: "k", bodyHash: "h", answer: "a")
        var begin = fixture.begin(key: "k", idempotency: key)
        begin.timers = [NewTimer(step: 1, kind: .sleep, due: .after(milliseconds: 0))]
        let task = try #require(try store.commit(Batch(transitions: [begin], claim: claim)).claimed.first)
        var advance = fixture.complete(task, version: 1)
        advance.clearsTimers = [TimerKey(step: 1, kind: .sleep)]
        advance.firesTimers = try store.due(limit: 1).timers.map { FiringTimer(key: $0.key, dueAt: $0.dueAt) }
        advance.cancels = [1]
        let next = try #require(try store.commit(Batch(transitions: [advance], claim: claim)).claimed.first)
        var end = fixture.complete(next, version: 2, next: false)
        end.holds.append(Hold(step: 9, token: nil))
        _ = try store.commit([end, fixture.begin()])
        _ = try store.commit([fixture.complete(next, version: 2, next: false)])
        try exerciseAdmission(store, fixture)
        _ = try store.claim(claim)
        _ = try store.load([begin.run], withTasks: true)
        _ = try store.results(of: [1], in: begin.run)
        _ = try store.wasWritten([advance])
        _ = try store.renew(worker, leaseMilliseconds: 1_000)
        _ = try store.orphans(limit: 1)
        _ = try store.due(limit: 1)
    }

    /// Steps that stand in line, are admitted, and leave.
    private func exerciseAdmission(_ store: PostgresStore, _ fixture: StoreFixture) throws {
        let admission = Admission(
            slot: Admission.Slot(key: "k", limit: 1),
            rate: Admission.Rate(key: "r", limit: 1, milliseconds: 1)
        )
        var begin = fixture.begin()
        begin.tasks[0].spec.admission = admission
        begin.applications = [Application(step: 1, admission: admission, priority: 0)]
        _ = try store.commit([begin])
        _ = try store.admit(try store.keysInLine())
        var leave = Transition(run: begin.run, expectedVersion: 1, firstSeq: 3)
        leave.releases = [Release(step: 1, admission: admission, isWaiting: true)]
        leave.live = fixture.live(seq: 2, nextStep: 2)
        _ = try store.commit([leave])
        _ = try store.enter(StoreFixture.newID(), Admission.Slot(key: "w", limit: 1), onConflict: .queue)
        try store.leave(begin.run)
    }

    /// The nodes of a plan that read a table.
    private func scans(_ plan: JSONValue) -> [JSONValue] {
        if let elements = plan.arrayValue { return elements.flatMap(scans) }
        guard let object = plan.objectValue else { return [] }
        let isScan = object["Relation Name"] != nil && object["Operation"] == nil
        return (isScan ? [plan] : []) + (object["Plan"].map(scans) ?? []) + (object["Plans"].map(scans) ?? [])
    }

    private func isAllowed(_ scan: JSONValue, in statement: String) -> Bool {
        // It has only the queues of which an operator has said something, and their bounds an index.
        if scan["Index Name"] == "queue_bounded" { return true }
        // As many rows as there are workers, and asked for only what this worker cannot run.
        if scan["Relation Name"] == "worker" { return true }
        return switch scan["Node Type"]?.stringValue {
        case "Index Scan", "Index Only Scan": scan["Index Cond"] != nil
        case "Tid Scan": true
        default: false
        }
    }

    @Test func aClaimDoesNotWalkOverWhatWasClaimedBefore() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let worker = try fixture.worker(store)
            try fill(try fixture.connection(), count: 10_000)
            // The snapshot keeps every claimed version, and its index entry, alive.
            let snapshot = try fixture.connection()
            try snapshot.execute("begin isolation level repeatable read; select 1 from task limit 1")
            for _ in 0..<40 { _ = try store.claim(fixture.claim(worker, limit: 100)) }

            let before = try entriesRead(store.connection)
            #expect(try store.claim(fixture.claim(worker, limit: 20)).count == 20)
            let read = try entriesRead(store.connection) - before
            // 4,000 lie before; 1,000 of them within the second that a mark keeps behind.
            #expect(read >= 20 && read < 1_500)
            try snapshot.execute("rollback")
        }
    }

    /// Ready tasks of runs that nobody loads, one a millisecond.
    private func fill(_ connection: PostgresConnection, count: Int) throws {
        try connection.execute(
            """
            insert into task (run_id, step, path, status, queue, priority, ready_at, level, attempt, losses,
                bound_ms, spec, input)
            select gen_random_uuid(), 1, 'a', 'ready', 'default', 0,
                clock_timestamp() - n * interval '1 millisecond', 1, 1, 0, 0, '{}', '{}'
            from generate_series(1, \(count)) as n
            """
        )
    }

    private func entriesRead(_ connection: PostgresConnection) throws -> Int64 {
        try connection.execute("select pg_stat_force_next_flush()")
        return try connection.query(
            "select idx_tup_read from pg_stat_user_indexes where indexrelname = 'task_ready'"
        ).first?.int64(0) ?? 0
    }
}
