import Linux

/// What is known of a step that has not ended and that no worker runs, or of a run that has not started.
struct WaitFacts: Sendable {
    /// Nil for the run itself.
    var step: Int?
    var path: String?
    /// Nil for a run that waits for its start.
    var status: TaskStatus?
    var isRunPaused = false

    var queue = "default"
    var isQueuePaused = false
    /// What the operator's `concurrency` and `rate` of the queue leave now; nil without one.
    var queueSlotsLeft: Int?
    var queueStartsLeft: Int?
    /// Live workers that serve the queue and are not draining.
    var workers: [WorkerFacts] = []
    var needs: [String] = []

    /// Its entry in a line; nil where it stands in none.
    var admission: Admission?
    /// Who holds the slots of its key, the oldest first, and how many there are.
    var holders: [RunID] = []
    var slotsHeld = 0
    /// When a start under its rate key counts no more, so that the next may start.
    var rateUntil: Timestamp?

    /// A sleep, a back-off, a pause between rounds, or the start of the run.
    var timerUntil: Timestamp?
    /// By when what it waits for must have come.
    var timeoutUntil: Timestamp?
    var awaits: Awaited?
    /// The child run that it has started.
    var child: RunID?
    /// Of its attempt before.
    var previousError: StepError?
}

/// A live worker, as far as routing asks.
struct WorkerFacts: Sendable, Hashable {
    /// Nil for one that does not say: it is taken to do everything.
    var abilities: Set<String>?
}
