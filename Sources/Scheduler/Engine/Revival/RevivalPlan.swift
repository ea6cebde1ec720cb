import JSON
import Linux

/// Where a run that failed or was cancelled goes on: pure, from its history.
///
/// A failed compensation is continued. Otherwise the steps that failed or were cancelled for good are taken
/// up, from the outermost scope inwards: a scope is open again with all that succeeded in it, and what failed
/// in it begins anew.
struct RevivalPlan {
    /// What becomes of a step that is lost.
    enum Fate { case restart, reopen, await }

    private let definition: Definition
    private let record: RunRecord
    private let final: RunState
    private let resolution: Resolution?
    private(set) var fates: [Int: Fate] = [:]
    /// The rows of steps that are read to go on.
    var neededRows: [Int] { fates.keys.sorted() + failedCompensations.map(\.key) }
    /// The child runs of steps that are taken up.
    private(set) var children: [Int: RunID] = [:]

    /// Throws why the run cannot go on.
    init(
        _ history: [HistoryEvent],
        of definition: Definition,
        resolving resolution: Resolution?
    ) throws(Refusal) {
        self.definition = definition
        self.resolution = resolution
        record = RunRecord(history, of: definition)
        final = History.replay(history, of: definition)
        guard final.root != 0 else { throw Refusal(message: "it never started: `rerun` starts a new run") }
        guard final.compensation != .completed else {
            throw Refusal(message: "what it did has been undone: `rerun` starts a new run")
        }
        guard final.compensation == .none else {
            try checkCompensation()
            return
        }
        visit(top)
        for (number, fate) in fates where fate == .restart { children[number] = record.steps[number]?.child }
        if let resolution, !fates.contains(where: { record.steps[$0.key]?.path == resolution.path }) {
            throw Refusal(message: "\(resolution.path) has not failed")
        }
    }

    struct Refusal: Error {
        var message: String
    }

    /// The compensation broke, or was broken off, and goes on.
    private var isCompensating: Bool { final.compensation != .none }

    /// The scope whose steps are taken up: `always`, if all before it succeeded.
    private var top: Int { record.hasSucceeded && record.always != 0 ? record.always : record.root }

    /// The child run of a step goes on, and its step waits for it again.
    mutating func awaitChild(of step: Int) { fates[step] = .await }

    private mutating func visit(_ scope: Int) {
        for (number, step) in record.steps where step.scope == scope && step.of == 0 && step.isLost {
            let isResolved = step.path == resolution?.path
            let canOpen = step.opened != 0 && !step.wasUndone && step.error?.type != ErrorType.repeatLimit
            fates[number] = canOpen && !isResolved ? .reopen : .restart
            if fates[number] == .reopen { visit(step.opened) }
        }
    }

    private func checkCompensation() throws(Refusal) {
        guard let resolution else { return }
        guard failedCompensations.contains(where: { $0.value.path == resolution.path }) else {
            throw Refusal(message: "\(resolution.path) is no compensation that failed")
        }
    }

    private var failedCompensations: [(key: Int, value: RunRecord.Step)] {
        guard isCompensating else { return [] }
        return record.steps.filter { $0.value.isCompensation && $0.value.isLost }
            .sorted { $0.key < $1.key }
    }

    /// What goes on how; `rows` are those of ``neededRows``, as far as there are any.
    func revival(of facts: RunFacts, by actor: Actor, _ rows: [Int: EndedStep]) -> Revival {
        isCompensating ? compensating(facts, actor, rows) : retaking(facts, actor, rows)
    }
}

// MARK: - A failed compensation

extension RevivalPlan {
    private func compensating(_ facts: RunFacts, _ actor: Actor, _ rows: [Int: EndedStep]) -> Revival {
        var state = final.cleared
        state.phase = .compensating
        state.compensation = .running
        state.undoing = 0
        state.steps = [:]
        // An `always` that was broken off does not run again.
        if let always = state.scopes[state.always], always.stop != .closed {
            state.scopes[state.always] = nil
        }
        let failed = failedCompensations
        var revival = Revival(
            actor: actor,
            facts: facts,
            state: state,
            restarts: [],
            reopened: [:],
            children: [:],
            withdrawn: failed.flatMap { [$0.key] + record.descendants(of: $0.key) }.sorted(),
            resolved: resolution
        )
        let next =
            resolution.flatMap { one in state.undo.last { $0.path + "!" == one.path } }
            ?? state.nextUndo()
        if let entry = next, entry.child == nil, let last = failed.last(where: { $0.value.of == entry.step })
        {
            var instance = Instance(scope: entry.scope, node: entry.node, index: entry.index, of: entry.step)
            instance.restore(rows[last.key], as: last.key)
            revival.restarts = [Restart(number: last.key, instance: instance)]
        }
        return revival
    }
}

// MARK: - Steps that failed

extension RevivalPlan {
    private func retaking(_ facts: RunFacts, _ actor: Actor, _ rows: [Int: EndedStep]) -> Revival {
        var state = restored
        let restarts = fates.filter { $0.value == .restart }.keys.sorted().compactMap { number in
            state.steps[number].map { step in
                var instance = Instance(scope: step.scope, node: step.node, own: step.own)
                instance.index = step.index
                instance.generation = step.generation + (record.steps[number]?.wasUndone == true ? 1 : 0)
                instance.isUnknown = step.unknown
                instance.restore(rows[number], as: number)
                return Restart(number: number, instance: instance)
            }
        }
        for restart in restarts { state.withdraw(restart.number, definition) }
        let kept = fates.filter { $0.value != .restart }
        state.steps = state.steps.filter { kept[$0.key] != nil }
        for number in kept.keys { state.steps[number]?.reopen(asOpen: kept[number] == .reopen) }
        closeScopes(of: &state)
        return Revival(
            actor: actor,
            facts: facts,
            state: state,
            restarts: restarts,
            reopened: kept.keys.reduce(into: [:]) { $0[$1] = rows[$1]?.input ?? .null },
            children: children.filter { fates[$0.key] == .await },
            withdrawn: withdrawn,
            resolved: resolution
        )
    }

    /// The state to which the history leads without what followed from the failure.
    private var restored: RunState {
        var state = record.base
        for event in record.events {
            if isPartOfEnd(event) { state.lastSeq += 1 } else { state.apply(event, of: definition) }
        }
        state = state.cleared
        (state.nextStep, state.nextScope) = (final.nextStep, final.nextScope)
        state.phase = top == record.always ? .ending : .running
        if top == record.root {
            state.always = 0
            state.conclusion = nil
        }
        return state
    }

    private func isPartOfEnd(_ event: HistoryEvent) -> Bool {
        if let number = event.step, let step = record.steps[number] {
            if isDropped(scope: step.scope) { return true }
            return fates[number] != nil && Self.stepEnds.contains(event.kind)
        }
        if let scope = event.integer("scope") {
            if isDropped(scope: scope) { return true }
            let isTakenUp = scope == top || fates[record.owners[scope] ?? 0] == .reopen
            return isTakenUp && (event.kind == .scopeFailing || event.kind == .scopeClosed)
        }
        if event.kind == .runConcluded { return top == record.root || event.data["status"] != "succeeded" }
        if event.kind == .alwaysStarted { return top == record.root }
        return Self.runEnds.contains(event.kind)
    }

    private static let stepEnds: Set<HistoryEvent.Kind> = [
        .stepFailed, .stepCancelled, .stepCancelRequested, .stepFailRequested,
    ]
    private static let runEnds: Set<HistoryEvent.Kind> = [
        .runTimedOut, .runCancelRequested, .runSucceeded, .runFailed, .runCancelled, .runTerminated,
    ]

    /// `always` runs anew when what came before it is taken up.
    private func isDropped(scope: Int) -> Bool {
        top == record.root && record.isScope(scope, within: record.always)
    }

    /// Scopes of steps that begin anew, and of handlers, are over; what was done in them may be undone yet.
    private func closeScopes(of state: inout RunState) {
        for (number, scope) in state.scopes where number != state.root && number != state.always {
            guard fates[scope.owner] != .reopen else { continue }
            state.scopes[number]?.stop = .closed
            if !state.isUndone(within: number) { state.scopes[number] = nil }
        }
    }

    /// Rows of steps that go on, of what dealt with their failures, and of what they begin anew.
    private var withdrawn: [Int] {
        var rows = Set(fates.keys)
        for (number, step) in record.steps {
            if step.of != 0, !step.isCompensation, fates[step.serves] != nil {
                rows.insert(number)
                rows.formUnion(record.descendants(of: number))
            }
            if isDropped(scope: step.scope) { rows.insert(number) }
        }
        for (number, fate) in fates where fate == .restart && record.steps[number]?.wasUndone == false {
            rows.formUnion(record.descendants(of: number))
        }
        return rows.filter { record.steps[$0]?.end != nil }.sorted()
    }
}

extension Instance {
    /// What a step that begins anew has from before: its number and its attempts.
    fileprivate mutating func restore(_ row: EndedStep?, as number: Int) {
        self.number = number
        receipts = row?.attempts
        input = row?.input
        let numbers = receipts.flatMap { try? JSONValue.parse($0) }?.arrayValue?.compactMap {
            $0["number"]?.integerValue
        }
        attempt = Int(numbers?.max() ?? 0) + 1
    }
}

extension RunState {
    /// Without what a pause or a stop has left, and without signals, which do not outlive the end.
    fileprivate var cleared: RunState {
        var state = self
        (state.paused, state.mustProceed) = (false, false)
        (state.deadline, state.timeLeft, state.freeze) = (nil, nil, .never)
        state.held = []
        for name in signals.keys { state.signals[name]?.taken = signals[name]?.received ?? 0 }
        return state
    }

    /// Takes a step back as if it had not begun.
    fileprivate mutating func withdraw(_ number: Int, _ definition: Definition) {
        guard let step = steps.removeValue(forKey: number) else { return }
        scopes[step.scope]?.live -= 1
        switch scopes[step.scope]?.kind {
        case .dag: scopes[step.scope]?.begun[definition.positions[step.node]] = 0
        case .machine:
            scopes[step.scope]?.begun[definition.positions[step.node]] = 0
            scopes[step.scope]?.counts[definition.positions[step.node]] -= 1
        case .rounds: scopes[step.scope]?.total -= 1
        case .program: scopes[step.scope]?.total -= 1
        case .items, nil: break
        }
    }
}

extension StepState {
    /// Its scope is open again, or its child run goes on; its budgets start again.
    fileprivate mutating func reopen(asOpen: Bool) {
        if asOpen { stage = .open }
        helper = 0
        failure = nil
        plan = .fail
        retries = []
        (stopping, condemned, answered) = (false, false, false)
        timers = timers.filter { $0 == .timeout }
    }
}
