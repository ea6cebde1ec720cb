import JSON
import Scheduler

/// An attempt at a prompt, with everything that was heard of it.
public struct Trial: Sendable {
    public let report: AttemptReport
    public let logs: [LogLine]

    /// The trial of what could not be started.
    public init(refused error: StepError) {
        self.init(report: AttemptReport(outcome: .failed(error)), logs: [])
    }

    init(report: AttemptReport, logs: [LogLine]) {
        self.report = report
        self.logs = logs
    }

    public enum Status: String, Sendable, CaseIterable { case succeeded, failed, snoozed, deferred }

    public var status: Status {
        switch report.outcome {
        case .succeeded: .succeeded
        case .failed, .cancelled, .handedBack: .failed
        case .snoozed: .snoozed
        case .deferred: .deferred
        }
    }

    public var output: JSONValue? {
        if case .succeeded(let output) = report.outcome { output.value } else { nil }
    }

    public var error: StepError? {
        switch report.outcome {
        case .failed(let error), .cancelled(let error): error
        case .handedBack(let reason): .sandboxFailed(reason)
        default: nil
        }
    }

    /// As `pawl plugin run -o json` prints it.
    public var json: JSONValue {
        [
            "status": .string(status.rawValue),
            "output": output ?? .null,
            "error": error.map(Self.json) ?? .null,
            "exit": report.exit ?? .null,
            "receipt": report.receipt.map(Self.receipt) ?? .null,
            "enforced": report.enforced ?? [],
            "logs": .array(
                logs.map { ["level": .string($0.level.rawValue), "message": .string($0.message)] }
            ),
        ]
    }

    private static func json(_ error: StepError) -> JSONValue {
        [
            "type": .string(error.type), "message": .string(error.message),
            "retryable": .bool(error.retryable ?? !ErrorType.permanent.contains(error.type)),
            "details": error.details ?? .null,
        ]
    }

    private static let receiptKeys = [
        "wall_ms", "user_ms", "system_ms", "peak_memory_bytes", "stdout_bytes", "stderr_bytes",
    ]

    private static func receipt(_ receipt: JSONValue) -> JSONValue {
        .object(JSONObject(receiptKeys.map { ($0, receipt[$0] ?? .null) }))
    }

    /// How it ended, what it used and what held it, in lines for people.
    public var summary: [String] {
        var lines = ["\(status.rawValue)\(reading)"]
        if let error {
            let retry = error.retryable ?? !ErrorType.permanent.contains(error.type)
            lines.append("\(error.type): \(error.message)\(retry ? " (may be retried)" : " (permanent)")")
            if let details = error.details { lines.append("details \(details.serialized())") }
        }
        if let receipt = report.receipt {
            let used = Self.receiptKeys.map { "\($0) \(receipt[$0]?.serialized() ?? "-")" }
            lines.append(used.joined(separator: ", "))
        }
        for limit in report.enforced?.arrayValue ?? [] {
            let name = limit["limit"]?.stringValue ?? ""
            lines.append("\(name): \(limit["mechanism"]?.stringValue ?? "not enforced on this host")")
        }
        return lines
    }

    private var reading: String {
        if let code = report.exit?["code"]?.integerValue { return ", exit status \(code)" }
        if let signal = report.exit?["signal"]?.integerValue { return ", killed by signal \(signal)" }
        return ", no process was started"
    }
}
