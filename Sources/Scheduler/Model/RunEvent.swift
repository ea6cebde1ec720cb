import JSON
import Linux

/// Something that happens to a run, and on which the engine decides.
///
/// The two that are common and large lie in boxes: an event passes through many hands.
public enum RunEvent: Sendable {
    /// The run begins.
    indirect case submitted(Submission)
    /// An executor reported.
    indirect case attemptEnded(AttemptEnd)
    /// The worker that held the step is dead or has lost its lease; `isAlone` when it held no other step.
    case attemptLost(step: Int, token: Int64, worker: String, isAlone: Bool = true)
    /// A durable timer is due, by the row that says so since `dueAt`; nil for what has no row, or any.
    case timerDue(step: Int, kind: TimerKind, dueAt: Timestamp? = nil)
    /// Go on where a transition stopped at its bound of nodes.
    case proceed
    /// The process of a `program` node asks for further nodes.
    case emitted(step: Int, token: Int64, nodes: [NodeSpec])
    /// A signal was sent to the run.
    case signalled(Signal)
    /// Somebody answers for an attempt that has deferred, or will.
    case answered(CallbackAnswer)
    /// What an operator does to a step, by its path: end its sleep or back-off, or its attempt.
    case hurry(step: String, Actor)
    case failAttempt(step: String, Actor)
    /// Count a step whose attempt failed as done, instead of trying it again.
    case resolve(step: String, output: Payload, Actor)
    case cancel(Actor)
    case terminate(Actor)
    /// Start nothing more; with `freezes` the processes of running steps and their clocks stand still, too.
    case pause(Actor, freezes: Bool = false)
    case resume(Actor)
    /// The child run that a step waits for has ended.
    case childEnded(step: Int, child: RunID, ChildEnd)
    /// A run that has ended goes on.
    case revive(Revival)
}

/// Who acts on a run, and why.
public struct Actor: Sendable, Hashable {
    public var name: String
    public var reason: String?

    public init(name: String, reason: String? = nil) {
        self.name = name
        self.reason = reason
    }
}

/// What a timer row is for.
///
/// Only what outlives a process has one.
public enum TimerKind: String, Sendable, Codable, CaseIterable {
    /// A `sleep` or `until`.
    case sleep
    /// The next attempt, or the next look after a snooze.
    case backoff
    /// The pause between two rounds of `repeat`.
    case round
    /// The time-out of a scope, a wait or a deferred step.
    case timeout
    /// The longest silence of whoever works on a deferred step.
    case heartbeat
    /// Queued to started.
    case queueTimeout = "queue_timeout"
    /// The run's own time-out, or its start; their step is 0.
    case runTimeout = "run_timeout"
    case start
    /// A transition stopped at its bound of nodes; its step is 0.
    case proceed
}

/// An attempt's end, with what the worker knew of it.
public struct AttemptEnd: Sendable {
    public var step: Int
    public var token: Int64
    public var worker: String
    public var startedAt: Timestamp
    public var endedAt: Timestamp
    public var report: AttemptReport
    /// The task as it was claimed, which spares a read; nil makes the engine read it.
    public var task: ClaimedTask?

    public init(
        step: Int,
        token: Int64,
        worker: String,
        startedAt: Timestamp,
        endedAt: Timestamp,
        report: AttemptReport,
        task: ClaimedTask? = nil
    ) {
        self.step = step
        self.token = token
        self.worker = worker
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.report = report
        self.task = task
    }
}

/// A request for a run that was checked: the workflow exists, the input fits its schema, defaults are filled
/// in.
public struct Submission: Sendable {
    public var run: RunID
    public var input: Payload
    public var key: String?
    public var labels: [String: String]
    public var priority: Int
    /// Not before; nil starts at once.
    public var startAt: Timestamp?
    public var actor: Actor
    /// The trace that the caller is in.
    public var caller: TraceContext?
    public var idempotency: IdempotencyClaim?
    /// The slot of a workflow with `concurrency` is taken for this run already; else it stands in line.
    public var holdsSlot = false
    /// The instant of the schedule that the run is for.
    public var fire: FireClaim?

    /// Whether it may turn out that there is such a run already.
    var isExclusive: Bool { key != nil || fire != nil }
    /// Where a child run belongs.
    public var parent: ParentLink?
    /// Set for a run that undoes another.
    public var undoing: Undoing?
    /// The run that has ended in whose place this one begins.
    public var rerunOf: RunID?
    /// The results that it keeps of that run.
    public var keeping: Keeping?
    /// Set where steps of the workflow are pinned.
    public internal(set) var pins: Pins?

    public init(
        run: RunID,
        input: Payload,
        key: String? = nil,
        labels: [String: String] = [:],
        priority: Int = 0,
        startAt: Timestamp? = nil,
        actor: Actor,
        caller: TraceContext? = nil,
        idempotency: IdempotencyClaim? = nil,
        fire: FireClaim? = nil,
        parent: ParentLink? = nil,
        undoing: Undoing? = nil
    ) {
        self.run = run
        self.input = input
        self.key = key
        self.labels = labels
        self.priority = priority
        self.startAt = startAt
        self.actor = actor
        self.caller = caller
        self.idempotency = idempotency
        self.fire = fire
        self.parent = parent
        self.undoing = undoing
    }
}

/// An `Idempotency-Key` of the API, written in the transaction of what it guards and kept 24 h.
public struct IdempotencyClaim: Sendable, Hashable {
    public var principal: String
    public var key: String
    /// SHA-256 of the request's body, in hex.
    public var bodyHash: String
    /// What a repetition of the request is answered.
    public var answer: String

    public init(principal: String, key: String, bodyHash: String, answer: String) {
        self.principal = principal
        self.key = key
        self.bodyHash = bodyHash
        self.answer = answer
    }
}
