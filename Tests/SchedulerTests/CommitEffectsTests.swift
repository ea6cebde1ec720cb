import Linux
import Testing

@testable import Scheduler

@Suite("What follows a commit")
struct CommitEffectsTests {
    private struct NoHints: HintPublisher {
        func work(in queue: String) {}
        func cancel(run: RunID) {}
        func ended(run: RunID) {}
    }

    /// A closure kept as it is behind a lock took the stack of the hundred thousandth caller.
    @Test("observers are told however often")
    func observers() {
        let effects = CommitEffects(
            worker: nil,
            watchers: RunWatchers(),
            hints: NoHints(),
            measures: Measures(),
            spans: nil,
            report: { _ in }
        )
        let told = Locked(0)
        effects.onTimer.withLock { $0 = Observer { _ in told.withLock { $0 += 1 } } }
        var transition = Transition(
            run: RunID(milliseconds: 1, random: (1, 1)),
            expectedVersion: 1,
            firstSeq: 1
        )
        transition.timers = [NewTimer(step: 1, kind: .sleep, due: .after(milliseconds: 1))]
        for _ in 0..<100_000 { effects.committed(transition, claimed: []) }
        #expect(told.withLock { $0 } == 100_000)
    }
}
