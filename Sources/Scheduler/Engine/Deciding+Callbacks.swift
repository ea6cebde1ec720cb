import JSON
import JSONSchema
import Linux

// Attempts that have deferred, and what is answered in their place.

extension Deciding {
    mutating func deferred(_ end: AttemptEnd, _ step: StepState, _ milliseconds: Int64?) throws {
        if step.stopping { return try cancelled(end, .cancelledWhile("deferred")) }
        let early = step.answered ? try keptAnswer(end.step) : nil
        try close(end, step, .deferred)
        let own = plan(of: step)
        let manifest = end.report.manifest
        let timeout =
            milliseconds ?? own.spec.settings.timeoutMilliseconds ?? manifest?.timeoutMilliseconds
            ?? own.settings.timeoutMilliseconds
        var data = facts(end, step)
        data["callback"] = true
        if timeout != nil { data["timer"] = .string(TimerKind.timeout.rawValue) }
        emit(.attemptDeferred, step: end.step, data)
        guard var row = try task(end.step)?.row else { return }
        row.status = .waiting
        row.spec.awaits = .callback
        row.spec.deferral = Deferral(output: end.report.outputSchema, manifest: manifest)
        written[end.step] = row
        // Its slot is held until the answer.
        keepsAdmission.insert(end.step)
        if let timeout { arm(.timeout, of: end.step, .after(milliseconds: timeout)) }
        try expectHeartbeat(end.step, row)
        if let early { try settle(end.step, early) }
    }

    /// An answer, or a heartbeat, has come by the token of an attempt.
    mutating func answered(_ answer: CallbackAnswer) throws {
        let number = answer.token.step
        guard let step = state.steps[number] else { throw Self.gone("its step has ended") }
        guard let tasks = view.tasks else { throw Interrupt.needs(Needs(tasks: true)) }
        guard let facts = tasks[number], facts.callback == answer.token.hash else {
            throw Self.gone("a later attempt has another token")
        }
        switch step.stage {
        case .queued where facts.token != nil: try keep(answer.content, step: number, step)
        case .waiting where step.awaits == .callback: try take(answer.content, step: number)
        default: throw Self.gone("its attempt is over")
        }
    }

    /// The process of the attempt is still there: the answer counts once it has ended.
    private mutating func keep(_ content: CallbackAnswer.Content, step number: Int, _ step: StepState) throws
    {
        if case .heartbeat(let checkpoint) = content {
            guard checkpoint == nil else {
                throw Interrupt.refused("the attempt's process still runs; its checkpoints come from itself")
            }
            throw Interrupt.ignored("the attempt's process still runs")
        }
        guard !step.answered else { throw Self.gone("it was answered before") }
        emit(.callbackReceived, step: number, content.data(adding: ["early": true]))
        transition.signals.append(KeptSignal(key: .answer(of: number), payload: content.payload))
    }

    private mutating func take(_ content: CallbackAnswer.Content, step number: Int) throws {
        guard var row = try task(number)?.row else { return }
        if case .heartbeat(let checkpoint) = content {
            if let checkpoint { row.checkpoint = checkpoint }
            written[number] = row
            keepsAdmission.insert(number)
            return try rearmHeartbeat(number, row)
        }
        if case .completed(let output) = content, let invalid = row.spec.deferral?.violations(of: output) {
            throw Interrupt.invalid(
                "the output does not fit the plugin's schema; the step still waits",
                invalid
            )
        }
        emit(.callbackReceived, step: number, content.data(adding: [:]))
        try settle(number, content)
    }

    /// The step goes on with what was answered.
    mutating func settle(_ number: Int, _ content: CallbackAnswer.Content) throws {
        guard let step = state.steps[number] else { return }
        let deferral = try task(number)?.row.spec.deferral
        switch content {
        case .heartbeat: break
        case .failed(let error): try answerFailed(number, step, error)
        case .completed(let output):
            if let violations = deferral?.violations(of: output) {
                let message = "the answer does not fit the plugin's schema: \(violations[0])"
                return try answerFailed(
                    number,
                    step,
                    StepError(type: ErrorType.invalidOutput, message: message)
                )
            }
            try complete(number, output)
        }
    }

    private mutating func answerFailed(_ number: Int, _ step: StepState, _ error: StepError) throws {
        let manifest = try task(number)?.row.spec.deferral?.manifest
        clearTimers(of: number, step.timers)
        emit(.attemptFailed, step: number, ["attempt": .integer(Int64(step.attempt)), "error": error.json])
        try fail(number, error, manifest: manifest)
    }

    /// The time of an answer is over, or whoever works on it has been silent too long.
    mutating func answerOverdue(_ number: Int, _ type: String) throws {
        guard let step = state.steps[number] else { return }
        let message = type == ErrorType.timeout ? "no answer came in time" : "no heartbeat came in time"
        try answerFailed(number, step, StepError(type: type, message: message, hasUnknownOutcome: true))
    }

    /// The answer that was kept while the attempt's process ran; it is taken with this transition.
    mutating func keptAnswer(_ number: Int) throws -> CallbackAnswer.Content {
        let key = SignalKey.answer(of: number)
        guard let payload = view.signals[key] else { throw Interrupt.needs(Needs(signals: [key])) }
        transition.takesSignals.append(key)
        return CallbackAnswer.Content(kept: payload)
    }

    private mutating func expectHeartbeat(_ number: Int, _ row: NewTask) throws {
        guard heartbeat(of: number, row) != nil else { return }
        emit(.timerSet, step: number, ["timer": .string(TimerKind.heartbeat.rawValue)])
        try rearmHeartbeat(number, row)
    }

    private mutating func rearmHeartbeat(_ number: Int, _ row: NewTask) throws {
        guard let silence = heartbeat(of: number, row) else { return }
        arm(.heartbeat, of: number, .after(milliseconds: silence))
    }

    private func heartbeat(of number: Int, _ row: NewTask) -> Int64? {
        guard let step = state.steps[number] else { return nil }
        let plan = plan(of: step)
        return plan.spec.settings.heartbeatMilliseconds ?? row.spec.deferral?.manifest?.heartbeatMilliseconds
            ?? plan.settings.heartbeatMilliseconds
    }

    private static func gone(_ why: String) -> Interrupt {
        .gone("this callback takes no answer any more: \(why)")
    }
}

extension SignalKey {
    /// Under which an answer is kept; a signal's name is never empty.
    static func answer(of step: Int) -> SignalKey { SignalKey(name: "", number: step) }
}

extension CallbackAnswer.Content {
    fileprivate func data(adding more: JSONObject) -> JSONObject {
        var data = more
        switch self {
        case .completed: data["answer"] = "complete"
        case .failed(let error):
            data["answer"] = "fail"
            data["error"] = error.json
        case .heartbeat: data["answer"] = "heartbeat"
        }
        return data
    }
}

extension Deferral {
    /// What of the schema an output does not fit; nil if it fits, or nothing is known of it.
    fileprivate func violations(of output: Payload) -> [Violation]? {
        guard let document = self.output, let schema = try? Schema.compile(document) else { return nil }
        let violations = schema.violations(of: output.value)
        return violations.isEmpty ? nil : violations
    }
}
