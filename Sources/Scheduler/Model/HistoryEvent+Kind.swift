extension HistoryEvent {
    /// What may happen in a run.
    ///
    /// Kinds are added, never changed or taken away.
    public enum Kind: String, Sendable, CaseIterable {
        case runScheduled = "run.scheduled"
        /// It waits for its slot.
        case runQueued = "run.queued"
        case runStarted = "run.started"
        case runPaused = "run.paused"
        /// Its processes and their clocks stand still until it is resumed, or ended.
        case runFrozen = "run.frozen"
        case runResumed = "run.resumed"
        case runCancelRequested = "run.cancel_requested"
        case runTimedOut = "run.timed_out"
        /// The steps have ended; `status` is the end to come.
        case runConcluded = "run.concluded"
        /// A transition stopped at its bound; another goes on.
        case runContinues = "run.continues"
        case runSucceeded = "run.succeeded"
        case runFailed = "run.failed"
        case runCancelled = "run.cancelled"
        case runTerminated = "run.terminated"
        /// It had ended and goes on from `state`: `steps` begin again, the ends of `withdrawn` count no more.
        case runRetried = "run.retried"

        case compensationStarted = "compensation.started"
        case compensationCompleted = "compensation.completed"
        case compensationFailed = "compensation.failed"
        /// A run begins that undoes what another has done; `state` is where it begins.
        case undoStarted = "undo.started"
        case alwaysStarted = "always.started"

        case scopeOpened = "scope.opened"
        case scopeClosed = "scope.closed"
        case scopeFailing = "scope.failing"
        case branchTaken = "branch.taken"
        case variablesAssigned = "variables.assigned"

        case stepEntered = "step.entered"
        case stepQueued = "step.queued"
        case stepWaiting = "step.waiting"
        case stepCancelRequested = "step.cancel_requested"
        case attemptSucceeded = "attempt.succeeded"
        case attemptFailed = "attempt.failed"
        case attemptCancelled = "attempt.cancelled"
        case attemptSnoozed = "attempt.snoozed"
        case attemptDeferred = "attempt.deferred"
        case attemptLost = "attempt.lost"
        /// Accepted; a `wait` takes it at once or later.
        case signalReceived = "signal.received"
        case signalTaken = "signal.taken"
        /// An answer by an attempt's callback token.
        case callbackReceived = "callback.received"
        /// An operator ends its attempt as failed.
        /// An operator counts it as done.
        case stepResolved = "step.resolved"
        case stepFailRequested = "step.fail_requested"
        case timerSet = "timer.set"
        case timerFired = "timer.fired"
        /// An operator ended it before it was due.
        case timerCut = "timer.cut"
        /// Due while the run is paused; it fires at `resume`.
        case timerHeld = "timer.held"
        /// Failed for good, or for this generation; what was done in it is undone now.
        case stepFailing = "step.failing"
        /// It will be tried again; `rule` and `delay_ms` say why and when.
        case stepRetrying = "step.retrying"
        case stepHandling = "step.handling"
        /// Done by another run, of which this is a rerun.
        case stepKept = "step.kept"
        case stepSucceeded = "step.succeeded"
        case stepFailed = "step.failed"
        case stepSkipped = "step.skipped"
        case stepCancelled = "step.cancelled"
    }
}
