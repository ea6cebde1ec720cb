import Postgres

/// The one statement that writes a batch of transitions.
///
/// It locks the runs that are still at the version the decision saw, leaves out those that another writer
/// holds, checks the holds, and writes everything that passes. Rows of large tables are reached by `ctid` or
/// by a lateral lookup that `offset 0` keeps from becoming a join, so that no plan can flip to a scan.
///
/// A token that is held needs no lock: only a transition of the run can take it away, and that would have
/// changed the version. A step that nobody holds might be claimed meanwhile, so it is locked.
struct CommitStatement {
    let statement: PostgresStatement
    private let shape: CommitShape

    init(_ shape: CommitShape) {
        self.shape = shape
        var numbers = ParameterNumbers(forFewRows: !shape.contains(.many))
        let parts = Self.parts(shape, &numbers)
        let sql =
            "with " + parts.map { "\($0.name) as \($0.sql)" }.joined(separator: ",\n") + "\n"
            + Self.outcome(shape)
        statement = PostgresStatement("commit_\(String(shape.rawValue, radix: 16))", sql)
    }

    /// In the order in which ``parts(_:_:)`` takes numbers.
    func parameters(_ rows: CommitRows, claim: ClaimRequest?) -> [PostgresValue] {
        var values = CommitRows.transitionColumns.values(rows.transitions)
        func add<Row>(_ part: CommitShape, _ columns: RowSet<Row>, _ rows: [Row]) {
            if shape.contains(part) { values += columns.values(rows) }
        }
        if shape.contains(.continues) {
            let continuing = rows.transitions.filter { $0.value.begins == nil }
            values.append(.uuids(continuing.map { $0.run.uuid }))
        }
        add(.holds, CommitRows.holdColumns, rows.holds)
        add(.releases, CommitRows.releaseColumns, rows.releases)
        add(.firesTimers, CommitRows.firingColumns, rows.firing)
        add(.guards, CommitRows.guardColumns, rows.guards)
        add(.hears, CommitRows.heardColumns, rows.heard)
        add(.begins, CommitRows.beginColumns, rows.begins)
        add(.fires, CommitRows.fireColumns, rows.fires)
        add(.children, CommitRows.childColumns, rows.begins)
        add(.ends, CommitRows.endColumns, rows.transitions.filter { $0.value.ends != nil })
        add(.removes, CommitRows.stepNumberColumns, rows.removes)
        add(.cancels, CommitRows.stepNumberColumns, rows.cancels)
        add(.steps, CommitRows.stepColumns, rows.steps)
        add(.applications, CommitRows.applicationColumns, rows.applications)
        add(.timers, CommitRows.timerColumns, rows.timers)
        add(.clears, CommitRows.timerKeyColumns, rows.clears)
        add(.keeps, CommitRows.keptColumns, rows.keeps)
        add(.takes, CommitRows.takenColumns, rows.takes)
        add(.sends, CommitRows.messageColumns, rows.messages)
        add(.freezes, CommitRows.freezeColumns, rows.freezes)
        if shape.contains(.successors) {
            values += [.uuid(claim?.worker.uuid), .bytes(claim?.callbackSeed)]
        }
        add(.tasks, CommitRows.taskColumns, rows.tasks)
        return values
    }
}

// MARK: - Parts

extension CommitStatement {
    /// A common table expression.
    struct Part {
        let name: String
        let sql: String
    }

    private static func parts(_ shape: CommitShape, _ numbers: inout ParameterNumbers) -> [Part] {
        var parts = [
            Part(
                name: "input",
                sql: "materialized (select * from \(CommitRows.transitionColumns.source(&numbers)))"
            )
        ]
        if shape.contains(.continues) { parts += continuing(shape, &numbers) }
        if shape.contains(.firesTimers) { parts.append(TimerParts.standing(&numbers)) }
        if shape.contains(.guards) { parts += guarding(shape, &numbers) }
        if shape.contains(.hears) { parts.append(hearing(&numbers)) }
        if shape.contains(.begins) { parts += beginning(shape, &numbers) }
        parts.append(passing(shape))
        parts.append(Part(name: "told", sql: insertHistory))
        if shape.contains(.continues) { parts.append(Part(name: "advanced", sql: updateRun)) }
        if shape.contains(.ends) { parts += ending(shape, &numbers) }
        if shape.contains(.heldGo) { parts.append(Part(name: "let_go", sql: removeHeld)) }
        if shape.contains(.removes) { parts.append(removing(&numbers)) }
        if shape.contains(.cancels) { parts.append(cancelling(&numbers)) }
        if shape.contains(.steps) { parts.append(stepping(&numbers)) }
        if shape.contains(.releases) { parts += AdmissionParts.releasing }
        if shape.contains(.applications) { parts.append(AdmissionParts.applying(&numbers)) }
        if shape.contains(.timers) { parts.append(TimerParts.arming(&numbers)) }
        if shape.contains(.clears) { parts.append(TimerParts.clearing(&numbers)) }
        if shape.contains(.keeps) { parts.append(keeping(&numbers)) }
        if shape.contains(.takes) { parts.append(taking(&numbers)) }
        if shape.contains(.sends) { parts.append(sending(&numbers)) }
        if shape.contains(.freezes) { parts += FreezeParts.parts(&numbers) }
        if shape.contains(.hears) { parts.append(deleteHeard) }
        if shape.contains(.tasks) { parts += queueing(shape, &numbers) }
        return parts
    }

    private static func continuing(_ shape: CommitShape, _ numbers: inout ParameterNumbers) -> [Part] {
        let locked = """
            materialized (
                select run_id, version, ctid as place from run_live
                where run_id = any (\(numbers.next())::uuid[])
                order by run_id for no key update skip locked)
            """
        let seen = """
            materialized (
                select t.*, l.place from input t
                join locked l on l.run_id = t.run_id and l.version = t.version)
            """
        var parts = [Part(name: "locked", sql: locked), Part(name: "seen", sql: seen)]
        guard shape.contains(.holds) else { return parts + AdmissionParts.leaving(shape, &numbers) }
        let lock = shape.contains(.freeHolds) ? "for no key update skip locked" : ""
        let hold = """
            materialized (
                select h.i, h.step, h.goes, k.place,
                    k.step is not null and k.token is not distinct from h.token as ok
                from \(CommitRows.holdColumns.source(&numbers))
                left join lateral (
                    select k.step, k.token, k.ctid as place from task k
                    where k.run_id = h.run_id and k.step = h.step offset 0 \(lock)
                ) k on true)
            """
        parts.append(Part(name: "hold", sql: hold))
        return parts + AdmissionParts.leaving(shape, &numbers)
    }

    /// The idempotency key first, then the row with the business key; each in the order of its keys, so that
    /// two batches never wait for each other.
    private static func beginning(_ shape: CommitShape, _ numbers: inout ParameterNumbers) -> [Part] {
        let asked = asked(shape, &numbers)
        let claimed = """
            (
                insert into idempotency (principal, key, body_hash, answer, run_id)
                select principal, key, body_hash, answer, run_id from asked where key is not null
                order by principal, key on conflict do nothing returning run_id)
            """
        let entered = """
            (
                insert into run_live (run_id, workflow_id, definition_id, business_key, phase, paused,
                    compensation, version, last_seq, next_step, state)
                select t.run_id, a.workflow_id, a.definition_id, a.business_key, t.phase, t.paused,
                    t.compensation, 1, t.last_seq, t.next_step, t.state
                from asked a join input t on t.i = a.i
                where t.state is not null \(admitted(shape))
                order by a.workflow_id, a.business_key on conflict do nothing returning run_id)
            """
        let begun = """
            materialized (
                select a.* from asked a where a.run_id in (select run_id from entered)
                union all
                select a.* from asked a join input t on t.i = a.i
                where t.state is null \(admitted(shape)) and not exists (
                    select from run_live r
                    where r.workflow_id = a.workflow_id and r.business_key = a.business_key))
            """
        let recorded = """
            (
                insert into run (run_id, workflow_id, definition_id, business_key, priority, labels,
                    scheduled_at, actor, input\(family(shape)))
                select run_id, workflow_id, definition_id, business_key, priority, labels::jsonb,
                    scheduled_at, actor, input\(family(shape)) from begun)
            """
        var parts = [Part(name: "asked", sql: asked)]
        if shape.contains(.idempotency) { parts.append(Part(name: "claimed_key", sql: claimed)) }
        if shape.contains(.fires) { parts += FireParts.firing(shape, &numbers) }
        return parts + [
            Part(name: "entered", sql: entered), Part(name: "begun", sql: begun),
            Part(name: "recorded", sql: recorded),
        ]
    }

    private static func admitted(_ shape: CommitShape) -> String {
        (shape.contains(.idempotency)
            ? "and (a.key is null or a.run_id in (select run_id from claimed_key)) " : "")
            + (shape.contains(.fires) ? FireParts.admitted : "") + unheard(shape)
    }

    static let isHeld = "not exists (select from hold h where h.i = t.i and not h.ok)"

    /// What is written; `place` is null for a run that begins.
    private static func passing(_ shape: CommitShape) -> Part {
        var sources: [String] = []
        if shape.contains(.continues) {
            var conditions: [String] = []
            if shape.contains(.holds) { conditions.append(isHeld) }
            if shape.contains(.inLine) { conditions.append(AdmissionParts.isInLine) }
            if shape.contains(.firesTimers) { conditions.append(TimerParts.stands) }
            if shape.contains(.guards) {
                let admitted = "t.run_id in (select run_id from guarded_key)"
                conditions.append("(\(admitted) or not exists (select from guard g where g.i = t.i))")
            }
            let all = (["true"] + conditions).joined(separator: " and ")
            sources.append("select t.* from seen t where \(all) \(unheard(shape))")
        }
        if shape.contains(.begins) {
            sources.append("select t.*, null::tid as place from input t join begun b on b.i = t.i")
        }
        return Part(name: "pass", sql: "materialized (\(sources.joined(separator: " union all ")))")
    }

    private static let insertHistory = """
        (
            insert into history (run_id, seq, count, at, events)
            select run_id, seq, count, at, events from pass where count > 0)
        """

    private static let updateRun = """
        (
            update run_live r set version = r.version + 1, phase = p.phase, paused = p.paused,
                compensation = p.compensation, last_seq = p.last_seq, next_step = p.next_step, state = p.state
            from pass p where r.ctid = p.place and p.state is not null)
        """

    /// With the run goes whatever it leaves behind.
    private static func ending(_ shape: CommitShape, _ numbers: inout ParameterNumbers) -> [Part] {
        let columns = CommitRows.endColumns
        let concluded = """
            (
                insert into run_end (run_id, \(columns.names.dropFirst().joined(separator: ", ")))
                select p.run_id, \(columns.names(without: ["i"]))
                from \(columns.source(&numbers)) join pass p on p.i = e.i)
            """
        func leftovers(_ table: String) -> String {
            """
            (
                delete from \(table) where ctid = any (array(
                    select k.place from pass p cross join lateral (
                        select k.ctid as place from \(table) k where k.run_id = p.run_id offset 0
                    ) k where p.state is null)))
            """
        }
        let left = [
            Part(name: "concluded", sql: concluded),
            Part(
                name: "left_live",
                sql: "(delete from run_live r using pass p where r.ctid = p.place and p.state is null)"
            ),
            Part(name: "left_tasks", sql: leftovers("task")),
            Part(name: "left_timers", sql: leftovers("timer")),
        ]
        return shape.contains(.drops) ? left + [Part(name: "left_signals", sql: leftovers("signal"))] : left
    }

    private static func removing(_ numbers: inout ParameterNumbers) -> Part {
        Part(name: "removed", sql: "(delete from task where \(places(of: "task", &numbers)))")
    }

    /// Where the check of the hold has found them.
    private static let removeHeld = """
        (
            delete from task where ctid = any (array(
                select h.place from hold h join pass p on p.i = h.i where h.goes)))
        """

    private static func cancelling(_ numbers: inout ParameterNumbers) -> Part {
        Part(name: "cancelled", sql: "(update task set cancel = true where \(places(of: "task", &numbers)))")
    }

    private static func places(of table: String, _ numbers: inout ParameterNumbers) -> String {
        """
        ctid = any (array(
            select k.place from \(CommitRows.stepNumberColumns.source(&numbers)) join pass p on p.i = n.i
            cross join lateral (
                select k.ctid as place from \(table) k
                where k.run_id = n.run_id and k.step = n.step offset 0) k))
        """
    }

    private static func stepping(_ numbers: inout ParameterNumbers) -> Part {
        let columns = CommitRows.stepColumns
        let sql = """
            (
                insert into step (run_id, \(columns.names.dropFirst().joined(separator: ", ")))
                select p.run_id, \(columns.names(without: ["i"]))
                from \(columns.source(&numbers)) join pass p on p.i = n.i)
            """
        return Part(name: "ended", sql: sql)
    }

    /// A task that the worker takes at once must not overtake a more urgent one, nor outlive the lease.
    ///
    /// One that has deferred keeps the time of its start, from which its rate counts.
    private static func queueing(_ shape: CommitShape, _ numbers: inout ParameterNumbers) -> [Part] {
        let alive = """
            materialized (
                select worker_id from worker
                where worker_id = \(shape.contains(.successors) ? numbers.next() : "null")::uuid
                    and expires_at > clock_timestamp() and not draining)
            """
        let taking = shape.contains(.successors)
        let seed = taking ? numbers.next() : "null"
        let taker = """
            left join alive w on n.mine and not exists (
                select from task k
                where k.status = 'ready' and k.queue = n.queue and (-k.priority) < (-n.priority)::smallint)
                and \(ClaimStatement.isOpen(of: "n"))
            """
        let columns = CommitRows.taskColumns
        let changes = columns.assignments(without: ["i", "step", "path", "status", "mine"])
        let sql = """
            (
                insert into task (run_id, \(columns.names.dropFirst().dropLast().joined(separator: ", ")),
                    ready_at, worker_id, token, started_at\(taking ? ", callback" : ""))
                select p.run_id, n.step, n.path,
                    \(taking ? "case when w.worker_id is null then n.status else 'running' end" : "n.status"),
                    \(columns.names(without: ["i", "step", "path", "status", "mine"])), clock_timestamp(),
                    \(taking ? claimedColumns(seed) : "null, null, null")
                from \(columns.source(&numbers)) join pass p on p.i = n.i
                \(taking ? taker : "")
                on conflict (run_id, step) do update set status = excluded.status, \(changes),
                    ready_at = excluded.ready_at, worker_id = excluded.worker_id, token = excluded.token,
                    started_at = case when excluded.status = 'waiting' then task.started_at
                        else excluded.started_at end, cancel = false
                    \(taking ? ", callback = coalesce(excluded.callback, task.callback)" : "")
                returning run_id, step, token, started_at)
            """
        return (taking ? [Part(name: "alive", sql: alive)] : []) + [Part(name: "queued", sql: sql)]
    }

    private static func claimedColumns(_ seed: String) -> String {
        let callback = ClaimStatement.callbackHash(seed, "p.run_id", "n.step")
        return """
            w.worker_id, case when w.worker_id is not null then nextval('fence') end,
            case when w.worker_id is not null then clock_timestamp() end,
            case when w.worker_id is not null then \(callback) end
            """
    }
}

// MARK: - Reply

extension CommitStatement {
    /// What a row of the reply says.
    enum Reply: Int32 {
        /// `run_id` was written and is at version `value`.
        case applied = 1
        /// `step` of `run_id` is not held as the decision saw it.
        case stale = 2
        /// `step` of `run_id` was claimed under the token `value` at `at`.
        case claimed = 3
        /// The message to `run_id` was heard before.
        case heard = 4
        /// A timer of `step` of `run_id` is not the one that was found due.
        case staleTimer = 5
    }

    private static func outcome(_ shape: CommitShape) -> String {
        let applied = """
            select \(Reply.applied.rawValue) as kind, run_id, null::int as step,
                coalesce(version + 1, 1) as value, clock_timestamp() as at from pass
            """
        func stale(_ check: String, _ reply: Reply = .stale) -> String {
            """
            union all select \(reply.rawValue), t.run_id, h.step, null, clock_timestamp()
            from seen t join \(check) h on h.i = t.i where not h.ok
            """
        }
        let claimed = """
            union all select \(Reply.claimed.rawValue), run_id, step, token, started_at
            from queued where token is not null
            """
        let checks = shape.isSuperset(of: [.continues, .holds])
        let isLineChecked = shape.isSuperset(of: [.continues, .inLine])
        return [
            applied, checks ? stale("hold") : "", isLineChecked ? stale("in_line") : "",
            shape.contains(.firesTimers) ? stale("standing", .staleTimer) : "",
            shape.contains(.successors) ? claimed : "", shape.contains(.hears) ? heard : "",
        ]
        .filter { !$0.isEmpty }.joined(separator: "\n")
    }
}
