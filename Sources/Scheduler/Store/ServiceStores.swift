import Linux

/// What the lease keeper and the rescuer need of the store.
public protocol LeaseStore {
    /// Adds the worker with a lease of so long.
    func register(_ worker: WorkerID, about: String, level: Int, leaseMilliseconds: Int64) throws(StoreError)

    /// Prolongs a lease that has not expired, and reads what the worker holds; nil when it has expired.
    func renew(_ worker: WorkerID, leaseMilliseconds: Int64) throws(StoreError) -> [HeldTask]?

    /// Whether an operator told the worker to claim nothing more.
    func isDraining(_ worker: WorkerID) throws(StoreError) -> Bool

    /// Says what the worker can do, for whoever asks why a step waits; nil is everything.
    func tell(_ worker: WorkerID, abilities: Set<String>?) throws(StoreError)

    /// Says what the worker is and has, which has changed.
    func tell(_ worker: WorkerID, about: String) throws(StoreError)

    /// Takes the worker off the list.
    func deregister(_ worker: WorkerID) throws(StoreError)

    /// Whether a task that must run alone waits for a worker to make room, and this is the one: of those that
    /// can, it has the least to do.
    func mustMakeRoom(_ worker: WorkerID) throws(StoreError) -> Bool

    /// Running tasks whose worker is not alive, and tasks past their bound whoever holds them.
    func orphans(limit: Int) throws(StoreError) -> [OrphanedTask]
}

/// A task that the database gives to a worker.
public struct HeldTask: Sendable, Hashable {
    public var run: RunID
    public var step: Int
    public var token: Int64
    public var isCancelled: Bool
    /// Its run is frozen.
    public var isFrozen: Bool

    public init(run: RunID, step: Int, token: Int64, isCancelled: Bool, isFrozen: Bool = false) {
        self.run = run
        self.step = step
        self.token = token
        self.isCancelled = isCancelled
        self.isFrozen = isFrozen
    }
}

/// A task whose worker is gone or will not give it up.
public struct OrphanedTask: Sendable, Hashable {
    public var run: RunID
    public var step: Int
    public var token: Int64
    public var worker: String
    /// Its worker held no other task.
    public var isAlone: Bool

    public init(run: RunID, step: Int, token: Int64, worker: String, isAlone: Bool = true) {
        self.run = run
        self.step = step
        self.token = token
        self.worker = worker
        self.isAlone = isAlone
    }
}

/// What the timer service needs of the store.
public protocol TimerStore {
    /// Timers that are due by the database's clock, the oldest first, read without locks.
    func due(limit: Int) throws(StoreError) -> DueTimers
}

/// Due timers, and when to look again.
public struct DueTimers: Sendable {
    public var timers: [(run: RunID, key: TimerKey, dueAt: Timestamp)]
    /// When the next one that is not due yet will be; nil for none.
    public var next: Timestamp?
    public var now: Timestamp

    public init(timers: [(run: RunID, key: TimerKey, dueAt: Timestamp)], next: Timestamp?, now: Timestamp) {
        self.timers = timers
        self.next = next
        self.now = now
    }
}

/// What the courier needs of the store.
public protocol OutboxStore: RevivalStore {
    /// Messages that nobody has heard for so long, the oldest first.
    func messages(olderThan age: Duration, limit: Int) throws(StoreError) -> [Message]

    /// Takes a message away that changes nothing.
    func discard(_ key: Message.Key) throws(StoreError)

    /// Whether a message is under way with which this run begins.
    func mayBegin(_ run: RunID) throws(StoreError) -> Bool

    /// The identity of a version of a workflow, the newest with nil; nil when there is none.
    func newestDefinition(of workflow: String, version: Int?) throws(StoreError) -> Int64?
}

/// What it takes to undo a run that has ended, to take it up again, or to start another from its results.
public protocol RevivalStore: Store {
    /// A run that has ended, with its whole history; nil while it is live, or when it is gone.
    func ended(_ run: RunID) throws(StoreError) -> EndedRun?

    /// The rows of steps that have ended.
    func endedSteps(_ steps: [Int], of run: RunID) throws(StoreError) -> [Int: EndedStep]

    /// The rows of steps that have ended in a scope, and of all compensations.
    func endedSteps(ofScope scope: Int, of run: RunID) throws(StoreError) -> [EndedStep]
}

/// A run that has ended, with all that it was.
public struct EndedRun: Sendable {
    public var definition: Int64
    public var facts: RunFacts
    public var end: RunEnd
    public var history: [HistoryEvent]

    public init(definition: Int64, facts: RunFacts, end: RunEnd, history: [HistoryEvent]) {
        self.definition = definition
        self.facts = facts
        self.end = end
        self.history = history
    }
}
