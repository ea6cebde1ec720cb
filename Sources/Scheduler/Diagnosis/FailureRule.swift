import JSON

/// A rule that names the cause of a failure.
///
/// The rules are asked in order, and the first that applies speaks; the last one always does.
struct FailureRule: Sendable {
    var rule: DiagnosisRule
    var applies: @Sendable (Failure) -> Bool
    /// What follows the colon of `Step “charge” failed: …`, without a full stop.
    var cause: @Sendable (Failure) -> String
    var next: @Sendable (Failure) -> NextStep

    init(
        _ rule: DiagnosisRule,
        when applies: @escaping @Sendable (Failure) -> Bool,
        _ cause: @escaping @Sendable (Failure) -> String,
        do next: @escaping @Sendable (Failure) -> NextStep
    ) {
        self.rule = rule
        self.applies = applies
        self.cause = cause
        self.next = next
    }

    /// A rule for all failures of one type.
    init(
        _ rule: DiagnosisRule,
        type: String,
        _ cause: @escaping @Sendable (Failure) -> String,
        do next: @escaping @Sendable (Failure) -> NextStep
    ) {
        self.init(rule, when: { $0.type == type }, cause, do: next)
    }

    static let all = outside + children + times + sizes + documents + programs + hosts + definitions + plugins

    func finding(_ failure: Failure) -> Finding {
        let cause = cause(failure)
        let end = cause.last.map { ".!?…".contains($0) } == true ? "" : "."
        return Finding(
            rule,
            at: failure.step?.path,
            "\(failure.lead): \(cause)\(end)",
            evidence: failure.evidence,
            next: next(failure)
        )
    }
}

extension Failure {
    var finding: Finding? { FailureRule.all.first { $0.applies(self) }?.finding(self) }

    var evidence: JSONObject {
        var evidence: JSONObject = ["error": error.json]
        if !attempts.isEmpty { evidence["attempts"] = .integer(Int64(attempts.count)) }
        evidence["exit_code"] = last?.exitCode.map { .integer(Int64($0)) }
        evidence["exit_signal"] = last?.exitSignal.map { .integer(Int64($0)) }
        evidence["worker"] = last?.worker.map { .string($0) }
        evidence["peak_memory_bytes"] = last?.peakMemoryBytes.map { .integer($0) }
        evidence["child"] = step?.child.map { .string($0.description) }
        if let log = step?.log, !log.isEmpty { evidence["log"] = .array(log.map { .string($0) }) }
        return evidence
    }
}
