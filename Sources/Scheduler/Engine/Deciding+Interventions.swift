import JSON
import Linux

// What an operator does to one step.

extension Deciding {
    /// Ends a back-off, a sleep, a snooze or the pause between two rounds.
    mutating func hurry(_ path: String, _ actor: Actor) throws {
        let number = try liveStep(path)
        guard let step = state.steps[number] else { return }
        guard !state.paused else { throw Interrupt.refused("the run is paused; resume it first") }
        let kinds: Set<TimerKind> = [.sleep, .backoff, .round]
        guard let kind = step.timers.first(where: kinds.contains) else {
            throw Interrupt.refused("\(path) neither sleeps nor waits for its next attempt")
        }
        clearTimers(of: number, [kind])
        emit(.timerCut, step: number, actor.data(adding: ["timer": .string(kind.rawValue)]))
        try fired(number, step, kind)
    }

    /// Ends the attempt under way as failed; the step's retry rules decide what comes of it.
    mutating func failAttempt(_ path: String, _ actor: Actor) throws {
        let number = try liveStep(path)
        guard let step = state.steps[number] else { return }
        let why = actor.reason.map { ": \($0)" } ?? ""
        let error = StepError(type: ErrorType.cancelled, message: "ended as failed by \(actor.name)\(why)")
        if step.stage == .waiting, step.awaits == .callback {
            emit(.stepFailRequested, step: number, actor.data(adding: ["error": error.json]))
            return try settle(number, .failed(error))
        }
        guard step.stage == .queued, let task = try task(number), task.token != nil else {
            throw Interrupt.refused("\(path) has no attempt under way")
        }
        guard !step.stopping, !step.condemned else {
            throw Interrupt.ignored("the attempt is told to stop already")
        }
        transition.cancels.append(number)
        emit(.stepFailRequested, step: number, actor.data(adding: ["error": error.json]))
    }

    /// Counts a step, or a compensation, as done whose attempt failed and which waits for its next.
    mutating func countAsDone(_ path: String, _ output: Payload, _ actor: Actor) throws {
        let number = try liveStep(path)
        guard state.steps[number]?.stage == .backoff else {
            throw Interrupt.refused("\(path) has not failed, or is being dealt with")
        }
        emit(.stepResolved, step: number, actor.data(adding: [:]))
        try complete(number, output)
    }

    /// The live step with a public path.
    func liveStep(_ path: String) throws -> Int {
        let found = state.steps.first { state.path(of: $0.value, definition) == path }
        guard let found else { throw Interrupt.refused("\(path) is not under way") }
        return found.key
    }
}
