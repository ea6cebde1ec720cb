import JSON
import Linux

/// All that one decision changes of one run, written in one statement or not at all.
///
/// It holds only if the run is still at `expectedVersion` and each step in `holds` is still held under its
/// token; else it drops out of its batch as a value and nothing of it is written.
public struct Transition: Sendable {
    public var run: RunID
    /// The version the decision saw; nil for a run that begins.
    public var expectedVersion: Int64?
    /// The run's row of the cold table; set when the run begins.
    public var begins: NewRun?
    /// Set when a run that has ended goes on.
    public var withdraws: Withdrawal?
    /// The live row after the transition; nil when the run has ended.
    public var live: LiveRun?
    /// Set when the run ends.
    public var ends: RunEnd?
    /// What must be so in `task`: a token, or that no worker holds the step (nil).
    public var holds: [Hold]
    /// Tasks that are over.
    public var removes: [Int]
    /// Tasks that begin or change their status, whole rows.
    public var tasks: [NewTask]
    /// Entries in the line for admission, of tasks that are `ready` but for that, or of the run itself.
    public var applications: [Application]
    /// Slots, starts and places in line that are given up.
    public var releases: [Release]
    /// Running steps whose workers are told to stop.
    public var cancels: [Int]
    /// Set when running steps are to stand still, or to go on.
    public var freeze: FreezeChange?
    /// Steps that have ended.
    public var steps: [EndedStep]
    public var timers: [NewTimer]
    public var clearsTimers: [TimerKey]
    /// Timers that must still stand as they were found due, or they are others by now.
    public var firesTimers: [FiringTimer]
    /// Signals that came before anybody waited for them.
    public var signals: [KeptSignal]
    /// Kept signals that steps have taken.
    public var takesSignals: [SignalKey]
    /// The run has ended with signals that nobody took.
    public var dropsSignals: Bool
    /// The `Idempotency-Key` of what asked for it; a run that begins has its own in the submission.
    public var idempotency: IdempotencyClaim?
    /// What it tells other runs.
    public var messages: [Message]
    /// The message that it was made from: heard with it, or by another transition already.
    public var hears: Message.Key?
    /// The transition's history, gap-free after what is there; `firstSeq` belongs to the first.
    public var events: [HistoryEvent]
    public var firstSeq: Int

    public init(run: RunID, expectedVersion: Int64?, firstSeq: Int) {
        self.run = run
        self.expectedVersion = expectedVersion
        self.firstSeq = firstSeq
        holds = []
        removes = []
        tasks = []
        applications = []
        releases = []
        cancels = []
        steps = []
        timers = []
        clearsTimers = []
        firesTimers = []
        signals = []
        takesSignals = []
        dropsSignals = false
        messages = []
        events = []
    }
}

/// What becomes of the row of `frozen_run`.
public enum FreezeChange: Sendable, Hashable {
    case begins(by: String)
    case ends
    /// The run has ended, and once was frozen.
    case forgotten
}

/// The columns of `run` that are known when it begins.
///
/// A reference: few transitions have one, and all of them are copied from hand to hand.
public final class NewRun: Sendable {
    public let definition: Int64
    public let workflow: Int64
    public let submission: Submission

    public init(definition: Int64, workflow: Int64, submission: Submission) {
        self.definition = definition
        self.workflow = workflow
        self.submission = submission
    }
}

/// The columns of `run_live` that change.
public struct LiveRun: Sendable, Hashable {
    public var phase: RunPhase
    public var paused: Bool
    public var compensation: CompensationStatus
    public var lastSeq: Int
    public var nextStep: Int
    /// ``RunState`` encoded.
    public var state: String

    public init(
        phase: RunPhase,
        paused: Bool,
        compensation: CompensationStatus,
        lastSeq: Int,
        nextStep: Int,
        state: String
    ) {
        self.phase = phase
        self.paused = paused
        self.compensation = compensation
        self.lastSeq = lastSeq
        self.nextStep = nextStep
        self.state = state
    }
}

/// How a run ended; a reference, as ``NewRun`` is.
public final class RunEnd: Sendable {
    public let status: RunStatus
    public let compensation: CompensationStatus
    public let output: Payload?
    public let error: StepError?

    public init(status: RunStatus, compensation: CompensationStatus, output: Payload?, error: StepError?) {
        self.status = status
        self.compensation = compensation
        self.output = output
        self.error = error
    }
}

/// A step that must still be held under `token`, or, with nil, by nobody.
public struct Hold: Sendable, Hashable {
    public var step: Int
    public var token: Int64?

    public init(step: Int, token: Int64?) {
        self.step = step
        self.token = token
    }
}

/// A row of `task`.
public struct NewTask: Sendable {
    public var step: Int
    public var path: String
    /// `ready`, `blocked`, `waiting` or `backoff`; claims alone make a task `running`.
    public var status: TaskStatus
    public var queue: String
    public var priority: Int
    public var level: Int
    public var attempt: Int
    /// Attempts that were lost with their worker, in a row.
    public var losses: Int
    /// What the worker needs beside the definition.
    public var spec: TaskSpec
    /// Evaluated once, when the step became ready.
    public var input: Payload
    /// The attempts so far, encoded; nil for none.
    public var attempts: String?
    /// The references to what its attempts have left, as far as they were decided on in this process.
    var artifacts: JSONValue?
    public var checkpoint: Payload?
    /// The longest that an attempt may take, grace included; 0 for no bound.
    ///
    /// The rescuer's last resort.
    public var boundMilliseconds: Int64

    public init(
        step: Int,
        path: String,
        status: TaskStatus,
        queue: String = "default",
        priority: Int = 0,
        level: Int = 1,
        attempt: Int = 1,
        losses: Int = 0,
        spec: TaskSpec,
        input: Payload,
        attempts: String? = nil,
        checkpoint: Payload? = nil,
        boundMilliseconds: Int64 = 0
    ) {
        self.step = step
        self.path = path
        self.status = status
        self.queue = queue
        self.priority = priority
        self.level = level
        self.attempt = attempt
        self.losses = losses
        self.spec = spec
        self.input = input
        self.attempts = attempts
        self.checkpoint = checkpoint
        self.boundMilliseconds = boundMilliseconds
    }
}

/// A row of `step`, inserted once, when the step has ended.
public struct EndedStep: Sendable {
    public var step: Int
    public var scope: Int
    public var path: String
    public var status: StepStatus
    public var token: Int64?
    public var endedSeq: Int
    public var startedAt: Timestamp?
    public var endedAt: Timestamp
    /// It has a compensation that would run if the run failed now.
    public var compensates: Bool
    /// The attempts, encoded.
    public var attempts: String?
    public var input: Payload?
    public var output: Payload?
    public var error: StepError?

    public init(
        step: Int,
        scope: Int,
        path: String,
        status: StepStatus,
        token: Int64? = nil,
        endedSeq: Int,
        startedAt: Timestamp? = nil,
        endedAt: Timestamp,
        compensates: Bool = false,
        attempts: String? = nil,
        input: Payload? = nil,
        output: Payload? = nil,
        error: StepError? = nil
    ) {
        self.step = step
        self.scope = scope
        self.path = path
        self.status = status
        self.token = token
        self.endedSeq = endedSeq
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.compensates = compensates
        self.attempts = attempts
        self.input = input
        self.output = output
        self.error = error
    }
}

/// Which timer; the run's own have step 0.
public struct TimerKey: Sendable, Hashable {
    public var step: Int
    public var kind: TimerKind

    public init(step: Int, kind: TimerKind) {
        self.step = step
        self.kind = kind
    }
}

/// A timer as it was found due.
public struct FiringTimer: Sendable, Hashable {
    public var key: TimerKey
    public var dueAt: Timestamp

    public init(key: TimerKey, dueAt: Timestamp) {
        self.key = key
        self.dueAt = dueAt
    }
}

/// A row of `timer`.
///
/// A delay is counted by the database's clock from the moment of writing.
public struct NewTimer: Sendable {
    public enum Due: Sendable, Hashable {
        case after(milliseconds: Int64)
        case at(Timestamp)
    }
    public var key: TimerKey
    public var due: Due

    public init(step: Int, kind: TimerKind, due: Due) {
        key = TimerKey(step: step, kind: kind)
        self.due = due
    }
}
