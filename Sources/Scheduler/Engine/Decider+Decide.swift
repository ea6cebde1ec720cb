import Linux

extension Decider {
    /// What follows from an event.
    ///
    /// `now` is the decider's estimate of the database's clock; it is recorded, and `$now()` says it.
    public func decide(_ event: RunEvent, on view: RunView, now: Timestamp) -> Decision {
        let level = view.definition.workflow.level
        guard level <= workerLevel else {
            let message = "the workflow needs release level \(level), and this engine has \(workerLevel)"
            return .refused(CommandRefusal(message: message))
        }
        var deciding = Deciding(self, view, now: now)
        do {
            try deciding.take(event)
            try deciding.settle()
            return .transition(
                deciding.projected(),
                deciding.transition.ends == nil ? deciding.state : nil,
                results: deciding.newResults
            )
        } catch Interrupt.needs(let needs) {
            return .needs(needs)
        } catch Interrupt.ignored(let reason) {
            return .ignored(reason: reason)
        } catch Interrupt.refused(let message) {
            return .refused(CommandRefusal(message: message))
        } catch {
            return .refused(CommandRefusal(message: "the event cannot be decided on: \(error)"))
        }
    }
}

extension Deciding {
    fileprivate mutating func take(_ event: RunEvent) throws {
        switch event {
        case .submitted(let submission): try submit(submission)
        case .attemptEnded(let end): try attemptEnded(end)
        case .attemptLost(let step, let token, let worker):
            try attemptLost(step, token: token, worker: worker)
        case .timerDue(let step, let kind): try timerDue(step, kind)
        case .proceed:
            guard state.mustProceed else { throw Interrupt.ignored("the run has gone on already") }
        case .emitted(let step, let token, let nodes): try emitted(step, token: token, nodes)
        case .cancel(let actor): try cancel(actor)
        case .terminate(let actor): try terminate(actor)
        case .pause(let actor): try pause(actor)
        case .resume(let actor): try resume(actor)
        }
    }
}
