import JSON
import Linux

// What people ask of a run.

extension Deciding {
    mutating func cancel(_ actor: Actor) throws {
        switch state.phase {
        case .scheduled, .queued, .running: break
        case .cancelling: throw Interrupt.ignored("the run is being cancelled already")
        case .compensating, .ending:
            throw Interrupt.refused(
                "the run's steps have ended; it is \(state.phase.rawValue) and ends by itself"
            )
        }
        guard state.conclusion == nil else {
            throw Interrupt.refused("the run has failed and is stopping; it ends by itself")
        }
        let wasPaused = state.paused
        try unpause()
        let error = StepError(
            type: ErrorType.cancelled,
            message: actor.reason.map { "cancelled by \(actor.name): \($0)" } ?? "cancelled by \(actor.name)"
        )
        clearRunTimeout()
        emit(.runCancelRequested, actor.data(adding: ["error": error.json]))
        guard state.root != 0 else {
            emit(.runCancelled, ["error": error.json])
            return end(RunEnd(status: .cancelled, compensation: .none, output: nil, error: error))
        }
        try cancel(scope: state.root)
        if wasPaused { followDue() }
    }

    private mutating func followDue() {
        for work in state.dueWork(definition) { follow(work) }
    }

    /// Ends the run at once: nothing is undone, `always` does not run.
    mutating func terminate(_ actor: Actor) throws {
        let error = StepError(
            type: ErrorType.cancelled,
            message: actor.reason.map { "terminated by \(actor.name): \($0)" }
                ?? "terminated by \(actor.name)"
        )
        for number in state.steps.keys.sorted(by: >) {
            guard let step = state.steps[number] else { continue }
            let task = try ending(number, step, plan(of: step))
            let path = path(of: number)
            emit(.stepCancelled, step: number)
            if let child = step.childRun {
                send(.terminate(reason: error.message), to: child, about: number)
            }
            let result = StepResult(
                status: .cancelled,
                output: .null,
                error: error,
                attempts: step.attempt,
                input: task?.row.input
            )
            record(number, step, path: path, result, task, compensates: false)
        }
        emit(.runTerminated, actor.data(adding: ["error": error.json]))
        end(RunEnd(status: .terminated, compensation: state.compensation, output: nil, error: error))
    }

    /// A run that is paused can still be frozen.
    mutating func pause(_ actor: Actor, freezes: Bool) throws {
        guard !state.paused || freezes && state.freeze != .on else {
            throw Interrupt.ignored("the run is \(state.freeze == .on ? "frozen" : "paused") already")
        }
        guard state.phase != .cancelling else {
            throw Interrupt.refused("the run is being cancelled and cannot be paused")
        }
        if !state.paused { try startNothing(actor) }
        if freezes {
            transition.freeze = .begins(by: actor.name)
            emit(.runFrozen, actor.data(adding: [:]))
        }
        tellChildren(.pause(freezes: freezes))
    }

    /// Takes out of the queues what waits there, and stops the clock of the run.
    private mutating func startNothing(_ actor: Actor) throws {
        var data = actor.data(adding: [:])
        if let deadline = state.deadline, state.conclusion == nil {
            data["time_left_ms"] = .integer(max(0, now.milliseconds(until: deadline)))
            transition.clearsTimers.append(.runTimeout)
        }
        for number in state.steps.keys.sorted() where state.steps[number]?.stage == .queued {
            guard let held = try task(number), held.token == nil else { continue }
            // What is blocked already stands in line for admission, and leaves it.
            guard held.status == .ready || held.status == .blocked else { continue }
            hold(number, token: nil)
            var row = held.row
            row.status = .blocked
            written[number] = row
        }
        emit(.runPaused, data)
    }

    mutating func resume(_ actor: Actor) throws {
        guard state.paused else { throw Interrupt.ignored("the run is not paused") }
        try unpause()
        emit(.runResumed, actor.data(adding: [:]))
        tellChildren(.resume)
        followDue()
    }

    /// Puts back what a pause took out: tasks, timers that came due, the run's time-out, frozen processes.
    private mutating func unpause() throws {
        guard state.paused else { return }
        if state.freeze == .on { transition.freeze = .ends }
        for number in state.steps.keys.sorted() where state.steps[number]?.stage == .queued {
            guard let held = try task(number), held.status == .blocked else { continue }
            var row = held.row
            row.status = .ready
            written[number] = row
        }
        for key in state.held {
            transition.timers.append(NewTimer(step: key.step, kind: key.kind, due: .after(milliseconds: 0)))
        }
        if let left = state.timeLeft {
            transition.timers.append(NewTimer(step: 0, kind: .runTimeout, due: .after(milliseconds: left)))
        }
    }
}

// MARK: - Timers

extension Deciding {
    mutating func timerDue(_ number: Int, _ kind: TimerKind, _ dueAt: Timestamp?) throws {
        let key = TimerKey(step: number, kind: kind)
        if let dueAt {
            // What this very transition sets can have been found due by nobody.
            guard !transition.timers.contains(where: { $0.key == key }) else {
                throw Interrupt.ignored("the timer has fired, and is set anew")
            }
            transition.firesTimers.append(FiringTimer(key: key, dueAt: dueAt))
        }
        clearTimers(of: number, [kind])
        switch kind {
        case .start: return try startDue()
        case .runTimeout: return try runTimedOut()
        case .proceed:
            guard state.mustProceed else { throw Interrupt.ignored("the run has gone on already") }
            transition.clearsTimers.removeLast()
            return
        case .sleep, .backoff, .round, .timeout, .heartbeat, .queueTimeout: break
        }
        // Should a row be left over, it is cleared, or it would come due for ever.
        guard let step = state.steps[number], step.timers.contains(kind) else { return }
        if state.paused {
            return emit(.timerHeld, step: number, ["timer": .string(kind.rawValue)])
        }
        emit(.timerFired, step: number, ["timer": .string(kind.rawValue)])
        try fired(number, step, kind)
    }

    mutating func fired(_ number: Int, _ step: StepState, _ kind: TimerKind) throws {
        switch (kind, step.stage) {
        case (.sleep, .waiting): try complete(number, .null)
        case (.backoff, .backoff) where plan(of: step).spec.action.opensScope: try reopen(number, step)
        case (.backoff, _): try requeueNow(number)
        case (.round, .open):
            guard let scope = state.scopes[step.child], scope.isRunning else { return }
            try startRound(step.child, scope)
        case (.timeout, .open):
            let message = "the step took longer than its `timeout`"
            try fail(scope: step.child, StepError(type: ErrorType.timeout, message: message))
        case (.timeout, .waiting):
            if case .signal(let name) = step.awaits { return try signalOverdue(number, name) }
            if let child = step.childRun { return childOverdue(number, step, child) }
            try answerOverdue(number, ErrorType.timeout)
        case (.heartbeat, .waiting): try answerOverdue(number, ErrorType.heartbeatTimeout)
        case (.queueTimeout, .queued): try queueTimedOut(number, step)
        default: break
        }
    }

    private mutating func queueTimedOut(_ number: Int, _ step: StepState) throws {
        guard let task = try task(number), task.token == nil else {
            // A worker was quicker.
            return
        }
        hold(number, token: nil)
        let error = StepError(type: ErrorType.queueTimeout, message: "no worker took the step in time")
        emit(.attemptFailed, step: number, ["error": error.json])
        try fail(number, error)
    }

    /// A scope that failed is opened again, as a further generation.
    private mutating func reopen(_ number: Int, _ step: StepState) throws {
        let plan = plan(of: step)
        let place = try place(of: step)
        var scope: Int?
        do {
            switch plan.spec.action {
            case .group(let group): scope = group
            case .choice(let branches):
                for (index, branch) in branches.enumerated() where scope == nil {
                    if let when = plan.branches[index], !(try holds(when, at: place)) { continue }
                    scope = branch.scope
                }
            default: break
            }
        } catch let error as StepError {
            return try finish(number, .stepFailed, error: error)
        }
        guard let scope else { return try complete(number, Payload(["branch": nil, "output": nil])) }
        if let timeout = plan.settings.timeoutMilliseconds {
            emit(.timerSet, step: number, ["timer": .string(TimerKind.timeout.rawValue)])
            arm(.timeout, of: number, .after(milliseconds: timeout))
        }
        try suspend(number, .waiting)
        open(specScope: scope, owner: number)
    }

    private mutating func startDue() throws {
        guard state.root == 0 else { return }
        switch state.phase {
        case .scheduled: try enterRun([:], holdsSlot: false)
        // Its slot was given, and this timer set, in one transaction.
        case .queued: startRun([:])
        default: return
        }
    }

    private mutating func runTimedOut() throws {
        guard state.conclusion == nil, let root = state.scopes[state.root], root.isRunning else { return }
        let error = StepError(
            type: ErrorType.timeout,
            message:
                "the run took longer than its `timeout` of \(definition.workflow.timeoutMilliseconds ?? 0) ms"
        )
        emit(.runTimedOut, ["error": error.json])
        try fail(scope: state.root, error)
    }
}
