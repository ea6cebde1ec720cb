import Linux
import Postgres

extension CommitRows {
    /// The fires of runs that a schedule begins.
    var fires: [Member<FireClaim>] {
        begins.compactMap { begin in
            begin.value.submission.fire.map { Member(index: begin.index, run: begin.run, value: $0) }
        }
    }

    static let fireColumns = RowSet<Member<FireClaim>>(
        alias: "n",
        columns: [
            .run("run_id") { $0.run },
            .bigint("schedule_id") { $0.value.schedule },
            .bigint("version") { $0.value.version },
            .time("fire_at") { $0.value.instant },
            .text("kind") { $0.value.kind.rawValue },
            .time("wake_at") { $0.value.wakeAt },
        ]
    )
}

/// The parts of a commit for runs that a schedule begins: the fire is a row unique by schedule and instant,
/// and who does not get to write it begins no run.
///
/// The schedule's row is locked first and never waited for. So all that concerns a schedule has one order.
enum FireParts {
    typealias Part = CommitStatement.Part

    static func firing(_ shape: CommitShape, _ numbers: inout ParameterNumbers) -> [Part] {
        let asked = "materialized (select * from \(CommitRows.fireColumns.source(&numbers)))"
        return [
            Part(name: "fire_asked", sql: asked), Part(name: "fire_locked", sql: locked(shape)),
            Part(name: "fire_moved", sql: moved), Part(name: "fired", sql: fired),
        ]
    }

    /// Admits a run `a` that comes with no fire, or whose fire was written.
    static let admitted = """
        and (a.run_id in (select run_id from fired) or a.run_id not in (select run_id from fire_asked))
        """

    private static func locked(_ shape: CommitShape) -> String {
        let isFirst =
            shape.contains(.idempotency)
            ? """
            and (n.run_id in (select run_id from claimed_key)
                or n.run_id in (select run_id from asked where key is null))
            """ : ""
        return """
            materialized (
                select n.* from fire_asked n join schedule s on s.schedule_id = n.schedule_id
                where s.deleted_at is null and (n.version is null or n.version = s.version)
                    and (n.kind <> 'due' or s.cursor < n.fire_at) \(isFirst)
                order by n.schedule_id for no key update of s skip locked)
            """
    }

    private static let moved = """
        (
            update schedule s set cursor = n.fire_at, wake_at = n.wake_at from fire_locked n
            where n.kind = 'due' and s.schedule_id = n.schedule_id)
        """

    private static let fired = """
        (
            insert into schedule_fire as f (schedule_id, fire_at, status, run_id, is_open)
            select schedule_id, fire_at, 'started', run_id, true from fire_locked
            order by schedule_id, fire_at
            on conflict (schedule_id, fire_at) do update set status = excluded.status,
                run_id = excluded.run_id, is_open = true, reason = null,
                detail = null, decided_at = clock_timestamp()
            where f.status = 'queued' returning f.run_id)
        """

    /// Whether there is nothing left to begin: the instant is decided, or the schedule has changed.
    static func isTaken(_ fire: FireClaim, _ connection: PostgresConnection) throws -> Bool {
        let parameters: [PostgresValue] = [
            .int64(fire.schedule), .int64(fire.version), .timestamp(fire.instant), .text(fire.kind.rawValue),
        ]
        return try connection.query(open, parameters).first == nil
    }

    private static let open = PostgresStatement(
        "fire_open",
        """
        select 1 from schedule s where schedule_id = $1::bigint and deleted_at is null
            and ($2::bigint is null or version = $2) and ($4 <> 'due' or cursor < $3::timestamptz)
            and not exists (
                select from schedule_fire f
                where f.schedule_id = $1 and f.fire_at = $3 and f.status <> 'queued')
        """
    )
}
