import JSON
import Linux
import Postgres
import Scheduler
import TestSupport
import Testing

@Suite struct StoreCommitTests {
    @Test func aRunIsBegunCarriedOnAndEnded() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let worker = try fixture.worker(store)
            let run = StoreFixture.newID()
            let claim = fixture.claim(worker, successors: 1)
            let begun = try store.commit(Batch(transitions: [fixture.begin(run)], claim: claim))
            #expect(begun.results.map(\.word) == ["applied 1"])
            let first = try #require(begun.claimed.first)
            #expect(first.run == run && first.step == 1 && first.token > 1_700_000_000_000_000)

            let carriedOn = Batch(transitions: [fixture.complete(first, version: 1)], claim: claim)
            let second = try store.commit(carriedOn)
            #expect(second.results.map(\.word) == ["applied 2"])
            let next = try #require(second.claimed.first)
            #expect(next.step == 2 && next.token > first.token)

            let snapshot = try #require(try store.load([run], withTasks: true).first)
            #expect(snapshot.version == 2 && snapshot.live.lastSeq == 4)
            #expect(snapshot.facts.input.value["order"] == 7)
            #expect(snapshot.tasks?.map(\.step) == [2])
            #expect(snapshot.tasks?.first?.token == next.token && snapshot.tasks?.first?.worker == worker)

            let ended = try store.commit([fixture.complete(next, version: 2, next: false)])
            #expect(ended.map(\.word) == ["applied 3"])
            #expect(try store.load([run], withTasks: true).isEmpty)
            let results = try store.results(of: [1, 2, 9], in: run)
            #expect(results.keys.sorted() == [1, 2])
            #expect(results[2]?.output.value["done"] == 2 && results[2]?.attempts == 1)
            let left = try fixture.connection().query("select count(*) from task").first?.int64(0)
            #expect(left == 0)
        }
    }

    @Test func whatHasMovedOnIsOvertakenAndTheRestIsWritten() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let worker = try fixture.worker(store)
            _ = try store.commit((0..<3).map { _ in fixture.begin() })
            let tasks = try store.claim(fixture.claim(worker, limit: 3))
            #expect(tasks.count == 3)
            let batch = [
                fixture.complete(tasks[0], version: 1), fixture.complete(tasks[1], version: 7),
                fixture.complete(tasks[2], version: 1),
            ]
            #expect(try store.commit(batch).map(\.word) == ["applied 2", "overtaken", "applied 2"])
            #expect(try store.wasWritten(batch) == [true, false, true])
        }
    }

    @Test func aStaleTokenWritesNothing() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let worker = try fixture.worker(store)
            let run = StoreFixture.newID()
            _ = try store.commit([fixture.begin(run)])
            var task = try #require(try store.claim(fixture.claim(worker)).first)
            task.token -= 1
            #expect(try store.commit([fixture.complete(task, version: 1)]).map(\.word) == ["stale 1"])
            #expect(try store.load([run], withTasks: false).first?.version == 1)
            #expect(try store.results(of: [1], in: run).isEmpty)
        }
    }

    @Test func aStepThatWasClaimedMeanwhileIsNotFree() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let worker = try fixture.worker(store)
            let (free, taken) = (StoreFixture.newID(), StoreFixture.newID())
            _ = try store.commit([fixture.begin(taken)])
            _ = try store.claim(fixture.claim(worker))
            _ = try store.commit([fixture.begin(free)])
            let pauses = [free, taken].map { run in
                var pause = Transition(run: run, expectedVersion: 1, firstSeq: 3)
                pause.live = fixture.live(seq: 3, nextStep: 2)
                pause.live?.paused = true
                pause.holds = [Hold(step: 1, token: nil)]
                var task = fixture.task(1)
                task.status = .blocked
                pause.tasks = [task]
                pause.events = [fixture.event(.runPaused)]
                return pause
            }
            #expect(try store.commit(pauses).map(\.word) == ["applied 2", "stale 1"])
            #expect(try store.claim(fixture.claim(worker)).isEmpty)
            #expect(try store.load([free], withTasks: true).first?.tasks?.first?.status == .blocked)
        }
    }

    @Test func aRunningStepIsToldToStop() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let worker = try fixture.worker(store)
            let run = StoreFixture.newID()
            _ = try store.commit([fixture.begin(run)])
            let task = try #require(try store.claim(fixture.claim(worker)).first)
            var cancel = Transition(run: run, expectedVersion: 1, firstSeq: 3)
            cancel.live = fixture.live(seq: 3, nextStep: 2)
            cancel.cancels = [1]
            cancel.events = [fixture.event(.runCancelRequested)]
            #expect(try store.commit([cancel]).map(\.word) == ["applied 2"])
            let held = try store.renew(worker, leaseMilliseconds: 60_000)
            #expect(held == [HeldTask(run: run, step: 1, token: task.token, isCancelled: true)])
        }
    }

    @Test func onlyTheGuiltyTransitionIsRefused() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            var batch = (0..<5).map { _ in fixture.begin() }
            batch[3] = fixture.begin(key: "nul \u{0} is no text")
            let words = try store.commit(batch).map(\.word)
            #expect(words == ["applied 1", "applied 1", "applied 1", "refused", "applied 1"])
        }
    }

    @Test func aRunOutsideThePartitionsGetsOne() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let month: Int64 = 30 * 86_400_000
            let now = Timestamp.now.microseconds / 1_000
            let late = RunID(milliseconds: now + month, random: (1, 2))
            let strange = RunID(milliseconds: now + 30 * month, random: (1, 2))
            let words = try store.commit([fixture.begin(late), fixture.begin(strange)]).map(\.word)
            #expect(words == ["applied 1", "refused"])
        }
    }

    @Test func timersAreArmedFoundAndCleared() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            var begin = fixture.begin()
            begin.timers = [
                NewTimer(step: 1, kind: .sleep, due: .after(milliseconds: 0)),
                NewTimer(step: 0, kind: .runTimeout, due: .after(milliseconds: 60_000)),
            ]
            _ = try store.commit([begin])
            let due = try store.due(limit: 10)
            #expect(due.timers.map(\.key) == [TimerKey(step: 1, kind: .sleep)])
            #expect(try #require(due.next) > due.now)

            var clear = Transition(run: begin.run, expectedVersion: 1, firstSeq: 3)
            clear.live = fixture.live(seq: 3, nextStep: 2)
            clear.clearsTimers = due.timers.map(\.key)
            clear.events = [fixture.event(.timerFired, step: 1)]
            #expect(try store.commit([clear]).map(\.word) == ["applied 2"])
            #expect(try store.due(limit: 10).timers.isEmpty)
        }
    }

    /// Two servers find a back-off due; one is late, and the step has failed again meanwhile.
    @Test func aTimerThatIsSetAnewIsNotFiredByWhoSawTheOneBefore() async throws {
        let fixture = try await StoreFixture.make()
        try await onOwnThread {
            let store = try fixture.store()
            let key = TimerKey(step: 1, kind: .backoff)
            var begin = fixture.begin()
            begin.timers = [NewTimer(step: 1, kind: .backoff, due: .after(milliseconds: 0))]
            _ = try store.commit([begin])
            let seen = FiringTimer(key: key, dueAt: try #require(try store.due(limit: 10).timers.first).dueAt)

            func fire(version: Int64, next milliseconds: Int64?) -> Transition {
                var fire = Transition(run: begin.run, expectedVersion: version, firstSeq: Int(version) + 2)
                fire.live = fixture.live(seq: Int(version) + 2, nextStep: 2)
                fire.firesTimers = [seen]
                fire.clearsTimers = [key]
                fire.timers =
                    milliseconds.map {
                        [NewTimer(step: 1, kind: .backoff, due: .after(milliseconds: $0))]
                    } ?? []
                fire.events = [fixture.event(.timerFired, step: 1)]
                return fire
            }
            #expect(try store.commit([fire(version: 1, next: 60_000)]).map(\.word) == ["applied 2"])
            let batch = [fire(version: 2, next: nil), fixture.begin()]
            #expect(try store.commit(batch).map(\.word) == ["stale timer 1", "applied 1"])
            #expect(try store.due(limit: 10).next != nil)
        }
    }
}
