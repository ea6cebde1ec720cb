import JSON
import Linux

/// A rule about what came with a failure; all that apply speak, after the one that names the cause.
struct CircumstanceRule: Sendable {
    var rule: DiagnosisRule
    /// The sentence; nil where it does not apply.
    var sentence: @Sendable (Failure) -> String?
    var evidence: @Sendable (Failure) -> JSONObject
    var next: @Sendable (Failure) -> NextStep

    static let all: [CircumstanceRule] = [
        CircumstanceRule(
            rule: .unknownOutcome,
            sentence: { failure in
                guard failure.error.hasUnknownOutcome, failure.step != nil else { return nil }
                return "Nobody knows what step “\(failure.shown)” did before it was ended."
            },
            evidence: { _ in ["unknown_outcome": true] },
            next: { $0.retry("Look at what it changes outside, then retry") }
        ),
        CircumstanceRule(
            rule: .retriesExhausted,
            sentence: { failure in
                let spent = failure.step?.spent ?? []
                guard spent.count > 1 else { return nil }
                let types = Set(spent.compactMap(\.errorType))
                let how = types.count <= 1 ? "each time alike" : "in \(types.count) ways"
                return "All \(spent.count) attempts of step “\(failure.shown)” failed, \(how)."
            },
            evidence: { failure in
                ["error_types": .array((failure.step?.spent ?? []).map { .string($0.errorType ?? "") })]
            },
            next: { $0.retry("Retry, which gives it as many attempts again") }
        ),
        CircumstanceRule(
            rule: .pluginChanged,
            sentence: { failure in
                guard let now = failure.last?.digest, let before = failure.digestBefore, now != before else {
                    return nil
                }
                return "The plugin of step “\(failure.shown)” is another than when the step last succeeded."
            },
            evidence: { failure in
                [
                    "digest": .string(failure.last?.digest ?? ""),
                    "digest_before": .string(failure.digestBefore ?? ""),
                ]
            },
            next: { $0.retry("Put the old one back or mend the new one, then retry") }
        ),
        CircumstanceRule(
            rule: .failingOften,
            sentence: { failure in
                let (count, minutes) = (
                    failure.facts.failedAlike, DiagnosisFacts.oftenWindow.components.seconds / 60
                )
                guard count >= often else { return nil }
                let type = failure.type.oneLine(limit: 80)
                return "Of workflow “\(failure.facts.workflow)” \(count) runs failed with \(type) "
                    + "within \(minutes) minutes."
            },
            evidence: { ["runs": .integer(Int64($0.facts.failedAlike))] },
            next: { failure in
                let filter = "--workflow \(failure.facts.workflow) --error-type \(failure.type.shellWord)"
                return NextStep(
                    "Look for what they have in common, a deploy for one",
                    "pawl run list \(filter)"
                )
            }
        ),
        CircumstanceRule(
            rule: .notEnforced,
            sentence: { failure in
                guard let limits = failure.last?.unenforced, !limits.isEmpty else { return nil }
                let names = limits.map { "`\($0)`" }.joined(separator: ", ")
                return "The host of step “\(failure.shown)” does not enforce its limit of \(names)."
            },
            evidence: { ["limits": .array(($0.last?.unenforced ?? []).map { .string($0) })] },
            next: { _ in
                NextStep("See on that host what it can enforce, or `require` the limit", "pawl doctor")
            }
        ),
    ]

    /// So many failures alike are more than chance.
    private static let often = 5

    func finding(_ failure: Failure) -> Finding? {
        sentence(failure).map {
            Finding(rule, at: failure.step?.path, $0, evidence: evidence(failure), next: next(failure))
        }
    }
}

extension Failure {
    /// What the plugin was before: in an earlier attempt, else when the step last succeeded.
    fileprivate var digestBefore: String? {
        attempts.dropLast().last { $0.digest != nil && $0.digest != last?.digest }?.digest
            ?? facts.lastGoodDigest
    }
}
