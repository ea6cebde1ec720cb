import JSON
import Linux
import Sandbox
import Scheduler

/// An attempt on its way through a warm process.
final class WarmRequest: Sendable {
    let id: Int
    let step: RunningStep
    let plan: AttemptPlan
    private let submitted = MonotonicTime.now
    private let sending = Locked(Sending())

    private let unwanted = Locked(false)
    private let frost = Locked((since: MonotonicTime?.none, total: Duration.zero))

    /// Set when it is to be cancelled, which may be before it is submitted.
    var isUnwanted: Bool {
        get { unwanted.withLock { $0 } }
        set { unwanted.withLock { $0 = newValue } }
    }

    /// Set when it is to stand still, which may be before it is submitted.
    var isStill: Bool { frost.withLock { $0.since != nil } }

    /// Counts the time that it stands still.
    func standsStill(_ still: Bool) {
        frost.withLock { frost in
            if let since = frost.since { frost.total += MonotonicTime.now - since }
            frost.since = still ? .now : nil
        }
    }

    /// What is known since it was sent.
    private struct Sending: Sendable {
        var lane = 0
        var at: MonotonicTime?
        var bytes = 0
        var processorTime: Duration?
    }

    init(id: Int, step: RunningStep, plan: AttemptPlan) {
        self.id = id
        self.step = step
        self.plan = plan
    }

    var terms: WarmPool.Terms {
        WarmPool.Terms(
            timeout: plan.timeout ?? AttemptPlan.noTimeout,
            grace: plan.grace,
            heartbeat: plan.settings.heartbeatMilliseconds.map { .milliseconds($0) }
        )
    }

    var lane: Int { sending.withLock { $0.lane } }

    /// Writes the request to its process.
    func send(to process: WarmProcess, lane: Int) {
        step.clockStarts(plan)
        for artifact in plan.artifacts { process.lay(artifact.name, artifact.content, in: lane) }
        let context = plan.facts(in: process.folders(of: lane, plan)).context
        let action = plan.action
        let frame = WarmFrame.run(id, action: action, input: plan.order.input, context: context)
        sending.withLock {
            $0 = Sending(lane: lane, at: .now, bytes: frame.count, processorTime: process.processorTime)
        }
        process.conversation.write(frame)
    }

    /// What the attempt used, as far as that can be told of one request among those of a process.
    func receipt(from process: WarmProcess?, answerBytes: Int, isAlone: Bool) -> JSONValue {
        let now = MonotonicTime.now
        let sent = sending.withLock { $0 }
        let frozen = frost.withLock { $0.total + ($0.since.map { now - $0 } ?? .zero) }
        var used: JSONValue = .null
        if isAlone, let before = sent.processorTime, let after = process?.processorTime {
            used = (after - before).milliseconds
        }
        var receipt: JSONObject = [
            "wall_ms": (now - submitted - frozen).milliseconds,
            "user_ms": .null, "system_ms": .null, "cpu_ms": used,
            "peak_memory_bytes": process?.residentBytes.map { .integer($0) } ?? .null,
            "stdout_bytes": .integer(Int64(answerBytes)), "stderr_bytes": .null,
            "stdin_bytes": .integer(Int64(sent.bytes)),
            "spawn_ms": ((sent.at ?? now) - submitted).milliseconds,
            "run_ms": (now - (sent.at ?? now) - frozen).milliseconds,
            "drain_ms": .integer(0),
            "warm": true,
        ]
        if frozen > .zero { receipt["frozen_ms"] = frozen.milliseconds }
        return .object(receipt)
    }
}

/// The answer to a request, or what took its place.
struct WarmEnding {
    var end: WarmPool.End
    var process: WarmProcess?
    /// Of the frame.
    var answerBytes = 0
    /// Whether the process has had no other request meanwhile.
    var isAlone = false
}

extension WarmRequest {
    /// Reports the attempt.
    func finish(_ ending: WarmEnding) {
        let receipt = receipt(
            from: ending.process,
            answerBytes: ending.answerBytes,
            isAlone: ending.isAlone
        )
        let wasSent = sending.withLock { $0.at != nil }
        var record = ProcessRecord(enforced: ending.process?.enforced ?? [])
        if wasSent { record.receipt = receipt }
        switch ending.end {
        case .answered(let wasCancelled):
            step.endAnswered(wasCancelled: wasCancelled, record, by: plan.program)
        case .stopped(let termination):
            step.end(Evidence(termination: termination), record, by: plan.program)
        case .crashed(let end):
            record.exit = end.status?.json
            step.end(
                end.evidence("the warm process ended before it answered", true),
                record,
                by: plan.program
            )
        case .notStarted(let end, let within):
            step.end(notStarted(end, within, ending.process?.refusal), plan.program)
        case .handedBack:
            let reason = "its warm process was ended for another request"
            step.end(.handedBack(reason: reason), plan.program)
        case .unwanted:
            step.end(.cancelled(.cancelledBeforeStart), plan.program)
        }
    }

    private func notStarted(_ end: ProcessEnd, _ within: Duration?, _ refusal: String?) -> Scheduler.Outcome {
        if let refusal {
            return .failed(StepError(type: ErrorType.pluginUnavailable, message: refusal, retryable: false))
        }
        if let within {
            let limit = DurationText.text(within.wholeMilliseconds)
            let message = "the warm process did not answer `hello` within \(limit) (warm.start_timeout)"
            return .failed(StepError(type: ErrorType.timeout, message: message))
        }
        let evidence = end.evidence("the warm process ended before it answered `hello`", nil)
        return OutcomeReader.outcome(of: evidence, by: plan.program.contract)
    }
}

extension ProcessEnd {
    /// The traces of an end in the middle of something.
    fileprivate func evidence(_ what: String, _ retryable: Bool?) -> Evidence {
        let last = LogLineReader.lastMessage(of: stderr).map { ": \($0)" } ?? ""
        var control = ControlRecord()
        control.error = ErrorObject(message: what + last, retryable: retryable)
        return Evidence(termination: termination, status: status, stderr: stderr, control: control)
    }
}

extension StepError {
    static var cancelledBeforeStart: StepError {
        StepError(type: ErrorType.cancelled, message: "cancelled before it started")
    }
}
