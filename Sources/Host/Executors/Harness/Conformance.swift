import JSON
import Linux
import Sandbox
import Scheduler

/// What every plugin should stand, tried one by one on a real process.
public struct Conformance {
    /// An item of the checklist with what was seen.
    public struct Finding: Sendable {
        public var item: String
        public var expected: String
        public var seen: String
        public var passed: Bool

        public var json: JSONValue {
            [
                "item": .string(item), "passed": .bool(passed), "expected": .string(expected),
                "seen": .string(seen),
            ]
        }
    }

    let reference: PluginReference
    let input: Payload
    let secrets: GivenSecrets
    let harness: Harness

    /// How long a program may take that does not say so itself, in milliseconds.
    private static let patience: Int64 = 20_000
    /// White space before the document, in bytes: more than a pipe holds, less than an input may have.
    private static let padding = 3 << 20
    /// The time until a program is told to stop.
    private static let headStart = Duration.milliseconds(150)

    /// `input` is one that the action takes.
    public init(
        _ reference: PluginReference,
        input: JSONValue,
        secrets: GivenSecrets,
        in harness: Harness
    ) {
        self.reference = reference
        self.input = Payload(input)
        self.secrets = secrets
        self.harness = harness
    }

    /// Goes through the list; `each` hears every finding at once.
    public func run(_ each: (Finding) -> Void = { _ in }) -> [Finding] {
        let before = files
        if reference.action.program.warm != nil {
            let findings = WarmConformance(reference, input, secrets, in: harness).run(each)
            let left = filesLeft(before)
            each(left)
            return findings + [left]
        }
        let first = probe()
        let checks: [() -> Finding] = [
            { validInput(first) }, { strayProcesses(first) }, closedInput, largeInput, { sameKey(first) },
            noControlChannel, invalidInput, termination, { filesLeft(before) },
        ]
        return checks.map { check in
            let finding = check()
            each(finding)
            return finding
        }
    }

    // MARK: - The items

    private func validInput(_ first: Probe) -> Finding {
        Finding(
            item: "valid input",
            expected: "success, with one JSON document on stdout that fits the schema",
            seen: first.description,
            passed: first.trial.status != .failed
        )
    }

    private func strayProcesses(_ first: Probe) -> Finding {
        let count = first.ending?.receipt.stragglers ?? 0
        return Finding(
            item: "no stray processes",
            expected: "no process left when the program has exited",
            seen: "\(count) left",
            passed: count == 0
        )
    }

    private func closedInput() -> Finding {
        let probe = probe { $0.stdin = [] }
        return Finding(
            item: "closed stdin",
            expected: "an end of its own when stdin is empty",
            seen: probe.description,
            passed: probe.endedByItself
        )
    }

    private func largeInput() -> Finding {
        let space = [UInt8](repeating: UInt8(ascii: " "), count: Self.padding)
        let probe = probe { $0.stdin = space + $0.stdin }
        return Finding(
            item: "large input",
            expected: "the same end when the document comes after 3 MiB of white space",
            seen: probe.description,
            passed: probe.trial.status != .failed
        )
    }

    private func sameKey(_ first: Probe) -> Finding {
        let second = probe()
        return Finding(
            item: "same key twice",
            expected: "the same output for the same idempotency key",
            seen: first.trial.output == second.trial.output ? "the same" : "first \(first), then \(second)",
            passed: first.trial.status == second.trial.status && first.trial.output == second.trial.output
        )
    }

    private func noControlChannel() -> Finding {
        let probe = probe { command in
            command.hasControlChannel = false
            command.environment.removeAll { $0.hasPrefix("PAWL_CONTROL_FD=") }
        }
        return Finding(
            item: "no control channel",
            expected: "success without descriptor 3 and PAWL_CONTROL_FD",
            seen: probe.description,
            passed: probe.trial.status != .failed
        )
    }

    private func invalidInput() -> Finding {
        let expected = "a permanent error for an input of another shape"
        let candidates: [JSONValue] = [[], "text", 5, .null]
        if let schema = reference.action.manifest.input, candidates.contains(where: { !schema.accepts($0) }) {
            let seen = "refused by its schema before it starts"
            return Finding(item: "invalid input", expected: expected, seen: seen, passed: true)
        }
        for candidate in candidates {
            let probe = probe { $0.stdin = candidate.bytes() }
            guard let error = probe.trial.error else { continue }
            let isPermanent = error.retryable == false || ErrorType.permanent.contains(error.type)
            let seen = "\(probe) for \(candidate.serialized())"
            if !isPermanent {
                return Finding(item: "invalid input", expected: expected, seen: seen, passed: false)
            }
        }
        let seen = "a permanent error, or any input is fine"
        return Finding(item: "invalid input", expected: expected, seen: seen, passed: true)
    }

    private func termination() -> Finding {
        let probe = probe(cancelAfter: Self.headStart)
        let wasForced = probe.ending?.outcome == .cancelled(forced: true)
        return Finding(
            item: "SIGTERM",
            expected: "an end within the grace of \(reference.grace)",
            seen: wasForced ? "SIGKILL was needed" : probe.description,
            passed: !wasForced
        )
    }

    private func filesLeft(_ before: Set<String>) -> Finding {
        let left = files.subtracting(before).sorted()
        return Finding(
            item: "no files left",
            expected: "nothing new beside the plugin",
            seen: left.isEmpty ? "nothing" : left.joined(separator: ", "),
            passed: left.isEmpty
        )
    }

    private var files: Set<String> {
        let folder = reference.registry.catalogue.plugins.first { $0.name == reference.call.plugin }?.folder
        return folder.map { Set(Self.files(in: $0)) } ?? []
    }

    private static func files(in folder: String) -> [String] {
        let names = (try? Files.names(in: folder)) ?? []
        return names.flatMap { name -> [String] in
            let path = "\(folder)/\(name)"
            return Files.kind(of: path) == .folder ? files(in: path) + [path] : [path]
        }
    }
}

// MARK: - One attempt

extension Conformance {
    /// An attempt with what the sandbox saw of it; no ending if it was refused.
    private struct Probe: CustomStringConvertible {
        var trial: Trial
        var ending: Ending?

        var endedByItself: Bool {
            if case .exited = ending?.outcome { true } else { false }
        }

        var description: String {
            trial.error.map { "\($0.type): \($0.message)" }
                ?? trial.output?.serialized() ?? trial.status.rawValue
        }
    }

    private func probe(
        cancelAfter delay: Duration? = nil,
        _ adjust: (inout Command) -> Void = { _ in }
    ) -> Probe {
        do throws(StepError) {
            return try attempt(cancelAfter: delay, adjust)
        } catch {
            return Probe(trial: Trial(refused: error), ending: nil)
        }
    }

    private func attempt(
        cancelAfter delay: Duration?,
        _ adjust: (inout Command) -> Void
    ) throws(StepError) -> Probe {
        var wishes = Harness.Wishes()
        wishes.timeoutMilliseconds = reference.action.manifest.settings.timeoutMilliseconds ?? Self.patience
        let order = Harness.order(reference, input, secrets: secrets, wishes)
        let program = reference.action.program
        let plan = try AttemptPlan(order, program, secrets: secrets, unenforceable: [])
        var command: Command
        do {
            command = try plan.command(in: try harness.sandbox.makeScratch())
        } catch {
            throw .sandboxFailed("\(error)")
        }
        adjust(&command)
        let reports = BlockingQueue<AttemptReport>()
        let endings = BlockingQueue<Ending>()
        let isOver = Waker()
        let step = RunningStep(log: { _ in }, completion: { reports.push($0) })
        step.start(command, of: plan, in: harness.sandbox) { ending in
            step.end(ending, by: program)
            endings.push(ending)
            isOver.wake()
        }
        if let delay, isOver.wait(until: .now + delay) == .timedOut { step.cancel() }
        guard let report = reports.pop(), let ending = endings.pop() else {
            preconditionFailure("nobody closes the queues")
        }
        return Probe(trial: Trial(report: report, logs: []), ending: ending)
    }
}

extension PluginReference {
    fileprivate var grace: String {
        DurationText.text(action.manifest.settings.graceMilliseconds ?? 5_000)
    }
}
