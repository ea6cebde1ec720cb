import JSON

/// Why an attempt, a step or a run failed.
public struct StepError: Sendable, Hashable, Error {
    /// An open name: `CardDeclined`, or one of ``ErrorType``.
    public var type: String
    public var message: String
    /// What the plugin said of itself; nil leaves it to the step's rules and the nature of the type.
    public var retryable: Bool?
    public var retryAfterMilliseconds: Int64?
    public var details: JSONValue?
    /// The attempt ended otherwise than by its own exit, so its effects may or may not have happened.
    public var hasUnknownOutcome: Bool

    public init(
        type: String,
        message: String,
        retryable: Bool? = nil,
        retryAfterMilliseconds: Int64? = nil,
        details: JSONValue? = nil,
        hasUnknownOutcome: Bool = false
    ) {
        self.type = type
        self.message = message
        self.retryable = retryable
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.details = details
        self.hasUnknownOutcome = hasUnknownOutcome
    }
}

extension StepError {
    /// `{ type, message, retryable?, retry_after_ms?, details?, unknown_outcome? }`, as stored and as the API
    /// answers.
    public var json: JSONValue {
        var object = JSONObject([("type", .string(type)), ("message", .string(message))])
        object["retryable"] = retryable.map { .bool($0) }
        object["retry_after_ms"] = retryAfterMilliseconds.map { .integer($0) }
        object["details"] = details
        if hasUnknownOutcome { object["unknown_outcome"] = true }
        return .object(object)
    }

    /// Reads what ``json`` wrote; nil without a type.
    public init?(json: JSONValue) {
        guard let type = json["type"]?.stringValue else { return nil }
        self.init(
            type: type,
            message: json["message"]?.stringValue ?? "",
            retryable: json["retryable"]?.boolValue,
            retryAfterMilliseconds: json["retry_after_ms"]?.integerValue,
            details: json["details"],
            hasUnknownOutcome: json["unknown_outcome"]?.boolValue ?? false
        )
    }
}

/// The error types that the engine itself gives; plugins add their own.
public enum ErrorType {
    public static let timeout = "Timeout"
    public static let heartbeatTimeout = "HeartbeatTimeout"
    public static let queueTimeout = "QueueTimeout"
    public static let cancelled = "Cancelled"
    public static let outOfMemory = "OutOfMemory"
    public static let cpuLimit = "CPULimit"
    public static let outputLimit = "OutputLimit"
    public static let invalidInput = "InvalidInput"
    public static let invalidOutput = "InvalidOutput"
    public static let exit = "Exit"
    public static let signal = "Signal"
    public static let spawnFailed = "SpawnFailed"
    public static let pluginUnavailable = "PluginUnavailable"
    public static let sandboxFailed = "SandboxFailed"
    public static let secretUnavailable = "SecretUnavailable"
    public static let workerLost = "WorkerLost"
    public static let expressionError = "ExpressionError"
    public static let expressionBudget = "ExpressionBudget"
    public static let repeatLimit = "RepeatLimit"
    public static let concurrencyRejected = "ConcurrencyRejected"
    public static let runTooLarge = "RunTooLarge"

    /// Never retried unless a rule's `on` names the type.
    public static let permanent: Set<String> = [
        invalidInput, invalidOutput, outputLimit, pluginUnavailable, queueTimeout, expressionError,
        expressionBudget, secretUnavailable, repeatLimit, concurrencyRejected, runTooLarge,
    ]

    /// The host's fault: such an attempt is not spent; five in a row end the step.
    public static let hostFaults: Set<String> = [sandboxFailed, spawnFailed, workerLost]

    /// The attempt did not end by its own exit: a step that ends with one of these is compensated too.
    public static let unknownOutcome: Set<String> = [
        workerLost, timeout, heartbeatTimeout, cancelled, signal, outOfMemory, cpuLimit, outputLimit,
        invalidOutput,
    ]
}
