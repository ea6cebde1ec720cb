import Linux

/// A run as a list shows it.
public struct RunSummary: Sendable {
    public var run: RunID
    public var workflow: String
    public var version: Int
    public var key: String?
    public var labels: [String: String]
    public var priority: Int
    public var status: RunStatus
    public var compensation: CompensationStatus
    public var createdAt: Timestamp
    public var scheduledAt: Timestamp?
    public var endedAt: Timestamp?
    public var errorType: String?
    /// Also while it is cancelling, when the status does not say so.
    public var isPaused: Bool
    /// The schedule that began it.
    public var schedule: String?
    /// Of a child run: its parent, and the path of the step that started it.
    public var parent: RunID?
    public var parentPath: String?
    /// The run whose effects this one undoes.
    public var undoes: RunID?
}

/// Everything about one run but its steps.
public struct RunDetail: Sendable {
    public var summary: RunSummary
    /// Who began it.
    public var actor: String
    public var input: Payload
    public var output: Payload?
    public var error: StepError?
    /// Of the last history event; rises with every change.
    public var lastSeq: Int
    public var stepCounts: [StepStatus: Int]
    public var waitingFor: [Wait]
}

/// A step that has begun or ended.
public struct StepView: Sendable {
    public var step: Int
    public var path: String
    public var status: StepStatus
    /// The attempts that ended, a JSON array as the engine keeps it; nil for none.
    public var attempts: String?
    /// The attempt that is running, queued or backing off; nil when the step has ended.
    public var live: LiveAttempt?
    public var startedAt: Timestamp?
    public var endedAt: Timestamp?
    public var error: StepError?
    /// The run that a `workflow` step has started.
    public var child: RunID?
    /// When they were asked for.
    public var input: Payload?
    public var output: Payload?
}

/// What is under way of a step that has not ended.
public struct LiveAttempt: Sendable, Hashable {
    public var number: Int
    public var queue: String
    public var priority: Int
    /// Nil unless it is running.
    public var worker: WorkerID?
    public var readyAt: Timestamp
    public var isCancelled: Bool
}

/// A history event with its place in the run's history.
public struct NumberedEvent: Sendable, Hashable {
    /// From 1, without gaps.
    public var seq: Int
    public var event: HistoryEvent
}

/// A log line with its position, from which a reader goes on.
public struct PositionedLine: Sendable, Hashable {
    public var position: Int64
    public var line: LoggedLine
}
