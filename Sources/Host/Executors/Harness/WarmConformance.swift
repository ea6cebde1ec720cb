import JSON
import Linux
import Scheduler

/// The checklist of a warm action, whose requests go through a pool as a worker's do.
struct WarmConformance {
    private let reference: PluginReference
    private let input: Payload
    private let secrets: GivenSecrets
    private let executor: PluginExecutor

    /// White space before the document, in bytes.
    private static let padding = 3 << 20
    private static let headStart = Duration.milliseconds(150)
    private static let patience: Int64 = 20_000

    init(_ reference: PluginReference, _ input: Payload, _ secrets: GivenSecrets, in harness: Harness) {
        self.reference = reference
        self.input = input
        self.secrets = secrets
        executor = PluginExecutor(
            sandbox: harness.sandbox,
            registry: reference.registry,
            secrets: secrets
        )
    }

    /// Goes through the list, all of it on the same processes; `each` hears every finding at once.
    func run(_ each: (Conformance.Finding) -> Void) -> [Conformance.Finding] {
        defer { executor.close() }
        let first = request(input)
        let checks = [{ validInput(first) }, { sameKey(first) }, largeInput, invalidInput, cancel, goesOn]
        return checks.map { check in
            let finding = check()
            each(finding)
            return finding
        }
    }

    // MARK: - The items

    private func validInput(_ first: Trial) -> Conformance.Finding {
        Conformance.Finding(
            item: "valid input",
            expected: "hello, then a result that fits the schema",
            seen: first.seen,
            passed: first.status != .failed
        )
    }

    private func sameKey(_ first: Trial) -> Conformance.Finding {
        let second = request(input)
        return Conformance.Finding(
            item: "same key twice",
            expected: "the same output for the same idempotency key, also from the same process",
            seen: first.output == second.output ? "the same" : "first \(first.seen), then \(second.seen)",
            passed: first.status == second.status && first.output == second.output
        )
    }

    private func largeInput() -> Conformance.Finding {
        let space = String(repeating: " ", count: Self.padding)
        let trial = request(Payload(text: space + input.value.serialized(), value: input.value))
        return Conformance.Finding(
            item: "large input",
            expected: "the same end when the frame holds 3 MiB of white space",
            seen: trial.seen,
            passed: trial.status != .failed
        )
    }

    private func invalidInput() -> Conformance.Finding {
        let candidates: [JSONValue] = [[], "text", 5, .null]
        var seen = "a permanent error, or any input is fine"
        var passed = true
        for candidate in candidates where passed {
            guard let error = request(Payload(candidate)).error else { continue }
            passed = error.retryable == false || ErrorType.permanent.contains(error.type)
            if !passed { seen = "\(error.type): \(error.message) for \(candidate.serialized())" }
        }
        return Conformance.Finding(
            item: "invalid input",
            expected: "a permanent error for an input of another shape, and the process lives on",
            seen: seen,
            passed: passed
        )
    }

    private func cancel() -> Conformance.Finding {
        let start = MonotonicTime.now
        let trial = request(input, cancelAfter: Self.headStart)
        let grace = Duration.milliseconds(reference.action.manifest.settings.graceMilliseconds ?? 5_000)
        let isLate = MonotonicTime.now - start >= Self.headStart + grace
        return Conformance.Finding(
            item: "cancel",
            expected: "an answer to `cancel` within the grace",
            seen: isLate ? "none, so that the process was killed" : trial.seen,
            passed: !isLate
        )
    }

    private func goesOn() -> Conformance.Finding {
        let trial = request(input)
        return Conformance.Finding(
            item: "goes on",
            expected: "a result after all of this",
            seen: trial.seen,
            passed: trial.status != .failed
        )
    }

    // MARK: - One request

    private func request(_ input: Payload, cancelAfter delay: Duration? = nil) -> Trial {
        var wishes = Harness.Wishes()
        wishes.timeoutMilliseconds = reference.action.manifest.settings.timeoutMilliseconds ?? Self.patience
        let end = BlockingQueue<AttemptReport>()
        let isOver = Waker()
        let attempt = executor.start(
            Harness.order(reference, input, secrets: secrets, wishes),
            log: { _ in },
            completion: { report in
                end.push(report)
                isOver.wake()
            }
        )
        if let delay, isOver.wait(until: .now + delay) == .timedOut { attempt.cancel() }
        guard let report = end.pop() else { preconditionFailure("nobody closes the queue") }
        return Trial(report: report, logs: [])
    }
}

extension Trial {
    fileprivate var seen: String {
        error.map { "\($0.type): \($0.message)" } ?? output?.serialized() ?? status.rawValue
    }
}
