extension HistoryEvent {
    /// What may happen in a run.
    ///
    /// Kinds are added, never changed or taken away.
    public enum Kind: String, Sendable, CaseIterable {
        case runStarted = "run.started"
        case runPaused = "run.paused"
        case runResumed = "run.resumed"
        case runCancelRequested = "run.cancel_requested"
        case runTimedOut = "run.timed_out"
        case runFailing = "run.failing"
        case runSucceeded = "run.succeeded"
        case runFailed = "run.failed"
        case runCancelled = "run.cancelled"
        case runTerminated = "run.terminated"

        case compensationStarted = "compensation.started"
        case compensationCompleted = "compensation.completed"
        case compensationFailed = "compensation.failed"
        case alwaysStarted = "always.started"

        case scopeOpened = "scope.opened"
        case scopeClosed = "scope.closed"
        case scopeFailing = "scope.failing"
        case branchTaken = "branch.taken"
        case variablesAssigned = "variables.assigned"

        case stepQueued = "step.queued"
        case stepWaiting = "step.waiting"
        case stepCancelRequested = "step.cancel_requested"
        case attemptSucceeded = "attempt.succeeded"
        case attemptFailed = "attempt.failed"
        case attemptCancelled = "attempt.cancelled"
        case attemptSnoozed = "attempt.snoozed"
        case attemptDeferred = "attempt.deferred"
        case attemptLost = "attempt.lost"
        case timerFired = "timer.fired"
        case stepSucceeded = "step.succeeded"
        case stepFailed = "step.failed"
        case stepSkipped = "step.skipped"
        case stepCancelled = "step.cancelled"
    }
}
