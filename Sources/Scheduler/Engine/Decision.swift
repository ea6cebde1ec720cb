import JSONSchema
import Linux

/// What a decision sees of a live run.
public struct RunView: Sendable {
    public var run: RunID
    public var definition: Definition
    public var facts: RunFacts
    /// Nil for a run that begins.
    public var state: RunState?
    public var version: Int64
    /// Results of ended steps that are at hand; what is missing is asked for.
    public var results: [Int: StepResult]
    /// The run's tasks by step, when they were asked for.
    public var tasks: [Int: TaskFacts]?
    /// Payloads of kept signals that were asked for.
    public var signals: [SignalKey: Payload]
    /// Outputs of a foreach's items by its scope, when they were asked for.
    public var items: [Int: ItemOutputs] = [:]
    /// The run has ended; `state` is where it would go on.
    public var isEnded = false

    public init(
        run: RunID,
        definition: Definition,
        facts: RunFacts,
        state: RunState?,
        version: Int64,
        results: [Int: StepResult] = [:],
        tasks: [Int: TaskFacts]? = nil,
        signals: [SignalKey: Payload] = [:]
    ) {
        self.run = run
        self.definition = definition
        self.facts = facts
        self.state = state
        self.version = version
        self.results = results
        self.tasks = tasks
        self.signals = signals
    }
}

/// What the engine decides on an event.
public enum Decision: Sendable {
    /// Change the run so; `results` are new and spare the shell a read.
    indirect case transition(Transition, RunState?, results: [Int: StepResult])
    /// Load this, then ask again.
    case needs(Needs)
    /// It changes nothing: it has happened already, or came too late.
    case ignored(reason: String)
    /// The run is in no state for it.
    case refused(CommandRefusal)
}

/// What the engine decides on events of one run that come one after the other.
public struct SeriesDecision: Sendable {
    public var decision: Decision
    /// How many of the events the transition covers; otherwise which event the decision is about: it is left
    /// out, and the others are decided on again.
    public var events: Int

    init(_ decision: Decision, events: Int) {
        self.decision = decision
        self.events = events
    }
}

/// What a decision lacks.
public struct Needs: Sendable, Hashable {
    public var results: Set<Int>
    public var tasks: Bool
    public var signals: Set<SignalKey>
    /// Live steps of which the input is needed.
    public var inputs: Set<Int>
    /// Scopes of foreach steps of which all outputs are needed, each with the step of its first item.
    public var items: [Int: Int]

    public init(
        results: Set<Int> = [],
        tasks: Bool = false,
        signals: Set<SignalKey> = [],
        inputs: Set<Int> = [],
        items: [Int: Int] = [:]
    ) {
        self.results = results
        self.tasks = tasks
        self.signals = signals
        self.inputs = inputs
        self.items = items
    }
}

/// Why a command does not fit the state of its run: the text of a 409, 410 or 422.
public struct CommandRefusal: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case conflict
        /// It will never fit again.
        case gone
        /// What came with it breaks these rules.
        case invalid([Violation])
    }
    public var message: String
    public var kind: Kind

    public init(message: String, kind: Kind = .conflict) {
        self.message = message
        self.kind = kind
    }
}

/// Decides what happens next in a run.
///
/// Pure: the same event on the same view at the same time gives the same.
public struct Decider: Sendable {
    /// The release level of this engine; it decides on no definition above.
    public static let currentLevel = 1

    public var workerLevel: Int
    /// Mixed into the seed of every jitter, so that two installations do not retry in step.
    public var seed: UInt64
    public var limits: RunLimits

    public init(workerLevel: Int = currentLevel, seed: UInt64 = 0, limits: RunLimits = RunLimits()) {
        self.workerLevel = workerLevel
        self.seed = seed
        self.limits = limits
    }
}

/// How large a run and one of its transitions may get.
public struct RunLimits: Sendable, Hashable {
    /// Steps of one run; the step beyond fails it with `RunTooLarge`.
    public var steps = 100_000
    /// History events of one run.
    public var events = 500_000
    /// Nodes that one transition starts before it goes on in another.
    public var nodesPerTransition = 1_000
    /// Bytes of events that one transition writes before it goes on in another, by estimate.
    public var bytesPerTransition = 1 << 20
    /// Items of one foreach that are live at once, whatever its `max_concurrency`.
    public var liveItems = 1_000
    /// Items that are begun together, once so many have ended, where that limit holds.
    public var itemsPerSlice = 100

    /// Signals of one run that nobody has taken; the signal beyond is refused.
    public var keptSignals = 10_000
    /// Levels of child runs below the root.
    public var depth = 32

    public init() {}
}
