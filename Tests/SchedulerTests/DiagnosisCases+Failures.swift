import JSON

@testable import Scheduler

extension DiagnosisCase {
    static let failures = times + sizes + documents + programs + hosts + ends

    private static let violated: JSONValue = ["violations": [["pointer": "/amount"]]]

    private static let times: [DiagnosisCase] = [
        .init(
            .childTimeout,
            .failed(ErrorType.timeout, "the child run took longer than the step's `timeout`", attempts: []) {
                $0.child = DiagnosisFacts.other
            },
            "took longer than the step's `timeout`",
            "pawl run why \(DiagnosisFacts.other)"
        ),
        .init(
            .childFailed,
            .failed("Declined", attempts: []) { $0.child = DiagnosisFacts.other },
            "its child run \(DiagnosisFacts.other) failed with Declined: boom",
            "pawl run why \(DiagnosisFacts.other)"
        ),
        .init(
            .signalTimeout,
            .failed(ErrorType.timeout, "no signal \"go\" came within 5000 ms", attempts: []),
            "no signal \"go\" came",
            "pawl run retry"
        ),
        .init(
            .callbackTimeout,
            .failed(
                ErrorType.timeout,
                "no answer came in time",
                attempts: [EndedAttempt(number: 1, status: .deferred)]
            ),
            "no answer came in time under its callback token",
            "pawl run retry"
        ),
        .init(
            .runTimeout,
            .failedRun(ErrorType.timeout, "the run took longer than its `timeout` of 5 ms"),
            "The run failed: the run took longer",
            "pawl run history"
        ),
        .init(
            .groupTimeout,
            .failed(ErrorType.timeout, "the group took longer", attempts: []),
            "the group took longer",
            "pawl run history"
        ),
        .init(
            .attemptTimeout,
            .failed(ErrorType.timeout, "it took longer"),
            "it took longer",
            "--step charge"
        ),
        .init(.heartbeatTimeout, .failed(ErrorType.heartbeatTimeout), "no heartbeat", "pawl run logs run_"),
        .init(
            .queueTimeout,
            .failed(ErrorType.queueTimeout, attempts: []),
            "no worker took it within its `queue_timeout`",
            "pawl worker list"
        ),
    ]

    private static let sizes: [DiagnosisCase] = [
        .init(
            .outOfMemory,
            .failed(ErrorType.outOfMemory) { $0.attempts[0].peakMemoryBytes = 64 << 20 },
            "killed for want of memory, at 64 MiB",
            "pawl run rerun run_"
        ),
        .init(.cpuLimit, .failed(ErrorType.cpuLimit), "`limits.cpu_time`", "--from-step charge"),
        .init(
            .collectedTooLarge,
            .failed(ErrorType.outputLimit, "the output of the group has 70 MiB", attempts: []),
            "has 70 MiB",
            "pawl run rerun"
        ),
        .init(.inputTooLarge, .failed(ErrorType.outputLimit, "the input has 5"), "the input has", "rerun"),
        .init(.outputTooLarge, .exited(0, ErrorType.outputLimit, "stdout has"), "stdout has", "rerun"),
    ]

    private static let documents: [DiagnosisCase] = [
        .init(
            .inputSchema,
            .failed(ErrorType.invalidInput, "the input does not fit its schema: /amount") {
                $0.error.details = violated
            },
            "does not fit its schema: /amount",
            "pawl run rerun"
        ),
        .init(.invalidInput, .failed(ErrorType.invalidInput, "no NUL"), "no NUL", "pawl run rerun"),
        .init(
            .outputSchema,
            .failed(ErrorType.invalidOutput, "the output does not fit its schema: /amount") {
                $0.error.details = violated
            },
            "the output does not fit its schema: /amount",
            "pawl run retry"
        ),
        .init(
            .outputNotJSON,
            .exited(0, ErrorType.invalidOutput, "stdout is not one JSON document; it begins \"hi\""),
            "it begins \"hi\"",
            "pawl run logs"
        ),
    ]

    private static let programs: [DiagnosisCase] = [
        .init(
            .notExecutable,
            .exited(127, ErrorType.pluginUnavailable, "sh: 1: jq: not found"),
            "(exit status 127): sh: 1: jq: not found",
            "pawl run logs"
        ),
        .init(
            .pluginMissing,
            .failed(ErrorType.pluginUnavailable, "there is no plugin \"x\""),
            "there is no plugin",
            "pawl plugin list"
        ),
        .init(.killedBySignal, .failed(ErrorType.signal, "killed (SIGSEGV, 11)"), "SIGSEGV", "pawl run logs"),
        .init(.exitPermanent, .exited(78), "status 78, wrong configuration: boom", "pawl run logs"),
        .init(.exitTemporary, .exited(75), "a passing fault: boom", "pawl run retry"),
        .init(
            .exitStatus,
            .exited(7, ErrorType.exit, "the program exited with status 7"),
            "exited with status 7.",
            "pawl run logs"
        ),
        .init(
            .pluginError,
            .exited(1, "CardDeclined"),
            "charge” failed: CardDeclined: boom.",
            "pawl run logs"
        ),
    ]

    private static let hosts: [DiagnosisCase] = [
        .init(.diskFull, .exited(1, ErrorType.exit, "cp: No space left on device"), "disk", "pawl run retry"),
        .init(.secretMissing, .failed(ErrorType.secretUnavailable, "no secret"), "no secret", "retry"),
        .init(
            .workerLost,
            .failed(
                ErrorType.workerLost,
                attempts: (1...5).map { _ in EndedAttempt(number: 1, status: .lost) }
            ),
            "lost 5 times in a row",
            "pawl run logs"
        ),
        .init(.sandboxFailed, .failed(ErrorType.sandboxFailed, "at setns"), "at setns", "pawl doctor"),
        .init(.spawnFailed, .failed(ErrorType.spawnFailed, "no memory"), "no memory", "pawl worker list"),
    ]

    private static let ends: [DiagnosisCase] = [
        .init(
            .expressionError,
            .failed(ErrorType.expressionError, "T2001: no number", attempts: []),
            "an expression of the workflow failed: T2001: no number",
            "pawl run rerun"
        ),
        .init(.expressionBudget, .failed(ErrorType.expressionBudget, attempts: []), "budget", "rerun"),
        .init(.repeatLimit, .failed(ErrorType.repeatLimit, "10 rounds", attempts: []), "10 rounds", "rerun"),
        .init(
            .turnedAway,
            .failed(ErrorType.concurrencyRejected, attempts: []),
            "another run has the slot",
            "pawl run retry"
        ),
        .init(.runTooLarge, .failedRun(ErrorType.runTooLarge, "too many"), "too many", "pawl run show"),
        .init(.endedByPerson, .failed(ErrorType.cancelled, "ended by ann"), "ended by ann", "run retry"),
        .init(.failedOnPurpose, .failed("NoStock", attempts: []), "with NoStock: boom", "pawl run show"),
        .init(
            .cancelled,
            .failedRun(ErrorType.cancelled, "cancelled by ann: wrong day", .cancelled),
            "The run was cancelled by ann: wrong day.",
            "pawl run rerun"
        ),
        .init(
            .terminated,
            .failedRun(ErrorType.cancelled, "terminated by ann", .terminated),
            "and nothing was undone",
            "pawl run rerun"
        ),
    ]

    static let circumstances: [DiagnosisCase] = [
        .init(
            .compensationFailed,
            brokenCompensation,
            "Undoing step “charge” failed: its program",
            "run retry"
        ),
        .init(
            .retriesExhausted,
            .failed(ErrorType.exit, attempts: (1...3).map { EndedAttempt(number: $0, exitCode: 1) }),
            "All 3 attempts of step “charge” failed, each time alike",
            "pawl run retry"
        ),
        .init(.failingOften, manyAlike, "Of workflow “order” 6 runs failed with Exit", "--error-type Exit"),
        .init(.pluginChanged, changedPlugin, "another than when the step last succeeded", "pawl run retry"),
        .init(
            .notEnforced,
            .failed(ErrorType.exit) { $0.attempts[0].unenforced = ["memory"] },
            "does not enforce its limit of `memory`",
            "pawl doctor"
        ),
        .init(
            .unknownOutcome,
            .failed(ErrorType.timeout) { $0.error.hasUnknownOutcome = true },
            "Nobody knows what step “charge” did",
            "pawl run retry"
        ),
    ]

    private static let brokenCompensation = {
        var facts = DiagnosisFacts.exited(1)
        facts.compensation = .failed
        let error = StepError(type: ErrorType.exit, message: "cannot refund")
        facts.failures.append(
            FailedStep(
                path: "charge",
                isCompensation: true,
                error: error,
                attempts: [EndedAttempt(number: 1, exitCode: 3)]
            )
        )
        return facts
    }()

    private static let manyAlike = {
        var facts = DiagnosisFacts.exited(1)
        facts.failedAlike = 6
        return facts
    }()

    private static let changedPlugin = {
        var facts = DiagnosisFacts.failed(ErrorType.exit) { $0.attempts[0].digest = "new" }
        facts.lastGoodDigest = "old"
        return facts
    }()
}
