import JSON
import Linux

// How a step ends: completed, or failed and then continued, tolerated, caught, tried again, or for good.

extension Deciding {
    /// The step's action has succeeded.
    mutating func complete(_ number: Int, _ output: Payload) throws {
        guard let step = state.steps[number] else { return }
        let plan = plan(of: step)
        var output = output
        var next: Int?
        do {
            if let program = plan.output, !isRepeated(step, plan) {
                output = try payload(program, at: try place(of: step, output: output, plan))
            }
            if let assign = plan.assign {
                try self.assign(assign, in: step.scope, at: try place(of: step, output: output, plan))
            }
            next = try nextPosition(after: step, plan, output: output)
        } catch var error as StepError {
            // Its effects have happened, although it does not count as completed.
            error.hasUnknownOutcome = true
            return try fail(number, error)
        }
        try finish(number, .stepSucceeded, output: output, next: next)
    }

    /// The place of a step's own expressions once it has an output.
    private func place(of step: StepState, output: Payload, _ plan: NodePlan) throws -> Place {
        var place = try place(of: step)
        // A handler's `output` is that of the step that failed; anything else sees its own.
        if step.of == 0 { place.own["output"] = output.value }
        return place
    }

    mutating func assign(_ program: CompiledProgram, in scope: Int, at place: Place) throws {
        guard let values = try evaluate(program, at: place)?.objectValue, !values.isEmpty else { return }
        emit(.variablesAssigned, ["scope": .integer(Int64(scope)), "values": .object(values)])
    }

    /// Where a machine's cursor goes from a step; nil ends the scope.
    private mutating func nextPosition(after step: StepState, _ plan: NodePlan, output: Payload) throws
        -> Int?
    {
        guard step.of == 0, let scope = state.scopes[step.scope], scope.kind == .machine else { return nil }
        let place = try place(of: step, output: output, plan)
        for edge in plan.next {
            if let when = edge.when, !(try holds(when, at: place)) { continue }
            if let assign = edge.assign { try self.assign(assign, in: step.scope, at: place) }
            return definition.positions[edge.to]
        }
        return nil
    }

    /// Whether the step stands for its rounds or items, which carry out the action.
    func isRepeated(_ step: StepState, _ plan: NodePlan) -> Bool {
        guard step.of == 0 else { return false }
        switch state.scopes[step.scope]?.kind {
        case .rounds: return false
        case .items: return plan.spec.repeating != nil
        default: return plan.spec.forEach != nil || plan.spec.repeating != nil
        }
    }
}

// MARK: - Failure

extension Deciding {
    /// The step has failed, and is not simply tried again as a program; this says what becomes of it.
    ///
    /// What was done inside it is undone first, if its failure goes no further or it is tried again.
    mutating func fail(_ number: Int, _ error: StepError, manifest: Settings? = nil) throws {
        guard let step = state.steps[number] else { return }
        let outcome = failurePlan(step, error, manifest)
        if outcome == .fail { return try finish(number, .stepFailed, error: error) }
        let own = outcome.isFinal && (step.unknown || error.leavesUnknown) ? ownCompensation(of: step) : nil
        let undoesInside = state.undo.contains { state.isWithin($0, step: number) }
        guard definition.workflow.onFailure == .compensate, own != nil || undoesInside else {
            return try resolve(number, outcome, error)
        }
        var data: JSONObject = ["error": error.json, "plan": outcome.json]
        if error.leavesUnknown { data["unknown"] = true }
        data["undo"] = own.map { .integer(Int64($0)) }
        emit(.stepFailing, step: number, data)
        try park(number, step)
        follow(.advance(step: number))
    }

    /// Nobody claims a step while its error is handled or undone, and it has no slot then.
    private mutating func park(_ number: Int, _ step: StepState) throws {
        guard [.queued, .waiting].contains(step.stage), plan(of: step).runsProgram,
            var row = try task(number)?.row
        else { return }
        keepsAdmission.remove(number)
        row.status = .waiting
        row.spec.awaits = nil
        row.spec.deferral = nil
        written[number] = row
    }

    private func failurePlan(_ step: StepState, _ error: StepError, _ manifest: Settings?) -> FailurePlan {
        guard let scope = state.scopes[step.scope], !step.stopping else { return .fail }
        let plan = plan(of: step)
        // Compensations run in scopes that have failed, and are retried there.
        guard scope.isRunning || step.isCompensation(definition) else { return .fail }
        if let grant = grant(step, plan, error, manifest) {
            return .again(rule: grant.rule, milliseconds: grant.milliseconds)
        }
        guard step.of == 0, state.compensation != .failed else { return .fail }
        switch scope.kind {
        case .items:
            let allowed = plan.spec.forEach?.tolerated(of: scope.total) ?? 0
            return scope.failed < allowed ? .tolerate : .fail
        case .rounds: return .fail
        case .dag, .machine, .program: break
        }
        if plan.spec.continuesOnError { return .proceed }
        let handler = plan.spec.catches.firstIndex { catcher in
            catcher.on.isEmpty || catcher.on.contains(error.type) || catcher.on.contains("*")
        }
        return handler.map { .handle($0) } ?? .fail
    }

    /// Undoes the next thing inside a failed step, or settles what becomes of the step.
    mutating func advance(_ number: Int) throws {
        guard let step = state.steps[number], step.stage == .undoing, step.helper == 0 else { return }
        let error = step.failure ?? StepError(type: ErrorType.cancelled, message: "the step failed")
        if state.compensation != .failed,
            let entry = state.nextUndo(within: number)
        {
            return try undo(entry, serving: number)
        }
        let goesOn = state.scopes[step.scope]?.isRunning == true && state.compensation != .failed
        try resolve(number, goesOn ? step.plan : .fail, error)
    }

    private mutating func resolve(_ number: Int, _ outcome: FailurePlan, _ error: StepError) throws {
        guard let step = state.steps[number] else { return }
        let plan = plan(of: step)
        let output = Payload(["error": error.json])
        switch outcome {
        case .fail: try finish(number, .stepFailed, error: error)
        case .proceed:
            let next = try nextPosition(after: step, plan, output: output)
            try finish(number, .stepFailed, output: output, error: error, mark: "continued", next: next)
        case .tolerate: try finish(number, .stepSucceeded, output: output, error: error, mark: "tolerated")
        case .handle(let index): try handle(number, plan, catcher: index, error)
        case .again(let rule, let milliseconds):
            try retryLater(number, error, rule: rule, after: milliseconds)
        }
    }

    private mutating func handle(_ number: Int, _ plan: NodePlan, catcher: Int, _ error: StepError) throws {
        guard let step = state.steps[number] else { return }
        let handler = plan.spec.catches[catcher].handler
        if let assign = plan.catchAssigns[catcher] {
            var place = try place(of: step)
            place.own["error"] = error.json
            do {
                try self.assign(assign, in: step.scope, at: place)
            } catch let error as StepError {
                return try finish(number, .stepFailed, error: error)
            }
        }
        if state.scopes[step.scope]?.kind == .machine {
            let next = definition.positions[handler]
            return try finish(number, .stepFailed, error: error, mark: "caught", next: next)
        }
        emit(.stepHandling, step: number, ["error": error.json])
        try park(number, step)
        var instance = Instance(scope: step.scope, node: handler, index: step.index, of: number)
        instance.serves = number
        try start(instance)
    }

    /// Starts the compensation of what an entry says; `serving` 0 is the run.
    mutating func undo(_ entry: RunState.Undo, serving: Int) throws {
        if let child = entry.child { return undoChild(entry, child, serving: serving) }
        var instance = Instance(scope: entry.scope, node: entry.node, index: entry.index, of: entry.step)
        instance.serves = serving
        try start(instance)
    }

    /// The node that undoes the step, if the step is one that carries out the action.
    func ownCompensation(of step: StepState) -> Int? {
        let plan = plan(of: step)
        let undoesInside = plan.spec.action.opensScope || plan.spec.action.isChild
        return isRepeated(step, plan) || undoesInside ? nil : plan.spec.compensation
    }
}

extension ForEach {
    /// How many of so many items may fail.
    func tolerated(of total: Int) -> Int {
        switch tolerate {
        case .count(let count): count
        case .percent(let percent): Int((percent * Double(total) / 100).rounded(.down))
        }
    }
}

// MARK: - The end itself

extension Deciding {
    /// Records a step's end, writes its row, and follows what comes of it.
    ///
    /// A `mark` is `continued`, `tolerated` or `caught`: its failure goes no further. `next` is the position
    /// that a machine's cursor goes to.
    mutating func finish(
        _ number: Int,
        _ kind: HistoryEvent.Kind,
        output: Payload = .null,
        error: StepError? = nil,
        mark: String? = nil,
        next: Int? = nil
    ) throws {
        guard let step = state.steps[number] else { return }
        let plan = plan(of: step)
        let task = try ending(number, step, plan)
        let path = path(of: number)
        var data: JSONObject = [:]
        data["error"] = error?.json
        if let mark { data[mark] = true }
        if let next { data["next"] = .integer(Int64(next)) }
        let undo = undoNode(step, plan, kind, error: error, mark: mark)
        if let undo { data["undo"] = .integer(Int64(undo)) }
        for (key, value) in childFacts(number, step, kind) { data[key] = value }
        emit(kind, step: number, data)

        let status = step.isCompensation(definition) ? kind.compensationStatus : kind.stepStatus
        var result = StepResult(
            status: status,
            output: output,
            error: error,
            attempts: plan.runsProgram ? step.attempt : 1,
            input: task?.row.input
        )
        result.artifacts = task?.row.artifacts
        newResults[number] = result
        record(number, step, path: path, result, task, compensates: undo != nil || data["undo_child"] != nil)
        try react(to: kind, of: number, step, output: output, error: error, isContained: mark != nil)
    }

    /// The compensation that this end makes necessary, should the run fail.
    private func undoNode(
        _ step: StepState,
        _ plan: NodePlan,
        _ kind: HistoryEvent.Kind,
        error: StepError?,
        mark: String?
    ) -> Int? {
        guard !step.isCompensation(definition), let node = plan.spec.compensation, !isRepeated(step, plan)
        else { return nil }
        switch kind {
        // What was caught has been undone already.
        case .stepSucceeded: return mark == nil ? node : nil
        case .stepFailed, .stepCancelled:
            // In `undoing` its own compensation has been taken care of.
            guard mark == nil, step.stage != .undoing, step.stage != .handling else { return nil }
            guard step.unknown || error?.leavesUnknown == true else { return nil }
            return ownCompensation(of: step)
        default: return nil
        }
    }

    private mutating func react(
        to kind: HistoryEvent.Kind,
        of number: Int,
        _ step: StepState,
        output: Payload,
        error: StepError?,
        isContained: Bool
    ) throws {
        if step.of != 0 { return try reactToHelper(kind, step, output: output, error: error) }
        guard let scope = state.scopes[step.scope] else { return }
        if kind == .stepFailed, !isContained, scope.isRunning, let error {
            return try fail(scope: step.scope, error)
        }
        if scope.isOver { return follow(.close(scope: step.scope)) }
        guard scope.isRunning else { return }
        switch scope.kind {
        case .dag:
            let position = definition.positions[step.node]
            for other in definition.scopes[scope.spec].dependents[position] where scope.counts[other] == 0 {
                follow(.begin(scope: step.scope, position: other))
            }
        case .machine: follow(.begin(scope: step.scope, position: scope.cursor))
        case .items: follow(.fill(scope: step.scope))
        case .rounds: follow(.round(scope: step.scope))
        case .program: try programAdvanced(scope)
        }
    }

    /// A handler or a compensation has ended.
    private mutating func reactToHelper(
        _ kind: HistoryEvent.Kind,
        _ step: StepState,
        output: Payload,
        error: StepError?
    ) throws {
        if step.isCompensation(definition) {
            guard kind == .stepSucceeded || kind == .stepSkipped else {
                return try compensationBroke(error, serving: step.serves)
            }
            return follow(step.serves == 0 ? .run : .advance(step: step.serves))
        }
        guard let failed = state.steps[step.serves] else { return }
        switch kind {
        case .stepSucceeded, .stepSkipped:
            try finish(step.serves, .stepSucceeded, output: output, error: failed.failure, mark: "caught")
        case .stepCancelled: try finish(step.serves, .stepCancelled, error: failed.failure)
        default: try finish(step.serves, .stepFailed, error: error)
        }
    }

    private mutating func compensationBroke(_ error: StepError?, serving: Int) throws {
        let error = error ?? StepError(type: ErrorType.cancelled, message: "the compensation was cancelled")
        emit(.compensationFailed, ["error": error.json])
        if serving == 0 { return follow(.run) }
        if state.scopes[state.root]?.isRunning == true { try fail(scope: state.root, error) }
        follow(.advance(step: serving))
    }
}

extension HistoryEvent.Kind {
    fileprivate var stepStatus: StepStatus {
        switch self {
        case .stepSucceeded: .succeeded
        case .stepSkipped: .skipped
        case .stepCancelled: .cancelled
        default: .failed
        }
    }

    fileprivate var compensationStatus: StepStatus {
        self == .stepSucceeded || self == .stepSkipped ? .compensated : .compensationFailed
    }
}
