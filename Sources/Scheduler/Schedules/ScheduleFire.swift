import Linux

/// What became of an instant of a schedule: a row unique by schedule and instant.
public struct ScheduleFire: Sendable, Hashable {
    public enum Status: String, Sendable, CaseIterable {
        /// It has a run.
        case started
        /// It waits for the runs before it.
        case queued
        case skipped
    }

    /// Why an instant has no run, or not yet.
    public enum Reason: String, Sendable, CaseIterable {
        /// A run of the schedule had not ended.
        case overlap
        /// No server ran, and the catch-up window was over.
        case catchUp = "catch_up"
        case paused
        /// A later instant took its place in the queue.
        case replaced
        /// The workflow or the input does not do any more.
        case refused
        /// It waits since somebody asked for it.
        case backfill
    }

    public var instant: Timestamp
    public var status: Status
    public var run: RunID?
    public var reason: Reason?
    /// The reason in a sentence.
    public var detail: String?
    /// Of many instants that were left out together only the last has a row; how many it stands for.
    public var count: Int

    public init(
        _ instant: Timestamp,
        _ status: Status,
        run: RunID? = nil,
        reason: Reason? = nil,
        detail: String? = nil,
        count: Int = 1
    ) {
        self.instant = instant
        self.status = status
        self.run = run
        self.reason = reason
        self.detail = detail
        self.count = count
    }
}

/// The instant that a run is for, written in the transaction that begins it, or the run does not begin.
public struct FireClaim: Sendable, Hashable {
    public enum Kind: String, Sendable {
        /// The next instant of the schedule.
        case due
        /// An instant that was queued.
        case queued
        /// An instant that somebody made by asking for a run.
        case trigger
    }

    public var schedule: Int64
    /// The version of the schedule that was seen; nil where any will do.
    public var version: Int64?
    public var instant: Timestamp
    public var kind: Kind
    /// When the schedule is to be looked at after a due instant.
    public var wakeAt: Timestamp?

    public init(
        schedule: Int64,
        version: Int64?,
        instant: Timestamp,
        kind: Kind,
        wakeAt: Timestamp? = nil
    ) {
        self.schedule = schedule
        self.version = version
        self.instant = instant
        self.kind = kind
        self.wakeAt = wakeAt
    }
}
