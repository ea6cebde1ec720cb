import JSON
import Linux
import Scheduler

/// Reads from the traces of an attempt how it ended.
struct OutcomeReader {
    let contract: OutcomeContract
    let evidence: Evidence

    static func outcome(of evidence: Evidence, by contract: OutcomeContract) -> Scheduler.Outcome {
        OutcomeReader(contract: contract, evidence: evidence).outcome
    }

    private var outcome: Scheduler.Outcome {
        switch evidence.termination {
        case .exited(0) where evidence.control.error == nil: return success
        case .cancelled where evidence.status == .code(0) && evidence.control.error == nil:
            // A valid result within the grace of a cancel counts.
            if case .succeeded(let output) = success { return .succeeded(output) }
            return .cancelled(failure)
        case .cancelled: return .cancelled(failure)
        default: break
        }
        if let first = speakers.first, first.isSnooze {
            return .snoozed(afterMilliseconds: first.retryAfterMilliseconds ?? Self.snoozeMilliseconds)
        }
        return .failed(failure)
    }

    /// Where a snooze does not say how long.
    private static let snoozeMilliseconds: Int64 = 1_000

    // MARK: - Success

    private var success: Scheduler.Outcome {
        if let deferral = evidence.control.deferral {
            return .deferred(timeoutMilliseconds: deferral.timeoutMilliseconds)
        }
        do {
            let output = try output()
            try check(output.value)
            return .succeeded(output)
        } catch {
            return .failed(error)
        }
    }

    private func output() throws(StepError) -> Payload {
        if let result = evidence.control.result { return Payload(result) }
        if let reason = evidence.control.unreadable { throw .invalidOutput(reason) }
        switch contract.capture {
        case .none: return .null
        case .json: return try document()
        case .text: return Payload(.string(try text()))
        case .lines:
            let lines = try text(trimmed: false).split(separator: "\n", omittingEmptySubsequences: false)
            let kept = lines.last == "" ? lines.dropLast() : lines[...]
            return Payload(.array(kept.map { .string(String($0)) }))
        }
    }

    private func document() throws(StepError) -> Payload {
        if evidence.stdout.isEmpty { return .null }
        do {
            let value = try JSONValue.parse(evidence.stdout)
            let end = evidence.stdout.lastIndex { !Self.isSpace($0) } ?? 0
            return Payload(text: String(decoding: evidence.stdout[...end], as: UTF8.self), value: value)
        } catch {
            throw .invalidOutput("stdout is not one JSON document: \(error); it begins \(beginning)")
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    private func text(trimmed: Bool = true) throws(StepError) -> String {
        var bytes = evidence.stdout[...]
        if trimmed { while bytes.last == UInt8(ascii: "\n") { bytes = bytes.dropLast() } }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .invalidOutput("stdout is not UTF-8; it begins \(beginning)")
        }
        return text
    }

    private func check(_ output: JSONValue) throws(StepError) {
        guard let violations = contract.output?.violations(of: output), !violations.isEmpty else { return }
        throw .violations(violations, type: ErrorType.invalidOutput, of: "the output")
    }

    /// The first 200 bytes of stdout, quoted.
    private var beginning: String {
        String(decoding: evidence.stdout.prefix(200), as: UTF8.self).debugDescription
    }

    // MARK: - Failure

    private var failure: StepError {
        let said = speakers.reduce(ErrorObject()) { $0.filled(from: $1) }
        return StepError(
            type: said.type ?? ErrorType.exit,
            message: said.message ?? "the program failed",
            retryable: said.retryable,
            retryAfterMilliseconds: said.retryAfterMilliseconds,
            details: said.details,
            hasUnknownOutcome: hasUnknownOutcome
        )
    }

    /// All who say something of the failure, the first the one that decides.
    private var speakers: [ErrorObject] {
        var speakers: [ErrorObject] = []
        if let verdict { speakers.append(verdict) }
        if let error = evidence.control.error { speakers.append(error) }
        if let object = evidence.errorOnStdout { speakers.append(object) }
        if case .code(let code) = evidence.status, let rule = contract.exitCodes[code] {
            speakers.append(ErrorObject(type: rule.type, retryable: rule.retryable))
        }
        if let message = LogLineReader.lastMessage(of: evidence.stderr) {
            speakers.append(ErrorObject(message: message))
        }
        if let status = evidence.status { speakers.append(ExitTable.meaning(of: status)) }
        return speakers
    }

    /// The attempt did not end by its program's own exit, so that its effects may or may not have happened.
    private var hasUnknownOutcome: Bool {
        switch evidence.termination {
        case .exited, .spawnFailed: false
        case .launcherFailed: evidence.status != nil
        default: true
        }
    }

    /// What the engine knows better than the program; nil where the program speaks for itself.
    private var verdict: ErrorObject? {
        switch evidence.termination {
        case .exited, .signalled: nil
        case .timeout(let forced):
            ErrorObject(
                type: ErrorType.timeout,
                message: "the attempt took longer than its timeout\(Self.how(forced))"
            )
        case .cancelled(let forced):
            ErrorObject(type: ErrorType.cancelled, message: "the attempt was cancelled\(Self.how(forced))")
        case .heartbeatTimeout:
            ErrorObject(type: ErrorType.heartbeatTimeout, message: "no heartbeat came in time")
        case .outputLimit:
            ErrorObject(type: ErrorType.outputLimit, message: "stdout has more bytes than `limits.output`")
        case .outOfMemory:
            ErrorObject(type: ErrorType.outOfMemory, message: "a process was killed for want of memory")
        case .cpuLimit:
            ErrorObject(type: ErrorType.cpuLimit, message: "the program used more than `limits.cpu_time`")
        case .spawnFailed(let errno): ExitTable.spawnFailure(errno)
        case .launcherFailed(let stage, let errno):
            ErrorObject(
                type: ErrorType.sandboxFailed,
                message: "the sandbox failed at \(stage): \(LinuxError.text(errno))",
                details: ["stage": .string(stage), "errno": .integer(Int64(errno))]
            )
        }
    }

    private static func how(_ forced: Bool) -> String { forced ? "; it did not heed SIGTERM" : "" }
}
