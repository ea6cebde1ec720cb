import JSON
import Linux

/// Everything that an executor needs to run one attempt of a step.
public struct AttemptOrder: Sendable {
    public enum Call: Sendable {
        case plugin(PluginCall)
        case script(Script)
    }

    public var run: RunID
    public var workflow: String
    public var workflowVersion: Int
    public var labels: [String: String]
    public var step: Int
    /// The public path, `orders[3]/ship#2`.
    public var path: String
    public var phase: StepPhase
    public var call: Call
    public var input: Payload
    /// From 1; the same after a lost worker or a snooze.
    public var attempt: Int
    public var token: Int64
    public var idempotencyKey: String
    /// For a compensation, the key of the step that it undoes.
    public var stepKey: String?
    /// The step's own settings, with limits escalated already; the manifest's and `defaults` fill the rest.
    public var settings: Settings
    public var defaults: Settings
    /// The step's `env`, evaluated; `defaults` included.
    public var environment: [String: String]
    public var previousError: StepError?
    public var checkpoint: Payload?
    /// Where the answer goes if the attempt defers; nil where there is no API to answer to.
    public var callback: Callback?
    public var startedAt: Timestamp
    /// What the program hangs its own spans on; nil when nobody traces.
    public var trace: TraceContext?
    /// When the run's time is over, beyond which an attempt cannot be extended.
    public var runDeadline: Timestamp?
    /// The digests of which the executable must have one; nil where the step is not pinned.
    public var pinned: [String]?

    public init(
        run: RunID,
        workflow: String,
        workflowVersion: Int,
        labels: [String: String] = [:],
        step: Int,
        path: String,
        phase: StepPhase = .step,
        call: Call,
        input: Payload,
        attempt: Int = 1,
        token: Int64,
        idempotencyKey: String,
        stepKey: String? = nil,
        settings: Settings = Settings(),
        defaults: Settings = Settings(),
        environment: [String: String] = [:],
        previousError: StepError? = nil,
        checkpoint: Payload? = nil,
        callback: Callback? = nil,
        startedAt: Timestamp,
        trace: TraceContext? = nil
    ) {
        self.run = run
        self.workflow = workflow
        self.workflowVersion = workflowVersion
        self.labels = labels
        self.step = step
        self.path = path
        self.phase = phase
        self.call = call
        self.input = input
        self.attempt = attempt
        self.token = token
        self.idempotencyKey = idempotencyKey
        self.stepKey = stepKey
        self.settings = settings
        self.defaults = defaults
        self.environment = environment
        self.previousError = previousError
        self.checkpoint = checkpoint
        self.callback = callback
        self.startedAt = startedAt
        self.trace = trace
    }
}

/// What an attempt that defers hands to whoever will answer: `callback: { token, url }` of its context.
public struct Callback: Sendable, Hashable {
    /// Belongs to this attempt alone, and is the only credential an answer needs.
    public var token: String
    /// `…/v1/callbacks/TOKEN`, to which `/complete`, `/fail` or `/heartbeat` is added.
    public var url: String

    public init(token: String, url: String) {
        self.token = token
        self.url = url
    }
}

/// How an attempt ended.
public enum Outcome: Sendable {
    case succeeded(Payload)
    case failed(StepError)
    /// Stopped because the engine asked for it.
    case cancelled(StepError)
    /// "Not ready yet": run again later under the same attempt number.
    case snoozed(afterMilliseconds: Int64)
    /// The answer comes through the callback token.
    case deferred(timeoutMilliseconds: Int64?)
    /// Handed back untouched, by a draining worker or one that could not start it.
    case handedBack(reason: String)
}

/// An attempt's end as the executor reports it: once, when nothing of its process tree is left.
public struct AttemptReport: Sendable {
    public var outcome: Outcome
    /// `{ "code": 0 }` or `{ "signal": 9 }`; nil when no process was started.
    public var exit: JSONValue?
    /// `wall_ms user_ms system_ms peak_memory_bytes stdout_bytes stderr_bytes …` as plugin-protocol says.
    public var receipt: JSONValue?
    /// What was enforced: `[{ limit, mechanism }]`.
    public var enforced: JSONValue?
    /// SHA-256 of manifest and executable.
    public var digest: String?
    /// What the manifest says of retry and the rest; fills what the step leaves out.
    public var manifest: Settings?
    /// The last checkpoint that the attempt sent.
    public var checkpoint: Payload?
    /// The JSON Schema that the answer of an attempt that defers must fit.
    public var outputSchema: JSONValue?
    /// What it has left with the run.
    public var artifacts: [Artifact] = []

    public init(
        outcome: Outcome,
        exit: JSONValue? = nil,
        receipt: JSONValue? = nil,
        enforced: JSONValue? = nil,
        digest: String? = nil,
        manifest: Settings? = nil,
        checkpoint: Payload? = nil,
        outputSchema: JSONValue? = nil
    ) {
        self.outcome = outcome
        self.exit = exit
        self.receipt = receipt
        self.enforced = enforced
        self.digest = digest
        self.manifest = manifest
        self.checkpoint = checkpoint
        self.outputSchema = outputSchema
    }
}

/// A line that a step wrote to stderr, or sent as `log`.
public struct LogLine: Sendable, Hashable {
    public enum Level: String, Sendable, CaseIterable { case debug, info, warning, error }
    public var at: Timestamp
    public var level: Level
    public var message: String
    /// Further members of a structured line.
    public var fields: JSONValue?

    public init(at: Timestamp, level: Level = .info, message: String, fields: JSONValue? = nil) {
        self.at = at
        self.level = level
        self.message = message
        self.fields = fields
    }
}

/// Runs attempts.
///
/// The engine declares it; the host implements it with the sandbox.
public protocol StepExecutor: Sendable {
    /// Starts an attempt and returns at once; never blocks, never throws: what goes wrong is the report.
    ///
    /// `log` is called for each line, `completion` exactly once and last, when the whole process tree is
    /// gone. Both come on a thread of the executor and must not block it.
    func start(
        _ order: AttemptOrder,
        log: @escaping @Sendable (LogLine) -> Void,
        completion: @escaping @Sendable (AttemptReport) -> Void
    ) -> any RunningAttempt
}

/// A handle on an attempt under way.
///
/// All of it may be called from any thread, more than once and too late.
public protocol RunningAttempt: Sendable {
    /// SIGTERM, the step's grace, then SIGKILL; the outcome becomes `cancelled`, or a success that came in
    /// time.
    func cancel()
    /// SIGKILL to the whole tree at once.
    func kill()
    /// Stops all processes and their clocks until ``thaw()``; a `cancel` meanwhile kills.
    func freeze()
    func thaw()
}
