import Linux
import Scheduler

/// Sees all that is written, and says what went against a promise of the engine.
final class Witness {
    /// The first broken promise.
    private(set) var violation: String?
    /// On what the transition that comes next was decided.
    var event: RunEvent?
    private var lastToken: Int64 = 0
    private var limits = LimitWitness()

    func report(_ violation: String) { self.violation = self.violation ?? violation }

    func saw(
        _ batch: Batch,
        _ result: BatchResult,
        before: [RunID: MemoryStore.Run],
        after: [RunID: MemoryStore.Run]
    ) {
        for (transition, outcome) in zip(batch.transitions, result.results) {
            guard case .applied = outcome else { continue }
            check(transition, among: before, now: result.now)
        }
        for task in result.claimed {
            if task.token <= lastToken { report("\(task.path) got a fencing token that was given out") }
            if before[task.run]?.tasks[task.step]?.status == .running, batch.transitions.isEmpty {
                report("\(task.path) was claimed while another held it")
            }
            lastToken = max(lastToken, task.token)
            if let violation = limits.check(startOf: task, among: after, now: result.now) {
                report(violation)
            }
        }
    }

    private func check(_ transition: Transition, among runs: [RunID: MemoryStore.Run], now: Timestamp) {
        let known = runs[transition.run]
        if let known, known.live == nil { report("an ended run moved on") }
        if transition.ends != nil { check(childrenOf: transition.run, among: runs) }
        if transition.firstSeq != (known?.history.count ?? 0) + 1 {
            report("history has a gap before \(transition.firstSeq)")
        }
        for step in transition.steps where known?.steps[step.step] != nil {
            report("step \(step.path) ended twice")
        }
        switch event {
        case .attemptEnded(let end):
            if known?.tasks[end.step]?.token != end.token {
                report("step \(end.step) ended by a stale token")
            }
        case .attemptLost(let step, let token, _, _):
            if known?.tasks[step]?.token != token { report("step \(step) was lost by a stale token") }
        case .timerDue(let step, let kind, _):
            let due = known?.timers.first { $0.key.step == step && $0.key.kind == kind }?.value
            if let due, due > now { report("timer \(kind.rawValue) of step \(step) fired early") }
        case .childEnded(let step, let child, _):
            if runs[child]?.end == nil { report("step \(step) heard of an end of \(child) that is none") }
        default: break
        }
    }

    private func check(childrenOf run: RunID, among runs: [RunID: MemoryStore.Run]) {
        if let child = runs.first(where: { $0.value.facts.parent?.run == run && $0.value.live != nil })?.key {
            report("\(run) ended before its child \(child)")
        }
    }

    /// What must hold of all runs of a workflow at any time.
    func check(_ store: MemoryStore, of definition: Definition) {
        if let violation = limits.check(store, of: definition) { report(violation) }
    }

    /// What must hold of a run at any time: its history leads to its rows.
    func check(_ run: MemoryStore.Run, of definition: Definition) {
        guard let live = run.live else { return checkEnd(run) }
        let replayed = History.replay(run.history, of: definition)
        guard let state = try? RunState(decoding: live.state) else { return report("a state is unreadable") }
        if replayed != state { report("replay differs:\n\(replayed)\nfrom\n\(state)") }
    }

    /// One end, nothing left over, and compensations in reverse order of what they undo.
    private func checkEnd(_ run: MemoryStore.Run) {
        if !run.tasks.isEmpty || !run.timers.isEmpty || !run.signals.isEmpty { report("rows are left over") }
        if run.history.count(where: { RunTransitions.terminal[$0.kind] != nil }) != 1 {
            report("the run did not end exactly once")
        }
        guard let start = run.history.firstIndex(where: { $0.kind == .compensationStarted }) else { return }
        // A child is undone in slices, between which others are.
        let slices = run.history.compactMap { $0.data["undoes"] == nil ? nil : $0.path }
        let undone = run.history[start...].filter {
            $0.kind == .stepSucceeded && $0.path?.last == "!" && !slices.contains($0.path ?? "")
        }
        let ends = undone.compactMap { event in
            run.history.firstIndex { $0.endsStep && $0.path == event.path.map { String($0.dropLast()) } }
        }
        if ends != ends.sorted(by: >) { report("compensated out of order: \(undone.compactMap(\.path))") }
    }
}

extension HistoryEvent {
    fileprivate var endsStep: Bool {
        [.stepSucceeded, .stepFailed, .stepCancelled, .stepSkipped].contains(kind)
    }
}
