import JSON
import Linux

// The run as a whole: its start, and what follows when its steps have ended.

extension Deciding {
    mutating func submit(_ submission: Submission) throws {
        guard view.state == nil else { throw Interrupt.ignored("the run has begun") }
        transition.begins = NewRun(
            definition: definition.stored.id,
            workflow: definition.stored.workflow,
            submission: submission
        )
        if let undoing = submission.undoing { return beginUndoing(undoing, submission.actor) }
        var data = submission.actor.data(adding: [:])
        data["traceparent"] = submission.caller.map { .string($0.traceparent) }
        data["rerun_of"] = submission.rerunOf.map { .string($0.description) }
        data["pins"] = submission.pins?.json
        if let start = submission.startAt, start > now {
            data["start_at"] = start.json
            emit(.runScheduled, data)
            transition.timers.append(NewTimer(step: 0, kind: .start, due: .at(start)))
        } else {
            try enterRun(data, holdsSlot: submission.holdsSlot)
            if let keeping = submission.keeping { keep(keeping) }
        }
    }

    mutating func startRun(_ data: JSONObject) {
        var data = data
        data["timeout_ms"] = definition.workflow.timeoutMilliseconds.map { .integer($0) }
        emit(.runStarted, data)
        if let timeout = definition.workflow.timeoutMilliseconds {
            transition.timers.append(NewTimer(step: 0, kind: .runTimeout, due: .after(milliseconds: timeout)))
        }
        open(specScope: 0, owner: 0)
    }

    /// The root scope or `always` is over.
    mutating func closeTop(_ number: Int, _ scope: ScopeState) throws {
        if number == state.root { try conclude(scope) }
        emit(.scopeClosed, ["scope": .integer(Int64(number))])
        if number == state.always, let error = scope.error, state.conclusion?.status == .succeeded {
            emit(.runConcluded, RunState.Conclusion(status: .failed, error: error).data)
        }
        follow(.run)
    }

    /// Settles how the run will end, unless a cancel or the time-out has.
    private mutating func conclude(_ scope: ScopeState) throws {
        if state.conclusion != nil { return }
        clearRunTimeout()
        if let error = scope.error {
            return emit(.runConcluded, RunState.Conclusion(status: .failed, error: error).data)
        }
        do {
            let place = Place(scope: state.root)
            output = try definition.output.map { try payload($0, at: place) } ?? .null
            var conclusion = RunState.Conclusion(status: .succeeded)
            if definition.workflow.always != nil { conclusion.output = output?.value }
            emit(.runConcluded, conclusion.data)
        } catch let error as StepError {
            emit(.runConcluded, RunState.Conclusion(status: .failed, error: error).data)
        }
    }

    /// Undoes one thing after the other, then runs `always`, then ends the run.
    mutating func advanceRun() throws {
        guard let conclusion = state.conclusion, state.scopes[state.root]?.stop == .closed else { return }
        if conclusion.status != .succeeded, definition.workflow.onFailure == .compensate,
            state.compensation == .none, !state.undo.isEmpty, state.always == 0
        {
            emit(.compensationStarted)
        }
        if state.compensation == .running {
            guard state.undoing == 0 else { return }
            if let entry = state.nextUndo() { return try undo(entry, serving: 0) }
            emit(.compensationCompleted)
        }
        if let always = definition.workflow.always, state.always == 0 {
            emit(.alwaysStarted)
            return open(specScope: always, owner: 0)
        }
        // A scope that has closed with nothing to undo is gone.
        if let always = state.scopes[state.always], always.stop != .closed { return }
        end(conclusion)
    }

    private mutating func end(_ conclusion: RunState.Conclusion) {
        let kind: HistoryEvent.Kind =
            switch conclusion.status {
            case .succeeded: .runSucceeded
            case .cancelled: .runCancelled
            default: .runFailed
            }
        emit(kind, conclusion.error.map { ["error": $0.json] } ?? [:])
        end(
            RunEnd(
                status: conclusion.status,
                compensation: state.compensation,
                output: conclusion.status == .succeeded ? output ?? Payload(conclusion.output ?? .null) : nil,
                error: conclusion.error
            )
        )
    }

    /// From here on the run's time-out bounds nothing.
    mutating func clearRunTimeout() {
        if definition.workflow.timeoutMilliseconds != nil { clearTimers(of: 0, [.runTimeout]) }
    }

    mutating func end(_ end: RunEnd) {
        transition.ends = end
        transition.dropsSignals =
            view.state.map { known in
                known.signals.values.contains { $0.kept > 0 }
                    || known.steps.values.contains(where: \.answered)
            } ?? false
        clearRunTimeout()
        releaseRun()
        if view.state != nil, state.startedAt == nil {
            transition.clearsTimers.append(TimerKey(step: 0, kind: .start))
        }
        tellParent(end)
    }
}

extension RunState.Conclusion {
    fileprivate var data: JSONObject {
        var data: JSONObject = ["status": .string(status.rawValue)]
        data["error"] = error?.json
        data["output"] = output
        return data
    }
}

extension Actor {
    func data(adding more: JSONObject) -> JSONObject {
        var data: JSONObject = ["actor": .string(name)]
        data["reason"] = reason.map { .string($0) }
        for (key, value) in more { data[key] = value }
        return data
    }
}

// MARK: - Programs

extension Deciding {
    /// The process of a program node asks for further nodes.
    mutating func emitted(_ number: Int, token: Int64, _ nodes: [NodeSpec]) throws {
        guard let step = state.steps[number], step.stage == .queued,
            case .program = plan(of: step).spec.action
        else { throw Interrupt.ignored("step \(number) is no running program") }
        hold(number, token: token)
        if step.child == 0 { openScope(.program, owner: number) }
        guard let scope = state.steps[number]?.child, state.scopes[scope]?.isRunning == true else {
            throw Interrupt.refused("the program's scope has failed; it can emit no further steps")
        }
        for node in nodes { try start(Instance(scope: scope, node: -1, own: node)) }
    }

    /// A node that the program emitted has ended; if the process has too, the program is over.
    mutating func programAdvanced(_ scope: ScopeState) throws {
        guard scope.live == 0, let owner = state.steps[scope.owner], owner.stage == .waiting else { return }
        let output = try task(scope.owner)?.row.checkpoint
        try complete(scope.owner, output ?? .null)
    }
}
