import JSON
import Linux

/// Begins the runs of schedules at their instants, by the database's clock.
///
/// Level-triggered: it looks at what is so and decides on one instant a schedule at a time. Every server has
/// one, and none is the leader: a fire is written with its run, once.
public final class CronService: Sendable {
    /// What another server has put is seen within this time.
    static let longestWait = Duration.seconds(5)
    /// How soon it is seen that a run has ended for which others wait.
    static let queuePause = Duration.milliseconds(250)
    /// After a longer silence nobody can be said to have watched.
    static let longestSilence = Duration.seconds(30)
    static let limit = 500

    private let engine: Engine
    private let inputs: InputCheck
    private let open: @Sendable () throws(StoreError) -> PostgresStore
    /// What the time is; nil leaves it to the database.
    private let simulatedTime: @Sendable () -> Timestamp?
    private let loop = ServiceThread()
    private let state = Locked(State())

    private struct State: Sendable {
        /// Schedules whose run is being written: not to be decided on again until then.
        var inFlight: Set<Int64> = []
        /// Live runs of a schedule that were told to make room.
        var cancelled: [Int64: Set<RunID>] = [:]
        /// What the engine said of a run that it did not begin.
        var refused: [Int64: (instant: Timestamp, text: String)] = [:]
        /// Runs that have a slot and did not begin.
        var leaving: [RunID] = []
        /// Since when instants are watched without a gap, and when that was last so.
        var watchedSince: Timestamp?
        var lastLook: MonotonicTime = .now
    }

    public init(
        engine: Engine,
        inputs: InputCheck = InputCheck(),
        simulatedTime: @escaping @Sendable () -> Timestamp? = { nil },
        open: @escaping @Sendable () throws(StoreError) -> PostgresStore
    ) {
        self.engine = engine
        self.inputs = inputs
        self.simulatedTime = simulatedTime
        self.open = open
    }

    public func start(failed: @escaping @Sendable (StoreError) -> Void) {
        let store = ThreadOwned<PostgresStore>()
        loop.start(
            "pawl-schedules",
            turn: { [self] () throws(StoreError) in
                try turn(store.get(open))
            },
            failed: { error in
                if error.breaksConnection { store.drop() }
                failed(error)
            }
        )
    }

    public func stop() {
        loop.stop()
    }

    /// Looks at once: a schedule was put, or asked for.
    public func wake() {
        loop.wake()
    }

    private func turn(_ store: PostgresStore) throws(StoreError) -> Duration {
        while let run = state.withLock({ $0.leaving.last }) {
            try store.leave(run)
            state.withLock { $0.leaving.removeAll { $0 == run } }
        }
        let due = try store.dueSchedules(limit: Self.limit, at: simulatedTime())
        let watchedSince = watch(until: due.now)
        var wait =
            due.next.map { min(Self.longestWait, max(.milliseconds(1), $0 - due.now)) }
            ?? Self.longestWait
        for schedule in due.states where !state.withLock({ $0.inFlight.contains(schedule.id) }) {
            wait = min(wait, try decide(schedule, now: due.now, watchedSince, store))
        }
        return wait
    }

    private func watch(until now: Timestamp) -> Timestamp {
        state.withLock { state in
            if MonotonicTime.now - state.lastLook > Self.longestSilence { state.watchedSince = nil }
            state.lastLook = .now
            let since = state.watchedSince ?? now
            state.watchedSince = since
            return since
        }
    }

    /// Decides on the next instant of a schedule; gives when to look at it again, at the latest.
    private func decide(
        _ schedule: ScheduleState,
        now: Timestamp,
        _ watchedSince: Timestamp,
        _ store: PostgresStore
    ) throws(StoreError) -> Duration {
        guard let timetable = try? Timetable(schedule.schedule) else {
            // The system's zone files have lost a zone: nothing can be said of its instants.
            try store.wake(schedule, at: now + .seconds(60))
            return Self.longestWait
        }
        switch ScheduleDecider(timetable: timetable, watchedSince: watchedSince).decide(schedule, now: now) {
        case .start(let fire):
            try begin(fire, schedule, store)
            return Self.queuePause
        case .record(let fires, let cursor, let wakeAt):
            _ = try store.record(fires, of: schedule, cursor: cursor, wakeAt: wakeAt)
            return .milliseconds(1)
        case .wait(let time):
            if time != schedule.wakeAt { try store.wake(schedule, at: time) }
        }
        makeRoom(schedule)
        return schedule.queued.isEmpty ? Self.longestWait : Self.queuePause
    }

    /// Asks for the end of the runs before a queued one, each once.
    private func makeRoom(_ schedule: ScheduleState) {
        guard schedule.schedule.overlap == .cancel, !schedule.isPaused, !schedule.queued.isEmpty else {
            return state.withLock { $0.cancelled[schedule.id] = nil }
        }
        let live = Set(schedule.live)
        let told = state.withLock { state in
            let told = state.cancelled[schedule.id] ?? []
            state.cancelled[schedule.id] = live
            return told
        }
        for run in live.subtracting(told) {
            let actor = Actor(name: schedule.schedule.actor, reason: "the next fire of its schedule came")
            engine.post(.cancel(actor), to: run)
        }
    }
}

// MARK: - Beginning runs

extension CronService {
    private func begin(
        _ fire: FireClaim,
        _ state: ScheduleState,
        _ store: PostgresStore
    ) throws(StoreError) {
        if let refused = self.state.withLock({ $0.refused.removeValue(forKey: state.id) }),
            refused.instant == fire.instant
        {
            return try refuse(fire, state, refused.text, store)
        }
        guard let definition = try definition(of: state.schedule.workflow, store) else {
            return try refuse(fire, state, "there is no workflow “\(state.schedule.workflow)”", store)
        }
        switch try storing(writes: false, { try inputs.check(state.schedule.input, for: definition.stored) })
        {
        case .violates(let violations):
            let first = violations.first.map { "/input\($0.pointer): \($0.message)" } ?? ""
            try refuse(fire, state, "the input does not fit the workflow: \(first)", store)
        case .fits(let input):
            let schedule = state.schedule
            let now = engine.clock.now
            let submission = schedule.submission(fire, input: input, definition, at: now)
            switch try FireEntrance(submission, definition, store, now: now) {
            case .open(let submission):
                CrashPoint.pass("schedules.before-posting")
                post(submission, definition, fire)
            case .full(let detail): try refuse(fire, state, detail, store)
            case .contested: return
            }
        }
    }

    private func definition(of workflow: String, _ store: PostgresStore) throws(StoreError) -> Definition? {
        guard let id = try store.identity(of: workflow) else { return nil }
        return try engine.definitions.get(id, from: store)
    }

    private func post(_ submission: Submission, _ definition: Definition, _ fire: FireClaim) {
        state.withLock { _ = $0.inFlight.insert(fire.schedule) }
        engine.post(.submitted(submission), to: submission.run, definition: definition) {
            [state, loop] answer in
            let refusal: String? =
                switch answer {
                case .refused(let refusal): refusal.message
                case .failed(let message): message
                default: nil
                }
            state.withLock { state in
                state.inFlight.remove(fire.schedule)
                if let refusal { state.refused[fire.schedule] = (fire.instant, refusal) }
                if case .applied = answer { return }
                if submission.holdsSlot { state.leaving.append(submission.run) }
            }
            // What was not written is still due, and is seen so at the next look.
            if case .unavailable = answer { return }
            loop.wake()
        }
    }

    private func refuse(
        _ fire: FireClaim,
        _ state: ScheduleState,
        _ detail: String,
        _ store: PostgresStore
    ) throws(StoreError) {
        let skipped = ScheduleFire(fire.instant, .skipped, reason: .refused, detail: detail)
        if fire.kind == .queued { return try store.refuse(skipped, of: state) }
        _ = try store.record([skipped], of: state, cursor: fire.instant, wakeAt: fire.wakeAt)
    }
}

extension Schedule {
    /// As whom it acts, for the history.
    var actor: String { "schedule:\(name)" }

    /// The run of an instant.
    public func submission(
        _ fire: FireClaim,
        input: JSONValue,
        _ definition: Definition,
        at now: Timestamp
    ) -> Submission {
        Submission(
            run: RunID(
                milliseconds: now.microseconds / 1_000,
                random: (.random(in: 0 ... .max), .random(in: 0 ... .max))
            ),
            input: Payload(input),
            labels: definition.stored.compiled.labels.merging(labels) { $1 },
            startAt: min(fire.instant, now),
            actor: Actor(name: actor),
            fire: fire
        )
    }
}
