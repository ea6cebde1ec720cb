import JSON
import Linux
import Postgres

/// What became of a schedule that was put.
public struct AppliedSchedule: Sendable {
    public var id: Int64
    public var isNew: Bool
}

extension PostgresStore {
    /// Stores a schedule under its name; `isPaused` nil leaves it as it is.
    ///
    /// Its instants count from now, or, if it has them already, go on where they are.
    public func put(_ schedule: Schedule, isPaused: Bool?) throws(StoreError) -> AppliedSchedule {
        let timetable = try storing(writes: false) { try Timetable(schedule) }
        try connect()
        return try storing(writes: true) {
            let spec = JSONValue.object(schedule.stored).serialized()
            return try connection.transaction { connection in
                let now = try connection.query(Self.scheduleClock)[0].timestamp(0)
                let former = try connection.query(Self.formerSchedule, [.text(schedule.name)]).first
                var cursor = now
                if let former, let stored = Schedule(name: schedule.name, stored: try former.text(1)),
                    stored.hasTimes(of: schedule)
                {
                    cursor = try former.timestamp(2)
                }
                let wake = PostgresValue.timestamp(timetable.wake(after: cursor))
                let values: [PostgresValue] = [
                    .text(spec), .bool(isPaused), .timestamp(cursor), wake,
                ]
                guard let former else {
                    let row = try connection.query(Self.insertSchedule, [.text(schedule.name)] + values)[0]
                    return AppliedSchedule(id: try row.int64(0), isNew: true)
                }
                let id = try former.int64(0)
                try connection.query(Self.updateSchedule, [.int64(id)] + values)
                return AppliedSchedule(id: id, isNew: false)
            }
        }
    }

    /// Pauses or resumes; nil when there is no such schedule.
    ///
    /// What came while it was paused stays left out.
    public func setPaused(
        _ isPaused: Bool,
        schedule name: String,
        reason: String? = nil
    ) throws(StoreError) -> Bool {
        let changed = try write(Self.pauseSchedule, [.text(name), .bool(isPaused), .text(reason)])
        guard let row = changed.first else { return false }
        guard !isPaused else { return true }
        try storing(writes: true) {
            guard let schedule = Schedule(name: name, stored: try row.text(1)) else { return }
            let wake = try Timetable(schedule).wake(after: try row.timestamp(2))
            try connection.query(
                Self.moveSchedule,
                [.int64(try row.int64(0)), .int64(try row.int64(3)), .timestamp(wake)]
            )
        }
        return true
    }

    /// Ends a schedule; its runs go on, its fires stay.
    public func deleteSchedule(_ name: String) throws(StoreError) -> Bool {
        try write(Self.deleteSchedule, [.text(name)]).first != nil
    }

    /// Queues instants that have no run; gives how many.
    public func backfill(
        _ schedule: Int64,
        _ instants: [Timestamp],
        reason: String? = nil
    ) throws(StoreError) -> Int {
        let detail = reason.map { "it was asked for: \($0)" } ?? "it was asked for"
        let parameters: [PostgresValue] = [.int64(schedule), .timestamps(instants), .text(detail)]
        return try write(Self.backfill, parameters).count
    }

    private static let scheduleClock = PostgresStatement("schedule_clock", "select clock_timestamp()")

    private static let formerSchedule = PostgresStatement(
        "former_schedule",
        """
        select schedule_id, spec, cursor from schedule where name = $1 and deleted_at is null
        for no key update
        """
    )

    private static let insertSchedule = PostgresStatement(
        "insert_schedule",
        """
        insert into schedule (name, spec, paused, cursor, wake_at)
        values ($1, $2, coalesce($3::bool, false), $4, $5)
        on conflict (name) where deleted_at is null do update set spec = excluded.spec,
            paused = coalesce($3::bool, schedule.paused), cursor = excluded.cursor,
            wake_at = excluded.wake_at, version = schedule.version + 1, updated_at = clock_timestamp()
        returning schedule_id
        """
    )

    private static let updateSchedule = PostgresStatement(
        "update_schedule",
        """
        update schedule set spec = $2, paused = coalesce($3::bool, paused),
            pause_reason = case when coalesce($3::bool, paused) then pause_reason end,
            cursor = $4, wake_at = $5,
            version = version + 1, updated_at = clock_timestamp()
        where schedule_id = $1::bigint
        """
    )

    private static let pauseSchedule = PostgresStatement(
        "pause_schedule",
        """
        update schedule set paused = $2::bool, pause_reason = case when $2::bool then $3::text end,
            version = version + 1, updated_at = clock_timestamp(),
            cursor = case when paused and not $2::bool then greatest(cursor, clock_timestamp())
                else cursor end
        where name = $1 and deleted_at is null returning schedule_id, spec, cursor, version
        """
    )

    private static let deleteSchedule = PostgresStatement(
        "delete_schedule",
        """
        update schedule set deleted_at = clock_timestamp(), version = version + 1, wake_at = null
        where name = $1 and deleted_at is null returning schedule_id
        """
    )

    private static let backfill = PostgresStatement(
        "backfill_schedule",
        """
        insert into schedule_fire as f (schedule_id, fire_at, status, reason, detail)
        select $1::bigint, n.fire_at, 'queued', 'backfill', $3::text
        from unnest($2::timestamptz[]) as n(fire_at) order by n.fire_at
        on conflict (schedule_id, fire_at) do update set status = 'queued', reason = excluded.reason,
            detail = excluded.detail, decided_at = clock_timestamp()
        where f.status = 'skipped' returning 1
        """
    )
}

// MARK: - Deciding

/// Schedules that are to be decided on, and when to look again.
struct DueSchedules {
    var states: [ScheduleState]
    /// When the next one that is not due yet will be; nil for none.
    var next: Timestamp?
    var now: Timestamp
}

extension PostgresStore {
    /// Schedules whose next instant has come, or for which instants wait, read without locks.
    ///
    /// `time` stands for the database's clock where it is simulated.
    func dueSchedules(limit: Int, at time: Timestamp? = nil) throws(StoreError) -> DueSchedules {
        let now = if let time { time } else { try databaseTime() }
        let found = try read(Self.dueSchedules, [.timestamp(now), .int64(Int64(limit))], Self.state)
        var states = found.compactMap { $0 }
        let ids = PostgresValue.int64s(states.map(\.id))
        if !states.isEmpty {
            let fires = try read(Self.openFires, [ids]) { row in
                OpenFire(
                    schedule: try row.int64(0),
                    instant: try row.timestamp(1),
                    run: try row.optionalUUID(2).map { RunID($0) },
                    isLive: try row.bool(3)
                )
            }
            try close(fires.filter { $0.run != nil && !$0.isLive }.compactMap(\.run))
            for index in states.indices {
                states[index].add(fires.filter { $0.schedule == states[index].id })
            }
        }
        let next = try read(Self.nextWake, [.timestamp(now)]) { try $0.optionalTimestamp(0) }.first ?? nil
        return DueSchedules(states: states, next: next, now: now)
    }

    /// Writes that instants got no run; false when somebody else has decided on them.
    func record(
        _ fires: [ScheduleFire],
        of state: ScheduleState,
        cursor: Timestamp,
        wakeAt: Timestamp?
    ) throws(StoreError) -> Bool {
        let parameters: [PostgresValue] = [
            .int64(state.id), .int64(state.version), .timestamp(cursor), .timestamp(wakeAt),
            .timestamps(fires.map(\.instant)), .texts(fires.map(\.status.rawValue)),
            .texts(fires.map(\.reason?.rawValue)), .texts(fires.map(\.detail)),
            .int64s(fires.map { Int64($0.count) }),
        ]
        return try write(Self.recordFires, parameters).first != nil
    }

    /// Writes when a schedule is to be looked at.
    func wake(_ state: ScheduleState, at time: Timestamp?) throws(StoreError) {
        try write(Self.moveSchedule, [.int64(state.id), .int64(state.version), .timestamp(time)])
    }

    /// Writes that a queued instant gets no run.
    func refuse(_ fire: ScheduleFire, of state: ScheduleState) throws(StoreError) {
        try write(
            Self.refuseFire,
            [.int64(state.id), .timestamp(fire.instant), .text(fire.reason?.rawValue), .text(fire.detail)]
        )
    }

    private func close(_ runs: [RunID]) throws(StoreError) {
        guard !runs.isEmpty else { return }
        try write(Self.closeFires, [.uuids(runs.map(\.uuid))])
    }

    private static func state(_ row: PostgresRow) throws -> ScheduleState? {
        guard let schedule = Schedule(name: try row.text(2), stored: try row.text(3)) else { return nil }
        return ScheduleState(
            id: try row.int64(0),
            version: try row.int64(1),
            schedule: schedule,
            isPaused: try row.bool(4),
            cursor: try row.timestamp(5),
            wakeAt: try row.optionalTimestamp(6),
            pauseReason: try row.optionalText(7)
        )
    }

    private static let dueSchedules = PostgresStatement(
        "due_schedules",
        """
        select schedule_id, version, name, spec, paused, cursor, wake_at, pause_reason from schedule
        where deleted_at is null and (wake_at <= $1::timestamptz or schedule_id = any (array(
            select distinct schedule_id from schedule_fire where status = 'queued')))
        order by wake_at nulls last limit $2
        """
    )

    private static let openFires = PostgresStatement(
        "open_fires",
        """
        select f.schedule_id, f.fire_at, f.run_id, l.run_id is not null
        from schedule_fire f left join run_live l on l.run_id = f.run_id
        where f.schedule_id = any ($1::bigint[]) and (f.is_open or f.status = 'queued')
        order by f.fire_at
        """
    )

    private static let nextWake = PostgresStatement(
        "next_schedule",
        """
        select wake_at from schedule where deleted_at is null and wake_at > $1::timestamptz
        order by wake_at limit 1
        """
    )

    private static let closeFires = PostgresStatement(
        "close_fires",
        "update schedule_fire set is_open = false where run_id = any ($1::uuid[])"
    )

    private static let refuseFire = PostgresStatement(
        "refuse_fire",
        """
        update schedule_fire set status = 'skipped', reason = $3, detail = $4,
            decided_at = clock_timestamp()
        where schedule_id = $1::bigint and fire_at = $2::timestamptz and status = 'queued'
        """
    )

    private static let moveSchedule = PostgresStatement(
        "wake_schedule",
        """
        update schedule set wake_at = $3 where schedule_id = $1::bigint and version = $2::bigint
        """
    )

    private static let recordFires = PostgresStatement(
        "record_fires",
        """
        with moved as (
            update schedule set cursor = $3, wake_at = $4
            where schedule_id = $1::bigint and version = $2::bigint and cursor < $3 returning schedule_id)
        insert into schedule_fire as f (schedule_id, fire_at, status, reason, detail, instants)
        select m.schedule_id, n.fire_at, n.status, n.reason, n.detail, n.instants
        from moved m cross join unnest($5::timestamptz[], $6::text[], $7::text[], $8::text[], $9::int[])
            as n(fire_at, status, reason, detail, instants)
        order by n.fire_at
        on conflict (schedule_id, fire_at) do update set status = excluded.status,
            reason = excluded.reason, detail = excluded.detail, decided_at = clock_timestamp()
        where f.status = 'queued' returning 1
        """
    )
}

/// A fire whose run may be live, or that waits.
private struct OpenFire {
    var schedule: Int64
    var instant: Timestamp
    var run: RunID?
    var isLive: Bool
}

extension ScheduleState {
    fileprivate mutating func add(_ fires: [OpenFire]) {
        live = fires.filter(\.isLive).compactMap(\.run)
        queued = fires.filter { $0.run == nil }.map(\.instant)
    }
}
