import Wording

// Documents, hosts, the workflow itself, and what plugins say of themselves.

extension FailureRule {
    static let documents: [FailureRule] = [
        FailureRule(
            .inputSchema,
            when: { $0.type == ErrorType.invalidInput && $0.violates },
            { "\($0.message)" },
            do: { $0.rerun("Mend the step's `with`, apply and rerun") }
        ),
        FailureRule(
            .invalidInput,
            type: ErrorType.invalidInput,
            { "\($0.message)" },
            do: { $0.rerun("Mend what it is given, apply and rerun") }
        ),
        FailureRule(
            .outputSchema,
            when: { $0.type == ErrorType.invalidOutput && $0.violates },
            { "\($0.message)" },
            do: { $0.retry("Mend the plugin, or its schema, then retry") }
        ),
        FailureRule(
            .outputNotJSON,
            type: ErrorType.invalidOutput,
            { "\($0.message)" },
            do: {
                $0.readLog(
                    "Let it print its result alone on stdout and all else on stderr, or say `capture: text`"
                )
            }
        ),
    ]

    static let hosts: [FailureRule] = [
        FailureRule(
            .secretMissing,
            type: ErrorType.secretUnavailable,
            { "\($0.message)" },
            do: { $0.retry("Give the worker the secret (PAWL_SECRETS_DIR), then retry") }
        ),
        FailureRule(
            .workerLost,
            type: ErrorType.workerLost,
            { "its worker was lost \($0.losses) times in a row, each time while it ran this step" },
            do: { $0.readLog("See whether the step kills its host, for want of memory for one") }
        ),
        FailureRule(
            .sandboxFailed,
            type: ErrorType.sandboxFailed,
            { "\($0.message)" },
            do: { _ in NextStep("See on that host what its sandbox can do", "pawl doctor") }
        ),
        FailureRule(
            .spawnFailed,
            type: ErrorType.spawnFailed,
            { "\($0.message)" },
            do: { _ in NextStep("See whether the host has processes and memory left", "pawl worker list") }
        ),
    ]

    static let definitions: [FailureRule] = [
        FailureRule(
            .expressionError,
            type: ErrorType.expressionError,
            { "an expression of the workflow failed: \($0.message)" },
            do: { $0.rerun("Mend the expression (`pawl expr` tries one), apply and rerun") }
        ),
        FailureRule(
            .expressionBudget,
            type: ErrorType.expressionBudget,
            { "an expression of the workflow took more than its budget: \($0.message)" },
            do: { $0.rerun("Do the work in a step, or on less data, apply and rerun") }
        ),
        FailureRule(
            .repeatLimit,
            type: ErrorType.repeatLimit,
            { "\($0.message)" },
            do: { $0.rerun("See whether `until` can come true, or raise `max`, apply and rerun") }
        ),
        FailureRule(
            .turnedAway,
            type: ErrorType.concurrencyRejected,
            { "another run has the slot that it asked for: \($0.message)" },
            do: { $0.retry("Retry once that run has ended") }
        ),
        FailureRule(
            .runTooLarge,
            type: ErrorType.runTooLarge,
            { "\($0.message)" },
            do: { $0.show("Split the workflow into child runs") }
        ),
        FailureRule(
            .endedByPerson,
            type: ErrorType.cancelled,
            { "\($0.message)" },
            do: { $0.retry("Retry to take it up again") }
        ),
    ]

    static let plugins: [FailureRule] = [
        FailureRule(
            .failedOnPurpose,
            when: { $0.hasNoAttempt },
            { "the workflow itself ends here, with \($0.typed)" },
            do: { $0.show("See with which input it came here") }
        ),
        FailureRule(
            .pluginError,
            when: { _ in true },
            { "\($0.typed)\($0.error.retryable == false ? " (permanent, says the plugin)" : "")" },
            do: { $0.readLog("Mend what it names, then retry") }
        ),
    ]
}

extension Failure {
    fileprivate var violates: Bool { error.details?["violations"] != nil }

    fileprivate var losses: Int {
        attempts.reversed().prefix { $0.status == .lost }.count
    }
}
