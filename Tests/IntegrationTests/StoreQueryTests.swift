import JSON
import Linux
import Postgres
import Scheduler
import TestSupport
import Testing

@Suite struct StoreQueryTests {
    @Test func runsAreListedNewestFirstInPages() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let ids = (0..<5).map { _ in StoreFixture.newID() }.sorted()
            _ = try store.commit(ids.map { fixture.begin($0) })
            let queries = try fixture.queries()
            let first = try queries.runs(RunFilter(), limit: 3)
            #expect(first.map(\.run) == Array(ids.reversed().prefix(3)))
            let rest = try queries.runs(RunFilter(), after: first.last?.run, limit: 3)
            #expect(rest.map(\.run) == Array(ids.reversed().suffix(2)))
            #expect(first.first?.workflow == "chain" && first.first?.version == 1)
        }
    }

    @Test func filtersAreCombined() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let worker = try fixture.worker(store)
            let ended = StoreFixture.newID()
            let claim = fixture.claim(worker, successors: 1)
            let begin = fixture.begin(ended, key: "k1", labels: ["team": "a", "env": "test"])
            let task = try #require(try store.commit(Batch(transitions: [begin], claim: claim)).claimed.first)
            _ = try store.commit([fixture.complete(task, version: 1, next: false)])
            let live = StoreFixture.newID()
            _ = try store.commit([fixture.begin(live, key: "k2", labels: ["team": "b"])])

            let queries = try fixture.queries()
            func found(_ change: (inout RunFilter) -> Void) throws -> [RunID] {
                var filter = RunFilter()
                change(&filter)
                return try queries.runs(filter, limit: 10).map(\.run)
            }
            #expect(try found { $0.statuses = [.succeeded] } == [ended])
            #expect(try found { $0.statuses = [.running] } == [live])
            #expect(try found { $0.statuses = [.running, .succeeded] } == [live, ended])
            #expect(
                try found {
                    $0.workflows = ["other", "chain"]; $0.key = "k1"
                } == [ended]
            )
            #expect(try found { $0.workflows = ["other"] }.isEmpty)
            #expect(try found { $0.labels = ["team": "a"] } == [ended])
            #expect(try found { $0.labels = ["team": "a", "env": "live"] }.isEmpty)
            #expect(try found { $0.until = .now - .seconds(3_600) }.isEmpty)
            #expect(try found { $0.since = .now - .seconds(3_600) } == [live, ended])
            #expect(try found { $0.compensations = [.completed, .failed] }.isEmpty)
            #expect(try found { $0.errorTypes = ["Timeout"] }.isEmpty)
            #expect(try found { $0.statuses = [.failed, .terminated] }.isEmpty)
            #expect(try found { $0.compensations = [.none] } == [live, ended])
            #expect(
                try found {
                    $0.statuses = [.waiting, .succeeded]; $0.labels = ["team": "a"]
                } == [ended]
            )
            #expect(
                try found {
                    $0.statuses = [.running]; $0.errorTypes = ["Timeout"]
                }.isEmpty
            )
            var both = RunFilter()
            both.statuses = [.running, .succeeded]
            #expect(try queries.runs(both, limit: 1).map(\.run) == [live])
            #expect(try queries.runs(both, after: live, limit: 1).map(\.run) == [ended])
            #expect(try queries.count(both) == 2)
            #expect(try queries.run(of: "chain", key: "k1") == ended)
            #expect(try queries.run(of: "chain", key: "k2") == live)
            #expect(try queries.run(of: "chain", key: "k3") == nil)
        }
    }

    @Test func aRunIsToldWithItsStepsAndItsHistory() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let worker = try fixture.worker(store)
            let run = StoreFixture.newID()
            _ = try store.commit([fixture.begin(run)])
            let task = try #require(try store.claim(fixture.claim(worker)).first)
            var completion = fixture.complete(task, version: 1)
            completion.events[0].data = ["output": ["nul": "\0", "n": 1.5]]
            _ = try store.commit([completion])

            let queries = try fixture.queries()
            let detail = try #require(try queries.run(run))
            #expect(detail.summary.status == .running && detail.lastSeq == 4)
            #expect(detail.stepCounts == [.succeeded: 1, .queued: 1])
            #expect(detail.waitingFor.isEmpty && detail.input.value["order"] == 7)

            let steps = try queries.steps(of: run, limit: 10, withPayloads: true)
            #expect(steps.map(\.status) == [.succeeded, .queued])
            #expect(steps[0].output?.value["done"] == 1 && steps[0].live == nil)
            #expect(steps[1].live?.number == 1 && steps[1].path == "step-2")
            #expect(try queries.steps(of: run, statuses: [.queued], limit: 10).map(\.step) == [2])
            #expect(try queries.steps(of: run, after: 1, limit: 10).map(\.step) == [2])

            let history = try queries.history(of: run, limit: 100)
            #expect(history.map(\.seq) == [1, 2, 3, 4])
            #expect(history.map(\.event.kind) == [.runStarted, .stepQueued, .stepSucceeded, .stepQueued])
            #expect(history.suffix(2).map(\.event) == completion.events)
            #expect(try queries.history(of: run, after: 3, limit: 100).map(\.seq) == [4])
            #expect(try queries.run(StoreFixture.newID()) == nil)
        }
    }

    @Test func anUndoneStepHasTheStatusOfItsCompensation() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            var begin = fixture.begin()
            begin.tasks = []
            begin.steps = [("a", 1), ("b", 2), ("a!", 3)].map { path, step in
                EndedStep(
                    step: step,
                    scope: 0,
                    path: path,
                    status: .succeeded,
                    endedSeq: step,
                    endedAt: .now
                )
            }
            var undoing = fixture.task(4)
            undoing.path = "b!"
            begin.tasks = [undoing]
            _ = try store.commit([begin])
            let steps = try fixture.queries().steps(of: begin.run, limit: 10)
            #expect(steps.map(\.status) == [.compensated, .compensating, .succeeded, .queued])
        }
    }

    @Test func aWaitingRunSaysWhatFor() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let queries = try fixture.queries()
            func waits(_ status: TaskStatus, _ timer: TimerKind?, paused: Bool = false) throws -> [Wait] {
                var begin = fixture.begin()
                begin.tasks[0].status = status
                begin.live?.paused = paused
                if let timer {
                    begin.timers = [NewTimer(step: 1, kind: timer, due: .after(milliseconds: 60_000))]
                }
                _ = try store.commit([begin])
                return try #require(try queries.run(begin.run)).waitingFor
            }
            let backoff = try #require(try waits(.backoff, .backoff).first)
            #expect(backoff.reason == .backoff && backoff.until.map { $0 > .now } == true)
            #expect(try waits(.waiting, .sleep).map(\.reason) == [.timer])
            #expect(try waits(.waiting, .timeout).isEmpty)
            #expect(try waits(.blocked, nil, paused: true).map(\.reason) == [.paused])
            #expect(try waits(.ready, nil).map(\.reason) == [.noWorker])
            _ = try fixture.worker(store)
            #expect(try waits(.ready, nil).isEmpty)
        }
    }

    @Test func logLinesAreKeptOnceAndReadOn() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let run = StoreFixture.newID()
            _ = try store.commit([fixture.begin(run)])
            let lines = (1...3).map { number in
                LoggedLine(
                    run: run,
                    step: number % 2,
                    attempt: 1,
                    token: 9,
                    number: number,
                    line: LogLine(at: .now, level: .warning, message: "m\(number)\0", fields: ["n": 1])
                )
            }
            try store.appendLogs(lines)
            try store.appendLogs(lines)
            let queries = try fixture.queries()
            let read = try queries.logs(of: run, limit: 10)
            #expect(read.map(\.line.line.message) == ["m1\u{FFFD}", "m2\u{FFFD}", "m3\u{FFFD}"])
            #expect(read[0].line.line.fields?["n"] == 1 && read[0].line.line.level == .warning)
            #expect(try queries.logs(of: run, after: read[1].position, limit: 10) == [read[2]])
            #expect(try queries.logs(of: run, step: 0, limit: 10) == [read[1]])
        }
    }

    @Test func queuesAndWorkersAreCounted() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let worker = try fixture.worker(store)
            _ = try store.commit([fixture.begin(), fixture.begin(), fixture.begin(queue: "gpu")])
            _ = try store.claim(fixture.claim(worker))
            let operations = OperationsQueries(try fixture.readingConnection())
            let queues = try operations.queues()
            #expect(queues.map(\.name) == ["default", "gpu"])
            #expect(queues.map(\.ready) == [1, 1] && queues.map(\.running) == [1, 0])
            #expect(queues[1].oldestReadyAt != nil)
            let workers = try operations.workers()
            #expect(workers.map(\.worker) == [worker] && workers[0].isAlive && workers[0].running == 1)
        }
    }
}

extension StoreFixture {
    func readingConnection() throws -> PostgresConnection {
        try PostgresConnection.open(RunQueries.session(configuration))
    }

    func queries() throws -> RunQueries { RunQueries(try readingConnection()) }
}
