/// What a run is doing, as the API says it.
///
/// Stored is only the phase (``RunPhase``) and how the run ended; `queued`, `running`, `waiting` and
/// `paused` are derived.
public enum RunStatus: String, Sendable, Codable, CaseIterable {
    case scheduled, queued, running, waiting, paused, cancelling, compensating
    case succeeded, failed, cancelled, terminated

    public var isTerminal: Bool {
        switch self {
        case .succeeded, .failed, .cancelled, .terminated: true
        default: false
        }
    }
}

/// The stored life cycle of a live run; `ending` is the time of the `always` steps.
public enum RunPhase: String, Sendable, Codable, CaseIterable {
    case scheduled, queued, running, cancelling, compensating, ending
}

/// How far the undoing of a failed or cancelled run is.
public enum CompensationStatus: String, Sendable, Codable, CaseIterable {
    case none, running, completed, failed
}

/// What a step is doing, as the API says it.
public enum StepStatus: String, Sendable, Codable, CaseIterable {
    case pending, queued, running, waiting, backoff
    case succeeded, failed, skipped, cancelled
    case compensating, compensated
    case compensationFailed = "compensation_failed"
}

/// The stored life cycle of a task, the row of a step that is queued, running or waiting.
public enum TaskStatus: String, Sendable, Codable, CaseIterable {
    /// In the ready index: any worker may claim it.
    case ready
    /// Held by a worker under a fencing token.
    case running
    /// Out of the ready index: no slot, or its run is paused.
    case blocked
    /// For a timer, a signal, a child or a callback.
    case waiting
    /// For the time of the next attempt.
    case backoff
}

/// How one attempt of a step stands.
public enum AttemptStatus: String, Sendable, Codable, CaseIterable {
    case running, succeeded, failed, cancelled, snoozed, deferred, lost
}

/// Why a step's program runs: `PAWL_PHASE`.
public enum StepPhase: String, Sendable, Codable {
    case step, `catch`, compensate, always
}
