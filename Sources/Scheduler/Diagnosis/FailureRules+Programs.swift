import Wording

// Programs: how they ended, how long they took, how much they took.

extension FailureRule {
    /// What is wrong whatever the program made of it.
    static let outside: [FailureRule] = [
        FailureRule(
            .diskFull,
            when: { $0.isDiskFull },
            { "the disk of its host is full (\($0.message))" },
            do: { $0.retry("Make room on that host, then retry") }
        )
    ]

    static let children: [FailureRule] = [
        FailureRule(
            .childTimeout,
            when: { $0.step?.child != nil && $0.message.hasPrefix("the child run took longer") },
            { "its child run \($0.child) took longer than the step's `timeout`" },
            do: { NextStep("See what held the child up", "pawl run why \($0.child)") }
        ),
        FailureRule(
            .childFailed,
            when: { $0.step?.child != nil },
            { "its child run \($0.child) failed with \($0.typed)" },
            do: { NextStep("See why the child failed", "pawl run why \($0.child)") }
        ),
    ]

    static let times: [FailureRule] = [
        FailureRule(
            .signalTimeout,
            when: { $0.type == ErrorType.timeout && $0.hasNoAttempt && $0.message.hasPrefix("no signal") },
            { "\($0.message)" },
            do: { $0.retry("Find out why nobody sent it, then retry and send it with `pawl run signal`") }
        ),
        FailureRule(
            .callbackTimeout,
            when: {
                [ErrorType.timeout, ErrorType.heartbeatTimeout].contains($0.type)
                    && $0.last?.status == .deferred
            },
            { "\($0.message) under its callback token" },
            do: { $0.retry("Find out why nobody answered, then retry") }
        ),
        FailureRule(
            .runTimeout,
            when: { $0.type == ErrorType.timeout && $0.step == nil },
            { "\($0.message)" },
            do: { NextStep("See where the time went", "pawl run history \($0.facts.run)") }
        ),
        FailureRule(
            .groupTimeout,
            when: { $0.type == ErrorType.timeout && $0.hasNoAttempt },
            { "\($0.message)" },
            do: { NextStep("See where the time went", "pawl run history \($0.facts.run)") }
        ),
        FailureRule(
            .attemptTimeout,
            type: ErrorType.timeout,
            { "\($0.message)" },
            do: { $0.readLog("See in its log what it was at, then mend that or raise the step's `timeout`") }
        ),
        FailureRule(
            .heartbeatTimeout,
            type: ErrorType.heartbeatTimeout,
            { _ in "its program sent no heartbeat within the step's `heartbeat`" },
            do: { $0.readLog("See in its log where it hung, or let it send heartbeats more often") }
        ),
        FailureRule(
            .queueTimeout,
            type: ErrorType.queueTimeout,
            { _ in "no worker took it within its `queue_timeout`" },
            do: { _ in NextStep("See whether workers serve its queue and have room", "pawl worker list") }
        ),
    ]

    static let sizes: [FailureRule] = [
        FailureRule(
            .outOfMemory,
            type: ErrorType.outOfMemory,
            { "a process of it was killed for want of memory\($0.peak)" },
            do: { $0.rerun("Raise `limits.memory`, or let `retry.escalate` do so, apply and rerun") }
        ),
        FailureRule(
            .cpuLimit,
            type: ErrorType.cpuLimit,
            { _ in "its program used more processor time than `limits.cpu_time`" },
            do: { $0.rerun("Raise `limits.cpu_time` or give it less to do, apply and rerun") }
        ),
        FailureRule(
            .collectedTooLarge,
            when: { $0.type == ErrorType.outputLimit && $0.hasNoAttempt },
            { "\($0.message)" },
            do: { $0.rerun("Let the steps inside give less, or artifacts, apply and rerun") }
        ),
        FailureRule(
            .inputTooLarge,
            when: { $0.type == ErrorType.outputLimit && $0.last?.hasExit == false },
            { "\($0.message)" },
            do: { $0.rerun("Hand large data on by reference, as an artifact, apply and rerun") }
        ),
        FailureRule(
            .outputTooLarge,
            type: ErrorType.outputLimit,
            { "\($0.message)" },
            do: {
                $0.rerun("Let it write large data to $PAWL_ARTIFACTS, or raise `limits.output`, and rerun")
            }
        ),
    ]

    static let programs: [FailureRule] = [
        FailureRule(
            .notExecutable,
            when: { [126, 127].contains($0.last?.exitCode) && $0.type == ErrorType.pluginUnavailable },
            { "its program, or one that it calls, is missing or not executable\($0.exited)" },
            do: { $0.readLog("See which one, and install it where the worker's PATH leads") }
        ),
        FailureRule(
            .pluginMissing,
            type: ErrorType.pluginUnavailable,
            { "the plugin cannot be had: \($0.message)" },
            do: { _ in
                NextStep(
                    "Put the plugin where a worker looks (PAWL_PLUGIN_PATH), then retry",
                    "pawl plugin list"
                )
            }
        ),
        FailureRule(
            .killedBySignal,
            type: ErrorType.signal,
            { "\($0.message)" },
            do: { $0.readLog("See in its log what it was at when it was killed") }
        ),
        FailureRule(
            .exitPermanent,
            when: { $0.type == ErrorType.exit && exitMeanings[$0.last?.exitCode ?? 0] != nil },
            { "its program exited with status \($0.code), \(exitMeanings[$0.code] ?? "")\($0.said)" },
            do: { $0.readLog("Mend what its log names, then retry") }
        ),
        FailureRule(
            .exitTemporary,
            when: { $0.type == ErrorType.exit && [69, 70, 71, 73, 74, 75].contains($0.code) },
            { "its program exited with status \($0.code), which means a passing fault\($0.said)" },
            do: { $0.retry("Retry once what it needs is there again") }
        ),
        FailureRule(
            .exitStatus,
            type: ErrorType.exit,
            { "its program exited with status \($0.code)\($0.said)" },
            do: { $0.readLog("Mend what its log names, then retry") }
        ),
    ]

    /// `sysexits` for which trying again is of no use.
    private static let exitMeanings: [Int: String] = [
        64: "wrong usage", 65: "wrong data", 66: "no input", 67: "no such user", 68: "no such host",
        76: "a breach of protocol", 77: "no permission", 78: "wrong configuration",
    ]
}

extension Failure {
    fileprivate var isDiskFull: Bool {
        let word = "No space left on device"
        return error.message.contains(word) || step?.log.last?.contains(word) == true
    }

    fileprivate var child: String { step?.child?.description ?? "" }
    fileprivate var code: Int { last?.exitCode ?? 0 }

    var typed: String { message.isEmpty ? type.oneLine(limit: 80) : "\(type.oneLine(limit: 80)): \(message)" }

    /// What the program itself said; nothing where the message is only the engine's.
    fileprivate var said: String {
        message.isEmpty || message.hasPrefix("the program exited with status") ? "" : ": \(message)"
    }

    fileprivate var exited: String { last?.exitCode.map { " (exit status \($0))\(said)" } ?? said }

    fileprivate var peak: String {
        last?.peakMemoryBytes.map { ", at \($0 >> 20) MiB" } ?? ""
    }
}
