import Linux
import Postgres

/// The parts of the commit statement that set, fire and clear timers.
enum TimerParts {
    /// The condition of a transition that fires timers.
    static let stands = "not exists (select from standing s where s.i = t.i and not s.ok)"

    /// Whether each timer that fires is still the one that was found due.
    ///
    /// Its row needs no lock: only a transition of the run sets or clears it, and that would have changed the
    /// version; of a run that waits for its start, only the admission does, which finds a timer due at once.
    static func standing(_ numbers: inout ParameterNumbers) -> CommitStatement.Part {
        let sql = """
            materialized (
                select f.i, f.step, k.due_at is not distinct from f.due_at as ok
                from \(CommitRows.firingColumns.source(&numbers))
                left join lateral (
                    select k.due_at from timer k
                    where k.run_id = f.run_id and k.step = f.step and k.kind = f.kind offset 0
                ) k on true)
            """
        return CommitStatement.Part(name: "standing", sql: sql)
    }

    static func arming(_ numbers: inout ParameterNumbers) -> CommitStatement.Part {
        let sql = """
            (
                insert into timer (run_id, step, kind, due_at)
                select p.run_id, n.step, n.kind,
                    greatest(n.due_at, clock_timestamp() + coalesce(n.delay_ms, 0) * interval '1 millisecond')
                from \(CommitRows.timerColumns.source(&numbers)) join pass p on p.i = n.i
                on conflict (run_id, step, kind) do update set due_at = excluded.due_at)
            """
        return CommitStatement.Part(name: "armed", sql: sql)
    }

    static func clearing(_ numbers: inout ParameterNumbers) -> CommitStatement.Part {
        let sql = """
            (
                delete from timer where ctid = any (array(
                    select k.place from \(CommitRows.timerKeyColumns.source(&numbers))
                    join pass p on p.i = n.i
                    cross join lateral (
                        select k.ctid as place from timer k
                        where k.run_id = n.run_id and k.step = n.step and k.kind = n.kind offset 0) k)))
            """
        return CommitStatement.Part(name: "cleared", sql: sql)
    }
}

extension CommitRows {
    static let firingColumns = RowSet<Member<FiringTimer>>(
        alias: "f",
        columns: [
            .int("i") { $0.index },
            .run("run_id") { $0.run },
            .int("step") { $0.value.key.step },
            .text("kind") { $0.value.key.kind.rawValue },
            .time("due_at") { $0.value.dueAt },
        ]
    )

    static let timerKeyColumns = RowSet<Member<TimerKey>>(
        alias: "n",
        columns: [
            .int("i") { $0.index },
            .run("run_id") { $0.run },
            .int("step") { $0.value.step },
            .text("kind") { $0.value.kind.rawValue },
        ]
    )

    static let timerColumns = RowSet<Member<NewTimer>>(
        alias: "n",
        columns: [
            .int("i") { $0.index },
            .int("step") { $0.value.key.step },
            .text("kind") { $0.value.key.kind.rawValue },
            .time("due_at") { $0.value.due.instant },
            .bigint("delay_ms") { $0.value.due.delay },
        ]
    )
}

extension NewTimer.Due {
    fileprivate var instant: Timestamp? { if case .at(let time) = self { time } else { nil } }
    fileprivate var delay: Int64? { if case .after(let milliseconds) = self { milliseconds } else { nil } }
}
