import Postgres

/// The statements of admission.
enum AdmissionStatements {
    static let clock = PostgresStatement("admission_clock", "select clock_timestamp()")

    // MARK: Lines

    /// The distinct keys of an index, one probe a key.
    private static func distinct(_ column: String) -> String {
        """
        with recursive k(key) as (
            (select \(column) from applicant where \(column) > '' order by \(column) limit 1)
            union all
            select (
                select a.\(column) from applicant a where a.\(column) > k.key order by a.\(column) limit 1
            ) from k where k.key is not null
        ) select key from k where key is not null
        """
    }

    static let slotKeys = PostgresStatement("slot_keys_in_line", distinct("slot_key"))
    static let rateKeys = PostgresStatement("rate_keys_in_line", distinct("rate_key"))

    private static let columns =
        "run_id, step, slot_key, slot_limit, rate_key, rate_limit, rate_ms, rank, since"

    /// The heads of the lines of `$1` (slots) and `$2` (rates), `$3` of each.
    private static func heads(_ columns: String, locked: Bool) -> String {
        let lock = locked ? "for update skip locked" : ""
        return """
            select \(columns) from unnest($1::text[]) as n(key) cross join lateral (
                select * from applicant a where a.slot_key = n.key
                order by a.rank, a.since, a.run_id, a.step limit $3::int \(lock)) a
            union
            select \(columns) from unnest($2::text[]) as n(key) cross join lateral (
                select * from applicant a where a.rate_key = n.key
                order by a.rank, a.since, a.run_id, a.step limit $3::int \(lock)) a
            """
    }

    static let partners = PostgresStatement(
        "admission_partners",
        heads("slot_key, rate_key", locked: false)
    )

    /// In the order of service; what a transition is taking out of the line is left out.
    static let line = PostgresStatement(
        "admission_line",
        """
        select run_id, step, slot_key, slot_limit, rate_key, rate_limit, rate_ms
        from (\(heads(columns, locked: true))) as line order by rank, since, run_id, step
        """
    )

    // MARK: Counts

    static let slots = PostgresStatement(
        "admission_slots",
        "select key, n from slot where key = any ($1::text[])"
    )

    /// When each start counts no more; null for an attempt that has not started.
    static let starts = PostgresStatement(
        "admission_starts",
        """
        select r.key, r.n, coalesce(r.until, k.started_at + r.per_ms * interval '1 millisecond')
        from rate_start r left join lateral (
            select k.started_at from task k where k.run_id = r.run_id and k.step = r.step offset 0
        ) k on r.until is null
        where r.key = any ($1::text[])
        """
    )

    // MARK: Granting

    static let grants = RowSet<AdmissionPlan.Grant>(
        alias: "n",
        columns: [
            .run("run_id") { $0.applicant.run },
            .int("step") { $0.applicant.step },
            .text("slot_key") { $0.applicant.admission.slot?.key },
            .int("slot_n") { $0.slot },
            .text("rate_key") { $0.applicant.admission.rate?.key },
            .int("rate_n") { $0.start },
            .bigint("rate_ms") { $0.applicant.admission.rate?.milliseconds },
        ]
    )

    /// Makes tasks ready and tells runs to start; a task or run that a transition holds is passed over.
    ///
    /// A run's version rises, so that a transition that saw it in line drops out.
    static let grant: PostgresStatement = {
        var numbers = ParameterNumbers()
        let source = grants.source(&numbers)
        return PostgresStatement(
            "admission_grant",
            """
            with n as materialized (select * from \(source)),
            moved as (
                update task set status = 'ready', ready_at = clock_timestamp()
                where ctid = any (array(
                    select k.place from n cross join lateral (
                        select k.ctid as place from task k
                        where k.run_id = n.run_id and k.step = n.step and k.status = 'blocked'
                        offset 0 for no key update skip locked) k))
                    and status = 'blocked'
                returning run_id, step, queue),
            entered as (
                update run_live set version = version + 1
                where ctid = any (array(
                    select l.place from n cross join lateral (
                        select l.ctid as place from run_live l
                        where l.run_id = n.run_id and n.step = 0 and l.phase = 'queued'
                        offset 0 for no key update skip locked) l))
                    and phase = 'queued'
                returning run_id),
            told as (
                insert into timer (run_id, step, kind, due_at)
                select run_id, 0, 'start', clock_timestamp() from entered
                on conflict (run_id, step, kind) do nothing),
            admitted as materialized (
                select run_id, step, queue from moved union all select run_id, 0, null from entered),
            seated as (
                insert into slot (key, n, run_id, step)
                select n.slot_key, n.slot_n, n.run_id, n.step
                from n join admitted a on a.run_id = n.run_id and a.step = n.step
                where n.slot_key is not null
                on conflict (run_id, step) do nothing),
            counted as (
                insert into rate_start (key, n, run_id, step, per_ms)
                select n.rate_key, n.rate_n, n.run_id, n.step, n.rate_ms
                from n join admitted a on a.run_id = n.run_id and a.step = n.step
                where n.rate_key is not null
                on conflict (key, n) do update set run_id = excluded.run_id, step = excluded.step,
                    per_ms = excluded.per_ms, until = null),
            left_line as (
                delete from applicant where ctid = any (array(
                    select k.place from admitted a cross join lateral (
                        select k.ctid as place from applicant k
                        where k.run_id = a.run_id and k.step = a.step offset 0) k)))
            select run_id, queue from admitted
            """
        )
    }()

    // MARK: Making room

    /// For each key whose line has runs that replace, as many of its oldest holders.
    ///
    /// A holder that is on its way out already makes room too, and is not told again.
    static let displaced = PostgresStatement(
        "admission_displaced",
        """
        select s.run_id from (
            select a.slot_key, count(*) as wanted from applicant a
            where a.replaces and a.slot_key > '' group by a.slot_key
        ) a cross join lateral (
            select s.run_id from slot s where s.key = a.slot_key and s.step = 0
            order by s.since, s.n limit a.wanted
        ) s join lateral (
            select l.phase from run_live l where l.run_id = s.run_id offset 0
        ) l on l.phase = 'running'
        """
    )

    // MARK: Repair

    /// A slot that was taken for a run that never began is kept a minute: it may be about to.
    static let sweeping = [
        PostgresStatement(
            "sweep_slots",
            """
            delete from slot s where s.since < clock_timestamp() - interval '1 minute' and case
                when s.step = 0 then not exists (select from run_live l where l.run_id = s.run_id)
                else not exists (select from task k where k.run_id = s.run_id and k.step = s.step) end
            """
        ),
        PostgresStatement(
            "sweep_applicants",
            """
            delete from applicant s where s.since < clock_timestamp() - interval '1 minute' and case
                when s.step = 0 then not exists (select from run_live l where l.run_id = s.run_id)
                else not exists (select from task k where k.run_id = s.run_id and k.step = s.step) end
            """
        ),
        PostgresStatement(
            "sweep_starts",
            """
            delete from rate_start r where r.until < clock_timestamp() or r.until is null and not exists (
                select from task k where k.run_id = r.run_id and k.step = r.step)
            """
        ),
    ]
}
