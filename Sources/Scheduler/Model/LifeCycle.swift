/// Where a live step stands, as the run's state keeps it.
public enum StepStage: Int, Sendable, CaseIterable {
    /// It has begun and its action has not.
    case entered
    /// A task that is ready, blocked or held by a worker; which one only the task's row knows.
    case queued
    /// For a timer, a snooze or a callback.
    case waiting
    /// For the time of its next attempt.
    case backoff
    /// Its scope is open.
    case open
    /// It has failed; what was done in it is being undone.
    case undoing
    /// It has failed; its handler runs.
    case handling
    case ended
}

/// From which states an event may move what it is about, and where to.
public struct LifeCycleRule<State: Sendable & Hashable>: Sendable {
    public var event: HistoryEvent.Kind
    public var from: Set<State>
    /// Nil leaves the state as it is.
    public var to: State?

    init(_ event: HistoryEvent.Kind, from: Set<State>, to: State?) {
        self.event = event
        self.from = from
        self.to = to
    }
}

/// The life cycle of a run; nil as destination of a rule with ``RunTransitions/terminal`` ends it.
public enum RunTransitions {
    public static let rules: [LifeCycleRule<RunPhase>] = [
        LifeCycleRule(.runScheduled, from: [.scheduled], to: .scheduled),
        LifeCycleRule(.runQueued, from: [.scheduled], to: .queued),
        LifeCycleRule(.runStarted, from: [.scheduled, .queued], to: .running),
        LifeCycleRule(.runCancelRequested, from: [.scheduled, .queued, .running], to: .cancelling),
        LifeCycleRule(.compensationStarted, from: [.running, .cancelling], to: .compensating),
        LifeCycleRule(.undoStarted, from: [.scheduled], to: .compensating),
        LifeCycleRule(.alwaysStarted, from: [.running, .cancelling, .compensating], to: .ending),
        LifeCycleRule(.runSucceeded, from: [.running, .compensating, .ending], to: nil),
        LifeCycleRule(.runFailed, from: [.running, .compensating, .ending], to: nil),
        LifeCycleRule(.runCancelled, from: [.cancelling, .compensating, .ending], to: nil),
        LifeCycleRule(.runTerminated, from: Set(RunPhase.allCases), to: nil),
        LifeCycleRule(.runRetried, from: Set(RunPhase.allCases), to: nil),
    ]

    /// The events after which a run moves no more unless it is retried, and the status that it has then.
    public static let terminal: [HistoryEvent.Kind: RunStatus] = [
        .runSucceeded: .succeeded, .runFailed: .failed, .runCancelled: .cancelled,
        .runTerminated: .terminated,
    ]

    static let byEvent = Dictionary(uniqueKeysWithValues: rules.map { ($0.event, $0) })
}

/// The life cycle of a step.
public enum StepTransitions {
    private static let live: Set<StepStage> = [
        .entered, .queued, .waiting, .backoff, .open, .undoing, .handling,
    ]
    private static let attempted: Set<StepStage> = [.queued, .waiting, .backoff]

    public static let rules: [LifeCycleRule<StepStage>] = [
        LifeCycleRule(.stepEntered, from: [.entered], to: .entered),
        LifeCycleRule(.stepQueued, from: [.entered, .queued, .waiting, .backoff], to: .queued),
        LifeCycleRule(.stepWaiting, from: [.entered, .queued], to: .waiting),
        LifeCycleRule(.stepCancelRequested, from: [.queued, .waiting], to: nil),
        LifeCycleRule(.attemptSucceeded, from: [.queued], to: .queued),
        LifeCycleRule(.attemptFailed, from: attempted, to: nil),
        LifeCycleRule(.attemptCancelled, from: [.queued], to: .queued),
        LifeCycleRule(.attemptSnoozed, from: [.queued], to: .waiting),
        LifeCycleRule(.attemptDeferred, from: [.queued], to: .waiting),
        LifeCycleRule(.attemptLost, from: [.queued], to: .queued),
        LifeCycleRule(.callbackReceived, from: [.queued, .waiting], to: nil),
        LifeCycleRule(.stepResolved, from: [.entered, .backoff], to: nil),
        LifeCycleRule(.stepFailRequested, from: [.queued, .waiting], to: nil),
        LifeCycleRule(.signalTaken, from: [.waiting], to: nil),
        LifeCycleRule(.stepFailing, from: live, to: .undoing),
        LifeCycleRule(.stepRetrying, from: [.queued, .waiting, .open, .undoing], to: .backoff),
        LifeCycleRule(.stepHandling, from: [.entered, .queued, .waiting, .open, .undoing], to: .handling),
        LifeCycleRule(.stepKept, from: [.entered], to: .ended),
        LifeCycleRule(.stepSucceeded, from: live, to: .ended),
        LifeCycleRule(.stepFailed, from: live, to: .ended),
        LifeCycleRule(.stepSkipped, from: [.entered], to: .ended),
        LifeCycleRule(.stepCancelled, from: live, to: .ended),
    ]

    static let byEvent = Dictionary(uniqueKeysWithValues: rules.map { ($0.event, $0) })
}
