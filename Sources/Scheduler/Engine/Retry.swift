import JSON

/// Whether and when a failed attempt is followed by another.
struct RetryPolicy {
    /// What a rule grants.
    struct Grant: Hashable {
        var rule: Int
        var milliseconds: Int64
    }

    /// Rules in order, complete.
    var rules: [RetryRule]

    /// Host faults in a row that end a step.
    static let hostFaultBound = 5

    /// The rules of a node: its first takes what it leaves out from manifest, `defaults` and engine.
    ///
    /// `settings` are the step's, with `defaults` filled in if the node runs a program.
    init(_ node: NodeSpec, settings: Settings, manifest: Settings?) {
        let base = [manifest?.retry, settings.retry, RetryRule.engine].compactMap { $0 }
        let own = node.retry.isEmpty ? [RetryRule()] : node.retry
        rules = own.map { rule in
            (rule.inherits ? base : [.engine]).reduce(rule) { $0.filled(from: $1) }
        }
    }

    /// The first rule that takes the error, if it still has attempts and time.
    ///
    /// `used` are the retries so far, by rule; `elapsed` milliseconds since the step was first queued;
    /// `random` is for the jitter, in 0..<1.
    func grant(_ error: StepError, used: [Int], elapsed: Int64, random: Double) -> Grant? {
        guard let rule = rules.firstIndex(where: { $0.takes(error) }) else { return nil }
        let count = used.indices.contains(rule) ? used[rule] : 0
        guard count + 1 < rules[rule].attempts ?? 1 else { return nil }
        let delay = error.retryAfterMilliseconds ?? rules[rule].delay(retry: count + 1, random: random)
        if let within = rules[rule].withinMilliseconds, elapsed + delay > within { return nil }
        return Grant(rule: rule, milliseconds: delay)
    }

    /// The longest time that the step may take from its first queueing on, by its first rule.
    var within: Int64? { rules.first?.withinMilliseconds }

    func forbids(_ type: String) -> Bool {
        rules.contains { $0.except?.contains(type) == true }
    }

    /// The limits for the next attempt, when a rule escalates on this type of error.
    func escalated(_ limits: Limits?, on type: String) -> Limits? {
        guard let escalation = rules.lazy.compactMap({ $0.escalate?[type] }).first, var limits,
            let memory = limits.memoryBytes
        else { return nil }
        limits.memoryBytes = min(Int64(Double(memory) * escalation.factor), escalation.maxBytes)
        return limits
    }
}

extension RetryRule {
    func takes(_ error: StepError) -> Bool {
        func names(_ types: [String]) -> Bool { types.contains(error.type) || types.contains("*") }
        if let except, names(except) { return false }
        if let on { return names(on) }
        return !error.isPermanent
    }

    /// Milliseconds before the n-th retry, n from 1.
    func delay(retry: Int, random: Double) -> Int64 {
        let first = Double(delayMilliseconds ?? 0)
        let raw =
            switch backoff ?? .exponential {
            case .constant: first
            case .linear: first * Double(retry)
            case .exponential: first * power(factor ?? 2, retry - 1)
            }
        let capped = min(raw, Double(maxDelayMilliseconds ?? .max), 1e15)
        return switch jitter ?? .full {
        case .none: Int64(capped)
        case .full: Int64(capped * random)
        case .equal: Int64(capped / 2 + capped / 2 * random)
        }
    }

    private func power(_ base: Double, _ exponent: Int) -> Double {
        var result = 1.0
        // Beyond 1e15 the cap has long been reached.
        for _ in 0..<exponent where result < 1e15 { result *= base }
        return result
    }
}

extension StepError {
    /// Not to be retried unless a rule's `on` names its type.
    var isPermanent: Bool {
        retryable.map { !$0 } ?? ErrorType.permanent.contains(type)
    }

    var isHostFault: Bool { ErrorType.hostFaults.contains(type) }

    /// Whether the attempt may have had effects that nobody knows of.
    var leavesUnknown: Bool { hasUnknownOutcome || ErrorType.unknownOutcome.contains(type) }
}

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014).
public struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    public init(state: UInt64) { self.state = state }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// In 0..<1.
    public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
