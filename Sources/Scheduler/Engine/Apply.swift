import JSON
import Linux

/// The fold that makes a run's state of its history.
///
/// It is total: it evaluates nothing, reads no clock, and passes over what does not fit the life cycles. So a
/// corrected evaluator never changes a run that has been decided.
extension RunState {
    /// Folds one fact into the state.
    mutating func apply(_ event: HistoryEvent, of definition: Definition) {
        lastSeq += 1
        mustProceed = event.kind == .runContinues && event.data["settled"] != true
        if let number = event.step {
            applyToStep(number, event, definition)
            if event.kind == .signalTaken { countSignal(event) }
        } else if let rule = RunTransitions.byEvent[event.kind] {
            guard rule.from.contains(phase) else { return }
            if let next = rule.to { phase = next }
            applyToRun(event)
        } else {
            applyToRun(event)
            applyToScope(event, definition)
        }
    }

    private mutating func applyToRun(_ event: HistoryEvent) {
        if let header = event.data["traceparent"]?.stringValue { caller = TraceContext(traceparent: header) }
        if let known = event.data["pins"] { pins = Pins(json: known) }
        switch event.kind {
        case .runStarted:
            startedAt = event.at
            deadline = event.data["timeout_ms"]?.integerValue.map { event.at + .milliseconds($0) }
        case .runPaused:
            paused = true
            deadline = nil
            timeLeft = event.data["time_left_ms"]?.integerValue
        case .runFrozen: freeze = .on
        case .runResumed: unpause(at: event.at)
        case .runCancelRequested:
            unpause(at: event.at)
            conclusion = Conclusion(status: .cancelled, error: event.error)
        case .runTimedOut: conclusion = Conclusion(status: .failed, error: event.error)
        case .runConcluded:
            conclusion = Conclusion(
                status: event.data["status"]?.stringValue.flatMap(RunStatus.init) ?? .failed,
                error: event.error,
                output: event.data["output"]
            )
        case .signalReceived: countSignal(event)
        case .undoStarted: beginUndoing(event)
        case .runRetried: takeUp(event)
        case .compensationStarted: compensation = .running
        case .compensationCompleted: compensation = .completed
        case .compensationFailed:
            compensation = .failed
            undoing = 0
            conclusion = Conclusion(status: .failed, error: conclusion?.error ?? event.error)
        case .timerHeld:
            if let kind = event.timer { held.append(TimerKey(step: 0, kind: kind)) }
        default: break
        }
    }

    /// The state is that of the run to be undone, from which this run goes on with its own history.
    private mutating func beginUndoing(_ event: HistoryEvent) {
        guard let text = event.data["state"]?.stringValue, var base = try? RunState(decoding: text) else {
            return
        }
        base.lastSeq = lastSeq
        self = base
    }

    /// The run goes on from a state of its own, in which what failed has not begun.
    private mutating func takeUp(_ event: HistoryEvent) {
        guard let text = event.data["state"]?.stringValue, var base = try? RunState(decoding: text) else {
            return
        }
        base.lastSeq = lastSeq
        base.deadline = event.data["timeout_ms"]?.integerValue.map { event.at + .milliseconds($0) }
        let numbers = event.data["steps"]?.arrayValue ?? []
        base.revived = Set(numbers.compactMap { $0.integerValue.map { Int($0) } })
        self = base
    }

    private mutating func unpause(at time: Timestamp) {
        paused = false
        if freeze == .on { freeze = .over }
        if let timeLeft { deadline = time + .milliseconds(timeLeft) }
        for key in held { steps[key.step]?.timers.append(key.kind) }
        timeLeft = nil
        held = []
    }
}

extension RunState {
    private mutating func applyToScope(_ event: HistoryEvent, _ definition: Definition) {
        guard let number = event.integer("scope") else { return }
        switch event.kind {
        case .scopeOpened: open(number, event, definition)
        case .scopeFailing:
            scopes[number]?.stop = event.data["cancelled"] == true ? .cancelled : .failing
            scopes[number]?.error = event.error
        case .scopeClosed:
            scopes[number]?.stop = .closed
            if number != root, !isUndone(within: number) { scopes[number] = nil }
        case .variablesAssigned:
            for (name, value) in event.data["values"]?.objectValue ?? [:] {
                scopes[number]?.vars[name] = value
            }
        default: break
        }
    }

    private mutating func open(_ number: Int, _ event: HistoryEvent, _ definition: Definition) {
        let kind = event.integer("kind").flatMap(ScopeState.Kind.init(rawValue:)) ?? .dag
        let owner = event.integer("owner") ?? 0
        var scope = ScopeState(
            kind: kind,
            spec: event.integer("spec") ?? -1,
            owner: owner,
            ownerNode: steps[owner]?.node ?? -1,
            ownerIndex: steps[owner]?.index ?? -1,
            parent: steps[owner]?.scope ?? root,
            prefix: prefix(of: owner, kind, definition)
        )
        scope.total = event.integer("total") ?? 0
        scope.prepare(definition)
        scopes[number] = scope
        nextScope = max(nextScope, number + 1)
        if owner != 0 {
            steps[owner]?.child = number
            // A program's process goes on while what it has emitted runs.
            if kind != .program { steps[owner]?.stage = .open }
        } else if root == 0 {
            root = number
        } else {
            always = number
        }
    }

    private func prefix(of owner: Int, _ kind: ScopeState.Kind, _ definition: Definition) -> String {
        guard let step = steps[owner] else { return "" }
        let path = path(of: step, definition)
        switch kind {
        case .items, .rounds: return path
        default: return step.generation > 1 ? "\(path)~\(step.generation)/" : path + "/"
        }
    }

    /// Whether what was done in a scope, or in a scope within it, may still have to be undone.
    func isUndone(within scope: Int) -> Bool {
        undo.contains { entry in
            var number = entry.scope
            while number != 0, number != scope { number = scopes[number]?.parent ?? 0 }
            return number == scope
        }
    }
}

extension ScopeState {
    fileprivate mutating func prepare(_ definition: Definition) {
        switch kind {
        case .dag:
            counts = definition.scopes[spec].needs
            total = counts.count
            begun = [Int](repeating: 0, count: total)
        case .machine:
            let plan = definition.scopes[spec]
            begun = [Int](repeating: 0, count: plan.spec.nodes.count)
            counts = begun
            cursor = plan.spec.start.map { definition.positions[$0] } ?? (begun.isEmpty ? -1 : 0)
        case .items, .program, .rounds: break
        }
    }
}

extension HistoryEvent {
    func integer(_ key: String) -> Int? { data[key]?.integerValue.map { Int($0) } }
    var error: StepError? { data["error"].flatMap(StepError.init(json:)) }
    var timer: TimerKind? { data["timer"]?.stringValue.flatMap(TimerKind.init(rawValue:)) }
}
