import JSON
import Linux

// What an attempt's end means for its step.

extension Deciding {
    mutating func attemptEnded(_ end: AttemptEnd) throws {
        let step = try running(end.step)
        hold(end.step, token: end.token)
        if let task = end.task {
            var row = NewTask(task, priority: step.priority, bound: plan(of: step).settings.bound)
            row.level = definition.workflow.level
            reported[end.step] = KnownTask(row: row, token: end.token)
        }
        if step.answered, step.stopping || !end.report.outcome.awaitsAnswer {
            transition.takesSignals.append(.answer(of: end.step))
        }
        if step.condemned, !step.stopping, end.report.outcome.isUndecided, let error = step.failure {
            return try failed(end, step, error)
        }
        switch end.report.outcome {
        case .succeeded(let output):
            carry(output)
            try succeeded(end, step, output)
        case .failed(let error): try failed(end, step, error)
        case .cancelled(let error):
            if step.stopping { try cancelled(end, error) } else { try failed(end, step, error) }
        case .snoozed(let milliseconds): try snoozed(end, step, milliseconds)
        case .deferred(let milliseconds): try deferred(end, step, milliseconds)
        case .handedBack(let reason): try handedBack(end, step, reason)
        }
    }

    /// A step that a worker may hold; one whose task was written since is held by nobody.
    private func running(_ number: Int) throws -> StepState {
        guard let step = state.steps[number], step.stage == .queued, written[number] == nil else {
            throw Interrupt.ignored("step \(number) runs no more")
        }
        return step
    }

    private mutating func succeeded(_ end: AttemptEnd, _ step: StepState, _ output: Payload) throws {
        try close(end, step, .succeeded)
        emit(.attemptSucceeded, step: end.step, facts(end, step))
        guard step.child != 0, let scope = state.scopes[step.child] else {
            return try complete(end.step, output)
        }
        if let error = scope.error { return try failProgram(end.step, error) }
        guard scope.live > 0 else { return try complete(end.step, output) }
        // The output waits with the task until what the program has emitted is over.
        emit(.stepWaiting, step: end.step)
        guard var row = try task(end.step)?.row else { return }
        row.status = .waiting
        row.checkpoint = output
        written[end.step] = row
    }

    private mutating func failed(_ end: AttemptEnd, _ step: StepState, _ error: StepError) throws {
        try close(end, step, .failed, error)
        let isFree = error.isHostFault
        var data = facts(end, step, error)
        if isFree { data["host_fault"] = true }
        if error.leavesUnknown { data["unknown"] = true }
        emit(.attemptFailed, step: end.step, data)
        if step.child != 0 { return try failProgram(end.step, error) }
        let policy = policy(of: step, end.report.manifest)
        if isFree, !step.stopping, step.losses + 1 < RetryPolicy.hostFaultBound, !policy.forbids(error.type),
            state.scopes[step.scope]?.isRunning == true || step.isCompensation(definition)
        {
            return try requeue(end.step, .backoff, after: hostFaultDelay(step), error)
        }
        try fail(end.step, error, manifest: end.report.manifest)
    }

    /// A host's fault may pass: 1 s, doubling.
    private func hostFaultDelay(_ step: StepState) -> Int64 { 1_000 << Int64(min(step.losses, 5)) }

    mutating func cancelled(_ end: AttemptEnd, _ error: StepError) throws {
        guard let step = state.steps[end.step] else { return }
        try close(end, step, .cancelled, error)
        var data = facts(end, step, error)
        data["unknown"] = true
        emit(.attemptCancelled, step: end.step, data)
        if let cause = state.scopes[step.child]?.error { return try failProgram(end.step, cause) }
        try finish(end.step, .stepCancelled, error: error)
    }

    /// A program's process has ended, and it fails as soon as what it has emitted has ended as well.
    private mutating func failProgram(_ number: Int, _ error: StepError) throws {
        guard let child = state.steps[number]?.child else { return }
        try fail(scope: child, error)
        guard let scope = state.scopes[child], scope.live == 0 else {
            emit(.stepWaiting, step: number)
            return try suspend(number, .waiting)
        }
        emit(.scopeClosed, path: path(of: number), ["scope": .integer(Int64(child))])
        try fail(number, scope.error ?? error)
    }

    private mutating func snoozed(_ end: AttemptEnd, _ step: StepState, _ milliseconds: Int64) throws {
        if step.stopping { return try cancelled(end, .cancelledWhile("snoozing")) }
        let elapsed = Timestamp(microseconds: step.since).milliseconds(until: now)
        if let within = policy(of: step, end.report.manifest).within, elapsed + milliseconds > within {
            let message = "still not ready after \(elapsed) ms, and `within` is \(within) ms"
            return try failed(
                end,
                step,
                StepError(type: ErrorType.timeout, message: message, retryable: false)
            )
        }
        try close(end, step, .snoozed)
        var data = facts(end, step)
        data["timer"] = .string(TimerKind.backoff.rawValue)
        data["delay_ms"] = .integer(milliseconds)
        emit(.attemptSnoozed, step: end.step, data)
        try suspend(end.step, .waiting)
        arm(.backoff, of: end.step, .after(milliseconds: milliseconds))
    }

    private mutating func handedBack(_ end: AttemptEnd, _ step: StepState, _ reason: String) throws {
        if step.stopping { return try finish(end.step, .stepCancelled) }
        if step.answered { return try settle(end.step, try keptAnswer(end.step)) }
        try requeueNow(end.step, ["reason": .string(reason)])
    }

    /// The worker that held the step is gone: run it again, by itself, unless it has been lost too often.
    ///
    /// Which of several steps has killed their worker nobody knows, so a loss that others share does not
    /// count (decision 22).
    mutating func attemptLost(_ number: Int, token: Int64, worker: String, isAlone: Bool) throws {
        let step = try running(number)
        guard let task = try task(number), task.token == token else {
            throw Interrupt.ignored("step \(number) is not held under token \(token)")
        }
        let answer = step.answered ? try keptAnswer(number) : nil
        hold(number, token: token)
        let error = StepError(
            type: ErrorType.workerLost,
            message: "worker \(worker) died or lost its lease while it ran the step",
            hasUnknownOutcome: true
        )
        var row = task.row
        row.append(
            Receipt(
                number: step.attempt,
                status: .lost,
                startedAt: task.startedAt,
                endedAt: now,
                worker: worker
            )
            .adding(error)
        )
        row.losses += 1
        row.spec.mustRunAlone = true
        reported[number] = KnownTask(row: row, token: token, startedAt: task.startedAt)
        var data: JSONObject = [
            "worker": .string(worker), "error": error.json, "host_fault": true, "unknown": true,
        ]
        if !isAlone { data["shared"] = true }
        emit(.attemptLost, step: number, data)
        if step.stopping { return try finish(number, .stepCancelled, error: error) }
        // Whoever answered worked on behalf of this attempt, and was told that the answer is kept.
        if let answer { return try settle(number, answer) }
        if step.condemned { return try fail(number, step.failure ?? error) }
        let isTooMuch = isAlone && step.losses + 1 >= RetryPolicy.hostFaultBound
        if isTooMuch || policy(of: step, nil).forbids(error.type) {
            return try fail(number, error)
        }
        try requeueNow(number)
    }
}

extension Outcome {
    /// Whether an answer that came early is of use after it.
    fileprivate var awaitsAnswer: Bool {
        switch self {
        case .deferred, .handedBack: true
        default: false
        }
    }

    /// Neither a result nor a failure of its own.
    fileprivate var isUndecided: Bool {
        switch self {
        case .succeeded, .failed: false
        case .cancelled, .snoozed, .deferred, .handedBack: true
        }
    }
}

extension StepError {
    static func cancelledWhile(_ what: String) -> StepError {
        StepError(type: ErrorType.cancelled, message: "cancelled while \(what)")
    }
}

// MARK: - Again

extension Deciding {
    func policy(of step: StepState, _ manifest: Settings?) -> RetryPolicy {
        let plan = plan(of: step)
        return RetryPolicy(plan.spec, settings: plan.settings, manifest: manifest)
    }

    func grant(
        _ step: StepState,
        _ plan: NodePlan,
        _ error: StepError,
        _ manifest: Settings?
    ) -> RetryPolicy.Grant? {
        guard plan.runsProgram || !plan.spec.retry.isEmpty, !isRepeated(step, plan) else { return nil }
        var random = SplitMix64(
            state: decider.seed ^ view.run.high ^ view.run.low &* 31 ^ UInt64(step.since)
                ^ UInt64(step.attempt) << 32
        )
        return policy(of: step, manifest).grant(
            error,
            used: step.retries,
            elapsed: Timestamp(microseconds: step.since).milliseconds(until: now),
            random: random.unit()
        )
    }

    /// The next attempt comes after a pause; a scope opens a new generation then.
    mutating func retryLater(_ number: Int, _ error: StepError, rule: Int, after milliseconds: Int64) throws {
        guard let step = state.steps[number] else { return }
        let plan = plan(of: step)
        guard plan.runsProgram || plan.spec.action.opensScope else {
            return try finish(number, .stepFailed, error: error)
        }
        var row = try task(number)?.row
        clearTimers(of: number, step.timers)
        emit(
            .stepRetrying,
            step: number,
            [
                "error": error.json, "rule": .integer(Int64(rule)), "delay_ms": .integer(milliseconds),
            ]
        )
        row?.attempt += 1
        row?.losses = 0
        row?.spec.awaits = nil
        row?.spec.deferral = nil
        row?.spec.previousError = error
        if let limits = policy(of: step, nil).escalated(
            row?.spec.limits ?? plan.settings.limits,
            on: error.type
        ) {
            row?.spec.limits = limits
        }
        row?.status = .backoff
        written[number] = row
        arm(.backoff, of: number, .after(milliseconds: milliseconds))
    }

    /// The same attempt again after a host's fault.
    private mutating func requeue(
        _ number: Int,
        _ status: TaskStatus,
        after milliseconds: Int64,
        _ error: StepError
    ) throws {
        guard var row = try task(number)?.row else { return }
        emit(.timerSet, step: number, ["timer": .string(TimerKind.backoff.rawValue)])
        row.losses += 1
        row.status = status
        row.spec.previousError = error
        written[number] = row
        arm(.backoff, of: number, .after(milliseconds: milliseconds))
    }

    /// Back into the queue at once, or out of sight while the run is paused.
    mutating func requeueNow(_ number: Int, _ more: JSONObject = [:]) throws {
        guard let step = state.steps[number], var row = try task(number)?.row else { return }
        let plan = plan(of: step)
        var data = queueTimer(plan)
        for (key, value) in more { data[key] = value }
        emit(.stepQueued, step: number, data)
        row.spec.awaits = nil
        row.spec.deferral = nil
        row.status = state.paused ? .blocked : .ready
        written[number] = row
        armQueueTimeout(number, plan)
    }

    mutating func suspend(_ number: Int, _ status: TaskStatus) throws {
        guard var row = try task(number)?.row else { return }
        row.status = status
        written[number] = row
    }
}

// MARK: - Receipts

extension Deciding {
    /// Adds the attempt's receipt to the task.
    mutating func close(
        _ end: AttemptEnd,
        _ step: StepState,
        _ status: AttemptStatus,
        _ error: StepError? = nil
    ) throws {
        clearTimers(of: end.step, step.timers)
        guard var held = try task(end.step) else { return }
        let receipt = Receipt(
            number: step.attempt,
            status: status,
            queuedAt: end.task?.queuedAt,
            startedAt: end.startedAt,
            endedAt: end.endedAt,
            worker: end.worker,
            report: end.report
        )
        held.row.append(receipt.adding(error))
        if let checkpoint = end.report.checkpoint { held.row.checkpoint = checkpoint }
        held.row.spec.mustRunAlone = false
        held.token = end.token
        held.startedAt = held.startedAt ?? end.startedAt
        reported[end.step] = held
    }

    func facts(_ end: AttemptEnd, _ step: StepState, _ error: StepError? = nil) -> JSONObject {
        var data: JSONObject = [
            "attempt": .integer(Int64(step.attempt)), "worker": .string(end.worker),
            "started_at": end.startedAt.json,
        ]
        data["queued_at"] = end.task?.queuedAt?.json
        data["error"] = error?.json
        return data
    }
}
