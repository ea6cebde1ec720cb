import JSON
import Linux

/// What is known of a run, as far as the rules of diagnosis ask.
struct DiagnosisFacts: Sendable {
    var run: RunID
    var workflow: String
    var status: RunStatus
    var compensation = CompensationStatus.none
    /// Of the run, once it has one.
    var error: StepError?
    var waits: [Wait] = []
    /// Steps that a worker has or may claim.
    var tasks: [TaskUnderWay] = []
    /// Failed steps, and failed compensations with the path of what they undo.
    var failures: [FailedStep] = []
    /// Runs of the workflow that failed with the same type within ``oftenWindow``, this one included.
    var failedAlike = 0
    /// What the plugin of the failed step was the last time that it succeeded, by its digest.
    var lastGoodDigest: String?
    /// How far this server's clock is ahead of the database's.
    var clockSkew = Duration.zero
    var now: Timestamp

    static let oftenWindow = Duration.seconds(600)
}

/// A step that a worker runs, or that waits for one to be free.
struct TaskUnderWay: Sendable, Hashable {
    var path: String
    var queue: String
    /// When it was claimed; nil while it is queued.
    var startedAt: Timestamp?
    var readyAt: Timestamp
    var worker: WorkerID?
    /// The lease of its worker has not ended.
    var isWorkerAlive = true
    /// Its worker is to stop it.
    var isCancelled = false
    /// Of the live workers of its queue.
    var slots: Int?
    var running = 0
}

/// A step that has failed for good, with what its attempts left.
struct FailedStep: Sendable {
    /// As it is in the definition's tree, without the mark of a compensation.
    var path: String
    var isCompensation = false
    var error: StepError
    var attempts: [EndedAttempt] = []
    /// The run that it had started.
    var child: RunID?
    /// Its last lines of log, the oldest first.
    var log: [String] = []
}

/// One attempt as its receipt tells.
struct EndedAttempt: Sendable, Hashable {
    var number: Int
    var status: AttemptStatus?
    var errorType: String?
    var exitCode: Int?
    var exitSignal: Int?
    var worker: String?
    var digest: String?
    var peakMemoryBytes: Int64?
    /// Limits that its host did not keep.
    var unenforced: [String] = []

    init(number: Int, status: AttemptStatus? = .failed, exitCode: Int? = nil, exitSignal: Int? = nil) {
        self.number = number
        self.status = status
        self.exitCode = exitCode
        self.exitSignal = exitSignal
    }

    /// Reads what a receipt wrote.
    init(json: JSONValue) {
        self.init(
            number: json["number"]?.integerValue.map { Int($0) } ?? 0,
            status: json["status"]?.stringValue.flatMap(AttemptStatus.init(rawValue:)),
            exitCode: json["exit"]?["code"]?.integerValue.map { Int($0) },
            exitSignal: json["exit"]?["signal"]?.integerValue.map { Int($0) }
        )
        errorType = json["error"]?["type"]?.stringValue
        worker = json["worker"]?.stringValue
        digest = json["digest"]?.stringValue
        peakMemoryBytes = json["receipt"]?["peak_memory_bytes"]?.integerValue
        unenforced = (json["enforced"]?.arrayValue ?? []).compactMap { limit in
            limit["mechanism"]?.stringValue == nil ? limit["limit"]?.stringValue : nil
        }
    }

    /// Its program was started.
    var hasExit: Bool { exitCode != nil || exitSignal != nil }
}

extension FailedStep {
    /// Attempts that were spent: the host's own failures are not.
    var spent: [EndedAttempt] { attempts.filter { $0.status == .failed } }
    var last: EndedAttempt? { attempts.last }
}
