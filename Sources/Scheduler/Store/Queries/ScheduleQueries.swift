import JSON
import Linux
import Postgres

/// A schedule as the API shows it.
public struct ScheduleView: Sendable {
    public var id: Int64
    public var version: Int64
    public var schedule: Schedule
    public var isPaused: Bool
    /// What whoever paused it said.
    public var pauseReason: String?
    public var cursor: Timestamp
    public var createdAt: Timestamp
    public var updatedAt: Timestamp
}

/// A fire with when it was decided on.
public struct FireView: Sendable {
    public var fire: ScheduleFire
    public var decidedAt: Timestamp
}

/// What the API asks about schedules.
public struct ScheduleQueries {
    private let connection: PostgresConnection

    /// Takes a connection whose session is set up by ``RunQueries/session(_:)``.
    public init(_ connection: PostgresConnection) {
        self.connection = connection
    }

    public func schedule(_ name: String) throws(StoreError) -> ScheduleView? {
        try storing(writes: false) {
            try connection.query(Self.one, [.text(name)]).first.flatMap { try Self.view($0) }
        }
    }

    /// By name, after the last name of the page before.
    public func schedules(after name: String?, limit: Int) throws(StoreError) -> [ScheduleView] {
        try storing(writes: false) {
            try connection.query(Self.page, [.text(name ?? ""), .int64(Int64(limit))])
                .compactMap { try Self.view($0) }
        }
    }

    /// What became of a schedule's instants, the newest first.
    public func fires(of schedule: Int64, before: Timestamp?, limit: Int) throws(StoreError) -> [FireView] {
        let parameters: [PostgresValue] = [.int64(schedule), .timestamp(before), .int64(Int64(limit))]
        return try storing(writes: false) {
            try connection.query(Self.fires, parameters).map { row in
                FireView(
                    fire: ScheduleFire(
                        try row.timestamp(0),
                        try stored(row, 1),
                        run: try row.optionalUUID(2).map { RunID($0) },
                        reason: try row.optionalText(3).flatMap(ScheduleFire.Reason.init),
                        detail: try row.optionalText(4),
                        count: Int(try row.int32(5))
                    ),
                    decidedAt: try row.timestamp(6)
                )
            }
        }
    }

    /// SQL: the runs of the schedule whose name is given.
    static func runs(of name: String) -> String {
        """
        select f.run_id from schedule s join schedule_fire f on f.schedule_id = s.schedule_id
        where s.name = \(name)::text and f.run_id is not null
        """
    }

    /// SQL: the name of the schedule that began a run.
    static func name(of run: String) -> String {
        """
        select s.name from schedule_fire f join schedule s on s.schedule_id = f.schedule_id
        where f.run_id = \(run)
        """
    }

    private static let columns = """
        schedule_id, version, name, spec, paused, cursor, created_at, updated_at, pause_reason
        """

    private static let one = PostgresStatement(
        "schedule",
        "select \(columns) from schedule where name = $1 and deleted_at is null"
    )

    private static let page = PostgresStatement(
        "schedules",
        """
        select \(columns) from schedule where name > $1::text collate "C" and deleted_at is null
        order by name limit $2
        """
    )

    private static let fires = PostgresStatement(
        "schedule_fires",
        """
        select fire_at, status, run_id, reason, detail, instants, decided_at from schedule_fire
        where schedule_id = $1::bigint and ($2::timestamptz is null or fire_at < $2)
        order by fire_at desc limit $3
        """
    )

    private static func view(_ row: PostgresRow) throws -> ScheduleView? {
        guard let schedule = Schedule(name: try row.text(2), stored: try row.text(3)) else { return nil }
        return ScheduleView(
            id: try row.int64(0),
            version: try row.int64(1),
            schedule: schedule,
            isPaused: try row.bool(4),
            pauseReason: try row.optionalText(8),
            cursor: try row.timestamp(5),
            createdAt: try row.timestamp(6),
            updatedAt: try row.timestamp(7)
        )
    }
}
