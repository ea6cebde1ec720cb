import JSON
import YAML

/// Reads `retry:`.
enum RetryReader {
    static let keys = [
        "attempts", "backoff", "delay", "factor", "max_delay", "jitter", "within", "on", "except", "escalate",
    ]
    static let escalationKeys = ["memory", "max"]

    static func rule(_ value: SourceValue) -> RetryRule? {
        guard let fields = value.fields("`retry`", known: keys) else { return nil }
        var rule = RetryRule()
        rule.attempts = fields["attempts"]?.integer(in: 1...1_000_000)
        rule.backoff = fields["backoff"]?.choice(RetryRule.Backoff.self)
        rule.delayMilliseconds = fields["delay"]?.duration(minimum: 0)
        rule.factor = fields["factor"]?.number(in: 1...)
        rule.maxDelayMilliseconds = fields["max_delay"]?.duration(minimum: 0)
        rule.jitter = fields["jitter"]?.choice(RetryRule.Jitter.self)
        rule.withinMilliseconds = fields["within"]?.duration()
        rule.on = fields["on"].flatMap(errorTypes)
        rule.except = fields["except"].flatMap(errorTypes)
        rule.escalate = fields["escalate"].flatMap(escalations)
        if let delay = rule.delayMilliseconds, let most = rule.maxDelayMilliseconds, most < delay {
            fields["max_delay"]?.error("`max_delay` is shorter than `delay`")
        }
        return rule
    }

    /// A list of error types; `*` stands for any.
    static func errorTypes(_ value: SourceValue) -> [String]? {
        guard let elements = value.elements("a list of error types, such as [CardDeclined]") else {
            return nil
        }
        if elements.isEmpty { value.error("\(value.name) is empty; name an error type, or * for any") }
        return elements.compactMap { $0.node.scalar?.text == "*" ? "*" : $0.name(.errorType) }
    }

    /// `OutOfMemory: { memory: x2, max: 4GiB }`, by error type.
    private static func escalations(_ value: SourceValue) -> [String: Escalation]? {
        guard let members = value.members("a mapping of error types") else { return nil }
        var escalations: [String: Escalation] = [:]
        for (type, value) in members {
            if !NamePattern.errorType.matches(type) {
                value.keyError("\"\(type)\" is no \(NamePattern.errorType.description)")
            }
            let what = "an escalation"
            guard let fields = value.fields(what, known: escalationKeys) else { continue }
            let factor = fields.required("memory", of: what).flatMap(factor)
            let most = fields.required("max", of: what)?.size()
            if let factor, let most { escalations[type] = Escalation(factor: factor, maxBytes: most) }
        }
        return escalations
    }

    /// `x2`, `x1.5`.
    private static func factor(_ value: SourceValue) -> Double? {
        guard let text = value.text("a factor such as x2") else { return nil }
        guard text.first == "x", let factor = Double(text.dropFirst()), factor > 1, factor <= 1_000 else {
            value.mismatch("a factor above 1, such as x2")
            return nil
        }
        return factor
    }
}
