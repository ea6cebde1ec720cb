import JSON
import Linux

extension RunState {
    mutating func applyToStep(_ number: Int, _ event: HistoryEvent, _ definition: Definition) {
        if steps[number] == nil { begin(number, event, definition) }
        guard var step = steps[number] else { return }
        if let rule = StepTransitions.byEvent[event.kind] {
            guard rule.from.contains(step.stage) else { return }
            if let next = rule.to { step.stage = next }
        }
        step.fold(event)
        if step.stage == .ended {
            end(number, step, event, definition)
        } else {
            if event.kind == .timerHeld, let kind = event.timer {
                held.append(TimerKey(step: number, kind: kind))
            }
            if event.kind == .stepFailing { noteUndo(number, step, event, definition) }
            steps[number] = step
        }
    }

    /// A step's first event says where it belongs.
    private mutating func begin(_ number: Int, _ event: HistoryEvent, _ definition: Definition) {
        guard let scope = event.integer("scope"), scopes[scope] != nil,
            number >= nextStep || revived.contains(number)
        else { return }
        var step = StepState(scope: scope, node: event.integer("node") ?? -1)
        step.own = event.data["own"].flatMap { try? $0.decode(NodeSpec.self) }
        step.index = event.integer("index") ?? -1
        step.of = event.integer("of") ?? 0
        step.serves = event.integer("serves") ?? 0
        step.priority = event.integer("priority") ?? 0
        step.attempt = event.integer("attempt") ?? 1
        step.generation = event.integer("generation") ?? 1
        steps[number] = step
        nextStep = max(nextStep, number + 1)
        revived.remove(number)
        if step.of != 0 {
            if step.serves != 0 { steps[step.serves]?.helper = number } else { undoing = number }
            noteAfter(step, event)
        } else {
            scopes[scope]?.begin(number, step, definition)
        }
    }

    private mutating func end(
        _ number: Int,
        _ step: StepState,
        _ event: HistoryEvent,
        _ definition: Definition
    ) {
        steps[number] = nil
        held.removeAll { $0.step == number }
        if step.of != 0 {
            if step.serves != 0 { steps[step.serves]?.helper = 0 } else { undoing = 0 }
            if step.isCompensation(definition) { settleUndo(step, event) }
        } else {
            scopes[step.scope]?.end(number, step, event, definition)
        }
        noteUndo(number, step, event, definition)
    }

    /// The public path, `orders[3]/ship#2`.
    func path(of step: StepState, _ definition: Definition) -> String {
        if step.of != 0 { return helperPath(of: step, definition) }
        let prefix = scopes[step.scope]?.prefix ?? ""
        let base: String
        switch scopes[step.scope]?.kind {
        case .items: return "\(prefix)[\(step.index)]"
        case .rounds: return "\(prefix)#\(step.index + 1)"
        default: base = prefix + (step.own?.id ?? definition.nodes[step.node].spec.id)
        }
        return step.index > 1 ? "\(base)#\(step.index)" : base
    }

    /// `charge!` for what undoes a step, `charge:catch` for what handles its error.
    private func helperPath(of step: StepState, _ definition: Definition) -> String {
        if step.isCompensation(definition) {
            return (undo.last { $0.step == step.of }?.path ?? "") + "!"
        }
        return (steps[step.of].map { path(of: $0, definition) } ?? "") + ":catch"
    }
}

extension StepState {
    func isCompensation(_ definition: Definition) -> Bool {
        guard let role = own?.role ?? (node >= 0 ? definition.nodes[node].spec.role : nil),
            case .compensation = role
        else { return false }
        return true
    }

    /// What an event of the step's own changes in it, beside its stage.
    fileprivate mutating func fold(_ event: HistoryEvent) {
        if event.data["unknown"] == true { unknown = true }
        if Self.attemptEnds.contains(event.kind) {
            if condemned { failure = nil }
            (answered, condemned) = (false, false)
        }
        switch event.kind {
        case .stepQueued:
            awaits = nil
            if since == 0 { since = event.at.microseconds }
            timers = event.timer.map { [$0] } ?? []
        case .stepWaiting, .attemptSnoozed, .attemptDeferred:
            timers = event.timer.map { [$0] } ?? []
            if event.kind != .stepWaiting { losses = 0 }
            if since == 0 { since = event.at.microseconds }
            awaits = Awaited(json: .object(event.data))
            if let child = event.data["child"]?.stringValue {
                childRun = RunID(child)
                since = event.at.microseconds
            }
            if event.kind == .attemptDeferred { unknown = true }
        case .stepEntered:
            if since == 0 { since = event.at.microseconds }
            if let timer = event.timer { timers.append(timer) }
        case .signalTaken: awaits = nil
        case .callbackReceived:
            if stage == .waiting { awaits = nil } else { answered = true }
        case .stepFailRequested:
            condemned = stage == .queued
            if condemned { failure = event.error }
        case .attemptFailed, .attemptLost:
            let counts = event.data["shared"] != true
            losses = event.data["host_fault"] == true ? losses + (counts ? 1 : 0) : 0
        case .timerSet: timers += event.timer.map { [$0] } ?? []
        case .timerFired, .timerHeld, .timerCut: timers.removeAll { $0 == event.timer }
        case .stepCancelRequested:
            // With an error it is the step's own time-out, which is no cancel: it may be caught.
            if let error = event.error { failure = error } else { stopping = true }
        case .stepFailing, .stepHandling:
            failure = event.error
            plan = event.data["plan"].map(FailurePlan.init(json:)) ?? .fail
        case .stepRetrying: foldRetry(event)
        default: break
        }
    }

    private static let attemptEnds: Set<HistoryEvent.Kind> = [
        .attemptSucceeded, .attemptFailed, .attemptCancelled, .attemptSnoozed, .attemptDeferred, .attemptLost,
        .stepQueued,
    ]

    private mutating func foldRetry(_ event: HistoryEvent) {
        let rule = event.integer("rule") ?? 0
        while retries.count <= rule { retries.append(0) }
        retries[rule] += 1
        attempt += 1
        if child != 0 {
            child = 0
            generation += 1
        }
        failure = nil
        awaits = nil
        plan = .fail
        timers = [.backoff]
    }
}

extension ScopeState {
    fileprivate mutating func begin(_ number: Int, _ step: StepState, _ definition: Definition) {
        live += 1
        switch kind {
        case .dag, .machine:
            let position = definition.positions[step.node]
            begun[position] = number
            if kind == .machine {
                counts[position] += 1
                cursor = -1
            }
        case .items: if first == 0 { first = number }
        case .program:
            begun.append(number)
            total += 1
        case .rounds: total += 1
        }
    }

    fileprivate mutating func end(
        _ number: Int,
        _ step: StepState,
        _ event: HistoryEvent,
        _ definition: Definition
    ) {
        live -= 1
        ended += 1
        last = number
        if event.data["tolerated"] == true { failed += 1 }
        switch kind {
        case .dag:
            for other in definition.scopes[spec].dependents[definition.positions[step.node]] {
                counts[other] -= 1
            }
        case .machine: cursor = event.integer("next") ?? -1
        case .items, .rounds, .program: break
        }
    }
}
