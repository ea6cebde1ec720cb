import JSON

/// What a step, a manifest or `defaults` says of how a program is run; nil where it says nothing.
///
/// Key by key the first that says something counts: step, manifest, `defaults`, engine.
public struct Settings: Sendable, Codable, Hashable {
    /// One attempt, from start to close; on a scope all of it.
    public var timeoutMilliseconds: Int64?
    public var queueTimeoutMilliseconds: Int64?
    public var heartbeatMilliseconds: Int64?
    public var graceMilliseconds: Int64?
    /// `defaults` and manifests only; a step's own rules are ``NodeSpec/retry``.
    public var retry: RetryRule?
    public var limits: Limits?
    public var require: [String]?
    /// A template.
    public var queue: Program?
    /// A template that gives -100…100.
    public var priority: Program?
    public var idempotencyKey: Program?
    public var secrets: [String]?
    /// Values are templates.
    public var env: [String: JSONValue]?
    public var pin: Bool?
    public var concurrency: KeyLimit?
    public var rate: KeyLimit?

    public init() {}
}

extension Settings {
    /// The engine's own word where nobody else says anything.
    public static let engine: Settings = {
        var settings = Settings()
        settings.graceMilliseconds = 5_000
        settings.retry = .engine
        return settings
    }()

    /// These settings, with what they leave out taken from `other`.
    ///
    /// `retry` is merged key by key as well.
    public func filled(from other: Settings) -> Settings {
        var merged = self
        merged.timeoutMilliseconds = timeoutMilliseconds ?? other.timeoutMilliseconds
        merged.queueTimeoutMilliseconds = queueTimeoutMilliseconds ?? other.queueTimeoutMilliseconds
        merged.heartbeatMilliseconds = heartbeatMilliseconds ?? other.heartbeatMilliseconds
        merged.graceMilliseconds = graceMilliseconds ?? other.graceMilliseconds
        merged.retry = retry.map { rule in other.retry.map(rule.filled(from:)) ?? rule } ?? other.retry
        merged.limits = limits.map { own in other.limits.map(own.filled(from:)) ?? own } ?? other.limits
        merged.require = require ?? other.require
        merged.queue = queue ?? other.queue
        merged.priority = priority ?? other.priority
        merged.idempotencyKey = idempotencyKey ?? other.idempotencyKey
        merged.secrets = secrets ?? other.secrets
        merged.env = env.map { own in (other.env ?? [:]).merging(own) { $1 } } ?? other.env
        merged.pin = pin ?? other.pin
        merged.concurrency = concurrency ?? other.concurrency
        merged.rate = rate ?? other.rate
        return merged
    }
}

/// `limits:` of a step or manifest; nil where nothing is said.
public struct Limits: Sendable, Codable, Hashable {
    public var memoryBytes: Int64?
    public var cpuTimeMilliseconds: Int64?
    public var cpus: Double?
    public var processes: Int?
    public var openFiles: Int?
    public var fileSizeBytes: Int64?
    public var diskBytes: Int64?
    public var outputBytes: Int64?
    /// `host` or `none`.
    public var network: String?
    /// `standard` or `strict`.
    public var isolation: String?

    public init() {}

    /// These limits, with what they leave out taken from `other`.
    public func filled(from other: Limits) -> Limits {
        var merged = self
        merged.memoryBytes = memoryBytes ?? other.memoryBytes
        merged.cpuTimeMilliseconds = cpuTimeMilliseconds ?? other.cpuTimeMilliseconds
        merged.cpus = cpus ?? other.cpus
        merged.processes = processes ?? other.processes
        merged.openFiles = openFiles ?? other.openFiles
        merged.fileSizeBytes = fileSizeBytes ?? other.fileSizeBytes
        merged.diskBytes = diskBytes ?? other.diskBytes
        merged.outputBytes = outputBytes ?? other.outputBytes
        merged.network = network ?? other.network
        merged.isolation = isolation ?? other.isolation
        return merged
    }
}

/// What `concurrency:` or `rate:` of a step says.
///
/// `perMilliseconds` belongs to a rate alone.
public struct KeyLimit: Sendable, Codable, Hashable {
    public var key: Program
    public var limit: Int
    public var perMilliseconds: Int64?

    public init(key: Program, limit: Int, perMilliseconds: Int64? = nil) {
        self.key = key
        self.limit = limit
        self.perMilliseconds = perMilliseconds
    }
}

/// One rule of when and how late to try again; nil where it says nothing.
public struct RetryRule: Sendable, Codable, Hashable {
    public enum Backoff: String, Sendable, Codable, CaseIterable { case exponential, linear, constant }
    public enum Jitter: String, Sendable, Codable, CaseIterable { case none, full, equal }

    /// Error types; nil retries all that are not permanent, `*` any.
    public var on: [String]?
    public var except: [String]?
    /// Attempts in all, the first included.
    public var attempts: Int?
    public var backoff: Backoff?
    public var delayMilliseconds: Int64?
    public var factor: Double?
    public var maxDelayMilliseconds: Int64?
    public var jitter: Jitter?
    /// From the first queueing on, back-off included.
    public var withinMilliseconds: Int64?
    /// `OutOfMemory: { memory: x2, max: 4GiB }`, by error type.
    public var escalate: [String: Escalation]?
    /// Takes what it leaves out from the manifest, `defaults` and the engine.
    public var inherits: Bool

    public init(attempts: Int? = nil, on: [String]? = nil, except: [String]? = nil, inherits: Bool = true) {
        self.attempts = attempts
        self.on = on
        self.except = except
        self.inherits = inherits
    }

    /// One attempt; should a rule ask for more: exponential, 1 s doubling to 5 min, full jitter.
    public static let engine: RetryRule = {
        var rule = RetryRule(attempts: 1)
        rule.backoff = .exponential
        rule.delayMilliseconds = 1_000
        rule.factor = 2
        rule.maxDelayMilliseconds = 300_000
        rule.jitter = .full
        return rule
    }()

    /// This rule, with what it leaves out taken from `other`.
    public func filled(from other: RetryRule) -> RetryRule {
        var merged = self
        merged.on = on ?? other.on
        merged.except = except ?? other.except
        merged.attempts = attempts ?? other.attempts
        merged.backoff = backoff ?? other.backoff
        merged.delayMilliseconds = delayMilliseconds ?? other.delayMilliseconds
        merged.factor = factor ?? other.factor
        merged.maxDelayMilliseconds = maxDelayMilliseconds ?? other.maxDelayMilliseconds
        merged.jitter = jitter ?? other.jitter
        merged.withinMilliseconds = withinMilliseconds ?? other.withinMilliseconds
        merged.escalate = escalate ?? other.escalate
        return merged
    }
}

/// How a limit grows for the next attempt.
public struct Escalation: Sendable, Codable, Hashable {
    public var factor: Double
    public var maxBytes: Int64

    public init(factor: Double, maxBytes: Int64) {
        self.factor = factor
        self.maxBytes = maxBytes
    }
}
