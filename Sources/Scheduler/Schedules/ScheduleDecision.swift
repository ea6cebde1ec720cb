import Linux

/// A schedule as the database has it.
public struct ScheduleState: Sendable {
    public var id: Int64
    /// Counts its changes.
    public var version: Int64
    public var schedule: Schedule
    public var isPaused: Bool
    /// All instants up to this one have been decided on.
    public var cursor: Timestamp
    /// When it is to be looked at; nil for never.
    public var wakeAt: Timestamp?
    /// What whoever paused it said.
    public var pauseReason: String?
    /// Its runs that have not ended, the oldest first.
    public var live: [RunID] = []
    /// Instants that wait for them, the oldest first.
    public var queued: [Timestamp] = []
}

/// What follows from the state of a schedule at some time.
enum ScheduleDecision: Sendable, Hashable {
    /// A run starts for this instant.
    case start(FireClaim)
    /// Instants get no run, or not yet; all up to `cursor` is decided then.
    case record([ScheduleFire], cursor: Timestamp, wakeAt: Timestamp?)
    case wait(until: Timestamp?)
}

/// Decides on the instants of one schedule, one after the other; pure.
struct ScheduleDecider {
    /// A server that has just begun leaves the others so much time for what is due.
    static let grace = Duration.seconds(2)
    /// More fires do not wait at a time.
    static let queueLimit = 100
    /// Missed instants that are looked at together, and how many of them get a row each.
    static let missedLimit = 10_000
    static let missedRows = 100

    let timetable: Timetable
    /// Since when instants are watched without a gap: what came later is not missed, however late it is.
    let watchedSince: Timestamp

    func decide(_ state: ScheduleState, now: Timestamp) -> ScheduleDecision {
        if let instant = state.queued.first, !state.isPaused,
            state.live.isEmpty || state.schedule.overlap == .allow
        {
            return .start(
                FireClaim(schedule: state.id, version: state.version, instant: instant, kind: .queued)
            )
        }
        guard let instant = timetable.next(after: state.cursor) else { return .wait(until: nil) }
        guard timetable.start(of: instant) <= now else { return .wait(until: timetable.start(of: instant)) }
        if state.isPaused {
            let reason = state.pauseReason.map { ": \($0)" } ?? ""
            return leaveOut(state, now: now, .paused, "the schedule is paused\(reason)") { _ in true }
        }
        if isMissed(instant, state.schedule, now: now) {
            let window = DurationText.text(state.schedule.catchUpMilliseconds)
            return leaveOut(state, now: now, .catchUp, "no server ran, and catch_up is \(window)") {
                isMissed($0, state.schedule, now: now)
            }
        }
        return overlap(instant, state)
    }

    private func isMissed(_ instant: Timestamp, _ schedule: Schedule, now: Timestamp) -> Bool {
        let start = timetable.start(of: instant)
        let window = max(.milliseconds(schedule.catchUpMilliseconds), Self.grace)
        return start < watchedSince && start < now - window
    }

    private func overlap(_ instant: Timestamp, _ state: ScheduleState) -> ScheduleDecision {
        let isFree = state.live.isEmpty && state.queued.isEmpty
        let holder = state.live.first.map { "run \($0) has not ended" } ?? "fires before it wait"
        switch state.schedule.overlap {
        case .allow: return start(instant, state)
        case _ where isFree: return start(instant, state)
        case .queue where state.queued.count < Self.queueLimit:
            return record([ScheduleFire(instant, .queued, reason: .overlap, detail: holder)])
        case .queue, .skip:
            let detail = state.schedule.overlap == .skip ? holder : "\(Self.queueLimit) fires wait already"
            return record([ScheduleFire(instant, .skipped, reason: .overlap, detail: detail)])
        case .cancel:
            let replaced = state.queued.map {
                ScheduleFire($0, .skipped, reason: .replaced, detail: "the fire of \(instant.rfc3339) came")
            }
            let queued = ScheduleFire(instant, .queued, reason: .overlap, detail: holder)
            return record(replaced + [queued])
        }
    }

    private func start(_ instant: Timestamp, _ state: ScheduleState) -> ScheduleDecision {
        .start(
            FireClaim(
                schedule: state.id,
                version: state.version,
                instant: instant,
                kind: .due,
                wakeAt: timetable.wake(after: instant)
            )
        )
    }

    /// The last of `fires` is the instant that is decided on.
    private func record(_ fires: [ScheduleFire]) -> ScheduleDecision {
        guard let instant = fires.last?.instant else { return .wait(until: nil) }
        return .record(fires, cursor: instant, wakeAt: timetable.wake(after: instant))
    }

    /// Leaves out all instants that have come, as long as `condition` holds.
    private func leaveOut(
        _ state: ScheduleState,
        now: Timestamp,
        _ reason: ScheduleFire.Reason,
        _ detail: String,
        while condition: (Timestamp) -> Bool
    ) -> ScheduleDecision {
        let instants = timetable.come(after: state.cursor, by: now, limit: Self.missedLimit)
            .prefix(while: condition)
        var fires = instants.suffix(Self.missedRows).map {
            ScheduleFire($0, .skipped, reason: reason, detail: detail)
        }
        fires[0].count += instants.count - fires.count
        return record(fires)
    }
}
