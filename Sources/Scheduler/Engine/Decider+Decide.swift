import Linux

extension Decider {
    /// What follows from an event.
    ///
    /// `now` is the decider's estimate of the database's clock; it is recorded, and `$now()` says it.
    public func decide(_ event: RunEvent, on view: RunView, now: Timestamp) -> Decision {
        decide([event], on: view, now: now).decision
    }

    /// What follows from events of one run that come one after the other, in one transition.
    ///
    /// The rows are those that deciding and writing event by event would leave. It takes as many events as
    /// the bounds of a transition allow.
    public func decide(_ events: [RunEvent], on view: RunView, now: Timestamp) -> SeriesDecision {
        let level = view.definition.workflow.level
        guard level <= workerLevel else {
            let message = "the workflow needs release level \(level), and this engine has \(workerLevel)"
            return SeriesDecision(.refused(CommandRefusal(message: message)), events: 0)
        }
        var deciding = Deciding(self, view, now: now)
        var taken = 0
        do {
            repeat {
                try deciding.take(events[taken])
                try deciding.settle()
                taken += 1
            } while taken < events.count && deciding.hasRoom
            return SeriesDecision(deciding.decision(), events: taken)
        } catch let interrupt as Interrupt {
            return SeriesDecision(interrupt.decision, events: taken)
        } catch {
            let message = "the event cannot be decided on: \(error)"
            return SeriesDecision(.refused(CommandRefusal(message: message)), events: taken)
        }
    }
}

extension Interrupt {
    fileprivate var decision: Decision {
        switch self {
        case .needs(let needs): .needs(needs)
        case .ignored(let reason): .ignored(reason: reason)
        case .refused(let message): .refused(CommandRefusal(message: message))
        case .gone(let message): .refused(CommandRefusal(message: message, kind: .gone))
        case .invalid(let message, let violations):
            .refused(CommandRefusal(message: message, kind: .invalid(violations)))
        }
    }
}

extension RunEvent {
    /// Whether it may share a transition with other events of its run.
    ///
    /// What somebody asked for is decided alone: its answer is about it and nothing else.
    public var sharesTransition: Bool {
        switch self {
        case .attemptEnded, .attemptLost: true
        case .timerDue(_, let kind, _): kind != .proceed
        default: false
        }
    }
}

extension Deciding {
    fileprivate mutating func decision() -> Decision {
        .transition(projected(), transition.ends == nil ? state : nil, results: namedResults)
    }

    /// The new results that expressions may read by name: not those of items.
    private var namedResults: [Int: StepResult] {
        var results = newResults
        for step in transition.steps where state.scopes[step.scope]?.kind == .items {
            results[step.step] = nil
        }
        return results
    }
}

extension Deciding {
    fileprivate mutating func take(_ event: RunEvent) throws {
        switch event {
        case .submitted(let submission): try submit(submission)
        case .attemptEnded(let end): try attemptEnded(end)
        case .attemptLost(let step, let token, let worker, let isAlone):
            try attemptLost(step, token: token, worker: worker, isAlone: isAlone)
        case .timerDue(let step, let kind, let dueAt): try timerDue(step, kind, dueAt)
        case .proceed:
            guard state.mustProceed else { throw Interrupt.ignored("the run has gone on already") }
        case .emitted(let step, let token, let nodes): try emitted(step, token: token, nodes)
        case .signalled(let signal): try signalled(signal)
        case .answered(let answer): try answered(answer)
        case .hurry(let path, let actor): try hurry(path, actor)
        case .failAttempt(let path, let actor): try failAttempt(path, actor)
        case .resolve(let path, let output, let actor): try countAsDone(path, output, actor)
        case .cancel(let actor): try cancel(actor)
        case .terminate(let actor): try terminate(actor)
        case .pause(let actor, let freezes): try pause(actor, freezes: freezes)
        case .resume(let actor): try resume(actor)
        case .childEnded(let step, let child, let end): try childEnded(step, child, end)
        case .revive(let revival): try revive(revival)
        }
    }
}
