import JSON
import Linux

/// What one run tells another.
///
/// No decision touches two runs: a message is a row of `outbox`, written in the transaction of the transition
/// that says it and deleted in that of the transition that hears it, so that it is heard exactly once.
public struct Message: Sendable {
    /// Which message: a transition says at most one about a step.
    public struct Key: Sendable, Hashable {
        public var source: RunID
        /// The source's last history event when it was said.
        public var seq: Int
        /// The step of the parent that it is about, whoever of the two says it.
        public var step: Int

        public init(source: RunID, seq: Int, step: Int) {
            self.source = source
            self.seq = seq
            self.step = step
        }
    }

    public enum Content: Sendable {
        /// Begin as a child run.
        case start(ChildOrder)
        /// Begin as the run that undoes what a child has done.
        case undo(UndoOrder)
        /// A child has ended.
        case ended(ChildEnd)
        case cancel(reason: String)
        case terminate(reason: String)
        case pause(freezes: Bool)
        case resume
        /// Go on, should you have failed: the parent goes on.
        case retry(Actor)

        /// Whether the run that it is for begins with it.
        var begins: Bool {
            switch self {
            case .start, .undo: true
            case .ended, .cancel, .terminate, .pause, .resume, .retry: false
            }
        }
    }

    public var key: Key
    /// The run that it is for.
    public var run: RunID
    public var content: Content

    public init(key: Key, run: RunID, content: Content) {
        self.key = key
        self.run = run
        self.content = content
    }
}

/// Where a child run belongs.
public struct ParentLink: Sendable, Hashable {
    public var run: RunID
    public var step: Int
    /// The public path of the step.
    public var path: String
    /// The run at the top of the tree.
    public var root: RunID
    /// 1 for a child of the root.
    public var depth: Int

    public init(run: RunID, step: Int, path: String, root: RunID, depth: Int) {
        self.run = run
        self.step = step
        self.path = path
        self.root = root
        self.depth = depth
    }
}

/// What a `workflow` step asks for.
public struct ChildOrder: Sendable {
    public var workflow: String
    /// Nil for the newest when the child starts.
    public var version: Int?
    public var input: Payload
    public var priority: Int
    public var parent: ParentLink
    /// The trace that the parent is in, and its step's span.
    public var trace: TraceContext?

    public init(
        workflow: String,
        version: Int?,
        input: Payload,
        priority: Int,
        parent: ParentLink,
        trace: TraceContext? = nil
    ) {
        self.workflow = workflow
        self.version = version
        self.input = input
        self.priority = priority
        self.parent = parent
        self.trace = trace
    }
}

/// What of a run that succeeded is to be undone, by the time at which it was done.
public struct UndoOrder: Sendable {
    /// The run that did it.
    public var of: RunID
    /// All that was done later than `after`, up to `upTo`.
    public var after: Timestamp
    public var upTo: Timestamp
    /// Only what was done inside this step of the outermost scope.
    public var within: String?
    public var parent: ParentLink

    public init(
        of: RunID,
        after: Timestamp,
        upTo: Timestamp,
        within: String? = nil,
        parent: ParentLink
    ) {
        self.of = of
        self.after = after
        self.upTo = upTo
        self.within = within
        self.parent = parent
    }
}

/// How a child run ended, as its parent hears it.
public struct ChildEnd: Sendable {
    public var status: RunStatus
    public var compensation: CompensationStatus
    public var output: Payload?
    public var error: StepError?
    /// When each thing was done that a later failure of the parent has to undo.
    public var done: [Timestamp]

    public init(
        status: RunStatus,
        compensation: CompensationStatus = .none,
        output: Payload? = nil,
        error: StepError? = nil,
        done: [Timestamp] = []
    ) {
        self.status = status
        self.compensation = compensation
        self.output = output
        self.error = error
        self.done = done
    }
}

/// The run that a run undoes, and the state from which it begins.
public struct Undoing: Sendable, Hashable {
    public var of: RunID
    /// ``RunState`` encoded.
    public var state: String

    public init(of: RunID, state: String) {
        self.of = of
        self.state = state
    }
}
