import JSON
import Linux

/// How long things take in this process, and how attempts and runs end that it commits.
public final class Measures: Sendable {
    /// From a step's entry into the ready index to its start; a successor never was in it and counts as none.
    public let queueWait = Histogram(bounds: Histogram.short)
    /// From an attempt's start to its end.
    public let attempt = Histogram(bounds: Histogram.short)
    /// From a run's creation to its end.
    public let run = Histogram(bounds: Histogram.long)
    /// From when a timer was due to when it has fired durably.
    public let timerLateness = Histogram(bounds: Histogram.short)
    /// A batch's transaction, from sending it to its answer.
    public let commit = Histogram(bounds: Histogram.short)
    /// The same of batches that claim.
    public let claim = Histogram(bounds: Histogram.short)

    private let attempts = Locked([AttemptStatus: Int64]())
    private let runs = Locked([RunStatus: Int64]())
    private let hostFaults = Locked<Int64>(0)

    public init() {}

    public var attemptEnds: [AttemptStatus: Int64] { attempts.withLock { $0 } }
    public var runEnds: [RunStatus: Int64] { runs.withLock { $0 } }
    /// Attempts that failed by the host's fault, such as `SandboxFailed`.
    public var hostFaultCount: Int64 { hostFaults.withLock { $0 } }

    private static let ends: [HistoryEvent.Kind: AttemptStatus] = [
        .attemptSucceeded: .succeeded, .attemptFailed: .failed, .attemptCancelled: .cancelled,
        .attemptSnoozed: .snoozed, .attemptDeferred: .deferred, .attemptLost: .lost,
    ]

    /// Counts what a committed transition ended.
    func observe(_ transition: Transition) {
        for event in transition.events {
            guard let status = Self.ends[event.kind] else { continue }
            attempts.withLock { $0[status, default: 0] += 1 }
            if event.data["host_fault"] == true { hostFaults.withLock { $0 += 1 } }
            guard let start = event.time("started_at") else { continue }
            attempt.observe(event.at - start)
            queueWait.observe(event.time("queued_at").map { start - $0 } ?? .zero)
        }
        guard let end = transition.ends, let last = transition.events.last else { return }
        runs.withLock { $0[end.status, default: 0] += 1 }
        run.observe(last.at - Timestamp(microseconds: transition.run.milliseconds * 1_000))
    }
}

extension HistoryEvent {
    fileprivate func time(_ key: String) -> Timestamp? {
        data[key]?.stringValue.flatMap(Timestamp.init(rfc3339:))
    }
}
