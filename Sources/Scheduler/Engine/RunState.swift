import JSON
import Linux

/// What deciding needs to know of a live run: where it stands, and no payload.
///
/// It is folded from the history by ``apply(_:)`` and by nothing else. Steps and scopes are instances with
/// numbers of their own; a number is never used twice in a run.
public struct RunState: Sendable, Hashable {
    public internal(set) var phase: RunPhase = .scheduled
    public internal(set) var paused = false
    /// Whether its processes stand still.
    var freeze = Freeze.never
    public internal(set) var compensation: CompensationStatus = .none
    public internal(set) var lastSeq = 0
    public internal(set) var nextStep = 1
    /// The transition stopped at its bound: go on with ``RunEvent/proceed``.
    public internal(set) var mustProceed = false
    public internal(set) var startedAt: Timestamp?
    /// The trace that the run was submitted in.
    public internal(set) var caller: TraceContext?
    /// Nil where no step is pinned.
    var pins: Pins?

    var nextScope = 1
    /// How the run will end, once that is settled.
    var conclusion: Conclusion?
    /// The instance of the root scope and of the scope of `always`; 0 before they are open.
    var root = 0
    var always = 0
    /// The compensation under way for the run as a whole; 0 for none.
    var undoing = 0
    /// When the run's time-out is due; nil without one, and while the run is paused.
    var deadline: Timestamp?
    /// What is left of the run's time-out while it is paused, in milliseconds.
    var timeLeft: Int64?
    /// Timers that came due while the run was paused.
    var held: [TimerKey] = []
    var scopes: [Int: ScopeState] = [:]
    var steps: [Int: StepState] = [:]
    /// What a failure has to undo, in the order in which it happened.
    var undo: [Undo] = []
    /// Steps that begin again under their numbers, in the transition that takes the run up.
    var revived: Set<Int> = []
    /// Signals by name.
    var signals: [String: SignalCount] = [:]

    public init() {}
}

extension RunState {
    /// `over` once it was frozen and is no more: there is a row that tells how long.
    enum Freeze: Int, Sendable { case never, over, on }

    /// The end that a run is on its way to.
    struct Conclusion: Sendable, Hashable {
        var status: RunStatus
        var error: StepError?
        var output: JSONValue?
    }
}

/// An open scope, or a closed one that still has something to undo.
struct ScopeState: Sendable, Hashable {
    enum Kind: Int, Sendable { case dag, machine, program, items, rounds }
    enum Stop: Int, Sendable { case none, failing, cancelled, closed }

    var kind: Kind
    /// The scope of the definition; -1 for items and rounds.
    var spec: Int
    /// The step that opened it; 0 for the root and for `always`.
    var owner: Int
    var ownerNode: Int
    var ownerIndex: Int
    var parent: Int
    var prefix: String
    var stop = Stop.none
    private(set) var boxedError: Boxed<StepError>?
    /// Steps of the scope that have begun and not ended.
    var live = 0
    var ended = 0
    /// Nodes of a dag, items, emitted nodes.
    var total = 0
    /// Failed items that were tolerated.
    var failed = 0
    /// The latest step of each node; 0 before it begins.
    ///
    /// Of a foreach nothing is kept for each item: there may be many.
    var begun: [Int] = []
    /// The step of a foreach's first item; 0 before it begins.
    var first = 0
    /// How many needs of each node have not ended; in a machine, how often a node was entered.
    var counts: [Int] = []
    /// The last step that ended: the round before, the machine's cursor.
    var last = 0
    /// The node position that a machine enters next; -1 for none.
    var cursor = -1
    var vars = JSONObject()

    var isRunning: Bool { stop == .none }

    var error: StepError? {
        get { boxedError?.value }
        set { boxedError = newValue.map(Boxed.init) }
    }
}

/// A step that has begun and not ended.
struct StepState: Sendable, Hashable {
    var scope: Int
    /// Its node in the definition; -1 when it has a spec of its own.
    var node: Int
    private(set) var boxedOwn: Boxed<NodeSpec>?
    /// Item, round or visit; -1 for none.
    var index = -1
    /// The step whose error it handles or whose effect it undoes; 0 for none.
    var of = 0
    /// The failing step that waits for it; 0 for none, or when the run itself waits.
    var serves = 0
    var stage: StepStage = .entered
    /// The scope that it has opened; 0 for none.
    var child = 0
    /// The handler or compensation that it waits for; 0 for none.
    var helper = 0
    var attempt = 1
    var generation = 1
    var losses = 0
    /// Retries by rule.
    var retries: [Int] = []
    /// When it was first queued, in microseconds.
    var since: Int64 = 0
    var priority = 0
    /// It was told to stop.
    var stopping = false
    /// An attempt of it may have had effects that nobody knows of.
    var unknown = false
    /// What from outside it waits for.
    var awaits: Awaited?
    /// It was answered while its attempt's process ran; the answer is kept.
    var answered = false
    /// An operator ends its attempt as failed.
    var condemned = false
    /// Timers that it has set.
    var timers: [TimerKind] = []
    /// The child run that it waits for.
    private(set) var boxedChild: Boxed<RunID>?
    private(set) var boxedFailure: Boxed<StepError>?
    /// What happens when what failed in it is undone.
    var plan: FailurePlan = .fail

    var own: NodeSpec? {
        get { boxedOwn?.value }
        set { boxedOwn = newValue.map(Boxed.init) }
    }

    var childRun: RunID? {
        get { boxedChild?.value }
        set { boxedChild = newValue.map(Boxed.init) }
    }

    var failure: StepError? {
        get { boxedFailure?.value }
        set { boxedFailure = newValue.map(Boxed.init) }
    }
}

/// A large value that is rare, out of line.
///
/// A wide run's state holds thousands of steps and is copied with each decision: 2,000 steps with their
/// specs inline took 4 ms to copy.
final class Boxed<Value: Sendable & Hashable>: Sendable, Hashable {
    let value: Value

    init(_ value: Value) { self.value = value }

    static func == (left: Boxed, right: Boxed) -> Bool { left.value == right.value }

    func hash(into hasher: inout Hasher) { hasher.combine(value) }
}

/// What becomes of a step that has failed.
enum FailurePlan: Sendable, Hashable {
    case fail
    case proceed
    case tolerate
    case handle(Int)
    case again(rule: Int, milliseconds: Int64)

    /// Whether the step ends with it.
    var isFinal: Bool {
        if case .again = self { false } else { true }
    }
}
