import JSON
import Linux

/// Where runs are kept.
///
/// Postgres in production, memory in the simulation.
///
/// One thread at a time uses a store; calls block. What another decided first comes back as a value, what
/// went wrong as a ``StoreError``.
public protocol Store {
    /// Writes the batch in one transaction, and claims in the same one.
    ///
    /// Transitions are independent: one that has been overtaken drops out alone. The results come in order.
    func commit(_ batch: Batch) throws(StoreError) -> BatchResult

    /// Reads live runs as they are now; those that have ended or never were are left out.
    func load(_ runs: [RunID], withTasks: Bool) throws(StoreError) -> [RunSnapshot]

    /// The results of ended steps of a run, of live and of ended runs.
    func results(of steps: [Int], in run: RunID) throws(StoreError) -> [Int: StepResult]

    /// The payloads of kept signals of a run.
    func signals(_ keys: Set<SignalKey>, of run: RunID) throws(StoreError) -> [SignalKey: Payload]

    /// What live steps were given, as results of steps that run.
    func inputs(of steps: [Int], in run: RunID) throws(StoreError) -> [Int: StepResult]

    /// The outputs of a foreach's ended items, of which `first` is the first.
    func items(of scope: Int, from first: Int, in run: RunID) throws(StoreError) -> ItemOutputs

    /// A definition by its identity.
    func definition(_ id: Int64) throws(StoreError) -> StoredDefinition?
}

/// Transitions of different runs and a claim, for one transaction.
public struct Batch: Sendable {
    public var transitions: [Transition]
    public var claim: ClaimRequest?

    public init(transitions: [Transition], claim: ClaimRequest? = nil) {
        self.transitions = transitions
        self.claim = claim
    }
}

/// What a worker would like to claim.
public struct ClaimRequest: Sendable {
    public var worker: WorkerID
    /// Queues that this worker serves, in order of preference.
    public var queues: [String]
    public var level: Int
    public var limit: Int
    /// Successors of the batch's own transitions are claimed first, up to this many.
    public var successors: Int
    /// Of the callback tokens of what is claimed; none are made of an empty one.
    public var callbackSeed: [UInt8]
    /// What the worker can do, in the words of ``TaskSpec/needs``; nil for everything.
    public var abilities: Set<String>?
    /// How many tasks of each queue it runs already, for the shares of the queues.
    public var running: [String: Int] = [:]
    /// Whether a task that must run alone may be claimed.
    public var alone = Alone.never

    /// What a worker does about tasks that must run alone.
    public enum Alone: Sendable {
        case never
        /// Takes one when there is nothing else: it runs nothing.
        case otherwise
        /// Takes one and nothing else.
        case only
    }

    public init(
        worker: WorkerID,
        queues: [String],
        level: Int,
        limit: Int,
        successors: Int,
        callbackSeed: [UInt8] = []
    ) {
        self.worker = worker
        self.queues = queues
        self.level = level
        self.limit = limit
        self.successors = successors
        self.callbackSeed = callbackSeed
    }
}

/// One incarnation of a worker process: a UUID.
public struct WorkerID: Sendable, Hashable {
    public var high: UInt64
    public var low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

public struct BatchResult: Sendable {
    public var results: [TransitionResult]
    public var claimed: [ClaimedTask]
    /// The database's clock when the batch was written.
    public var now: Timestamp
    /// A bound of a queue left tasks for later that a free slot could take.
    public var isHeldBack = false

    public init(results: [TransitionResult], claimed: [ClaimedTask], now: Timestamp) {
        self.results = results
        self.claimed = claimed
        self.now = now
    }
}

/// What became of one transition.
public enum TransitionResult: Sendable {
    /// Written; the run is at this version now.
    case applied(version: Int64)
    /// Another writer holds the run or has moved it on: load and decide again.
    case overtaken
    /// The message was heard by another transition already.
    case heard
    /// A step is not held under the token that the decision saw; the run itself has not moved.
    case staleToken(step: Int)
    /// A timer of the step is not the one that was found due: it has fired, and may be set anew.
    case staleTimer(step: Int)
    /// A live run of the workflow has this business key.
    case keyTaken(by: RunID)
    /// The `Idempotency-Key` was used: with the same body, or with another.
    case replayed(answer: String)
    case keyReused
    /// The instant of the schedule that the run is for has been decided on.
    case fireTaken
    /// The run is in no state for it, as only the store can see.
    case declined(reason: String)
    /// The database refuses this transition and no other: the data is at fault.
    case refused(message: String)
}

/// A task that this worker now holds.
public struct ClaimedTask: Sendable {
    public var run: RunID
    public var step: Int
    public var path: String
    public var token: Int64
    public var startedAt: Timestamp
    /// When it entered the ready index; nil for a successor, which never did.
    public var queuedAt: Timestamp?
    public var queue: String
    public var attempt: Int
    public var losses: Int
    public var spec: TaskSpec
    public var input: Payload
    public var attempts: String?
    public var checkpoint: Payload?

    public init(
        run: RunID,
        step: Int,
        path: String,
        token: Int64,
        startedAt: Timestamp,
        queuedAt: Timestamp? = nil,
        queue: String,
        attempt: Int,
        losses: Int,
        spec: TaskSpec,
        input: Payload,
        attempts: String?,
        checkpoint: Payload?
    ) {
        self.run = run
        self.step = step
        self.path = path
        self.token = token
        self.startedAt = startedAt
        self.queuedAt = queuedAt
        self.queue = queue
        self.attempt = attempt
        self.losses = losses
        self.spec = spec
        self.input = input
        self.attempts = attempts
        self.checkpoint = checkpoint
    }
}

/// A live run as it was read: what a decision sees.
public struct RunSnapshot: Sendable {
    public var run: RunID
    public var version: Int64
    public var definition: Int64
    public var facts: RunFacts
    public var live: LiveRun
    /// The run's tasks, when they were asked for.
    public var tasks: [TaskFacts]?

    public init(
        run: RunID,
        version: Int64,
        definition: Int64,
        facts: RunFacts,
        live: LiveRun,
        tasks: [TaskFacts]? = nil
    ) {
        self.run = run
        self.version = version
        self.definition = definition
        self.facts = facts
        self.live = live
        self.tasks = tasks
    }
}

/// What never changes of a run and expressions may read.
public struct RunFacts: Sendable {
    public var input: Payload
    public var key: String?
    public var labels: [String: String]
    public var priority: Int
    public var createdAt: Timestamp
    public var scheduledAt: Timestamp?
    /// Where a child run belongs.
    public var parent: ParentLink?
    /// The run that this one undoes.
    public var undoes: RunID?

    public init(
        input: Payload,
        key: String?,
        labels: [String: String],
        priority: Int,
        createdAt: Timestamp,
        scheduledAt: Timestamp? = nil,
        parent: ParentLink? = nil,
        undoes: RunID? = nil
    ) {
        self.input = input
        self.key = key
        self.labels = labels
        self.priority = priority
        self.createdAt = createdAt
        self.scheduledAt = scheduledAt
        self.parent = parent
        self.undoes = undoes
    }
}

/// A task as it stands in the database.
public struct TaskFacts: Sendable {
    public var step: Int
    public var status: TaskStatus
    public var token: Int64?
    public var worker: WorkerID?
    public var startedAt: Timestamp?
    public var attempt: Int
    public var losses: Int
    public var queue: String
    public var priority: Int
    public var spec: TaskSpec
    public var input: Payload
    public var attempts: String?
    public var checkpoint: Payload?
    public var boundMilliseconds: Int64
    /// By which the callback token of its last attempt is known.
    public var callback: [UInt8]?

    public init(
        step: Int,
        status: TaskStatus,
        token: Int64?,
        worker: WorkerID?,
        startedAt: Timestamp?,
        attempt: Int,
        losses: Int,
        queue: String,
        priority: Int,
        spec: TaskSpec,
        input: Payload,
        attempts: String?,
        checkpoint: Payload?,
        boundMilliseconds: Int64,
        callback: [UInt8]? = nil
    ) {
        self.step = step
        self.status = status
        self.token = token
        self.worker = worker
        self.startedAt = startedAt
        self.attempt = attempt
        self.losses = losses
        self.queue = queue
        self.priority = priority
        self.spec = spec
        self.input = input
        self.attempts = attempts
        self.checkpoint = checkpoint
        self.boundMilliseconds = boundMilliseconds
        self.callback = callback
    }
}

/// How a step ended, as expressions see it: `steps.ID.output|status|error|attempts`.
public struct StepResult: Sendable {
    public var status: StepStatus
    public var output: Payload
    public var error: StepError?
    public var attempts: Int
    /// What the step was given; a compensation reads it as `with`.
    public var input: Payload?
    /// `{ NAME: reference }` of the files that its attempt has left; nil for none.
    public var artifacts: JSONValue?

    public init(status: StepStatus, output: Payload, error: StepError?, attempts: Int, input: Payload? = nil)
    {
        self.status = status
        self.output = output
        self.error = error
        self.attempts = attempts
        self.input = input
    }
}

extension StepResult {
    /// What is known of a step that runs: what it was given.
    init(running input: Payload) {
        self.init(status: .running, output: .null, error: nil, attempts: 1, input: input)
    }
}

/// The outputs of a foreach's ended items by step.
public struct ItemOutputs: Sendable {
    /// The most that they may have together: 64 MiB.
    public static let bytesLimit = 64 << 20

    /// Nothing when there is more than ``bytesLimit``.
    public var outputs: [Int: Payload]
    /// Their size in all.
    public var bytes: Int

    public init(outputs: [Int: Payload], bytes: Int) {
        self.outputs = outputs
        self.bytes = bytes
    }
}

extension StepStatus {
    /// Whether a step that ended so in the scope of a foreach is an item, and not what undoes one.
    var isOfItem: Bool { self != .compensated && self != .compensationFailed }
}

/// A version of a workflow as stored.
public struct StoredDefinition: Sendable {
    public var id: Int64
    public var workflow: Int64
    public var version: Int
    public var digest: String
    public var source: String
    public var compiled: CompiledWorkflow

    public init(
        id: Int64,
        workflow: Int64,
        version: Int,
        digest: String,
        source: String,
        compiled: CompiledWorkflow
    ) {
        self.id = id
        self.workflow = workflow
        self.version = version
        self.digest = digest
        self.source = source
        self.compiled = compiled
    }
}

/// Why a store could not do it.
public enum StoreError: Error, Sendable {
    /// The database cannot be reached: wait, connect and do it again. `message` says where and why.
    case unreachable(message: String)
    /// The connection broke after the transaction was sent: it may or may not have been written.
    case unknownCommit(message: String)
    /// A deadlock, a serialization failure, a time-out: do it again.
    case transient(message: String)
    /// The database refuses, and will again.
    case refused(message: String)
}
