import Linux
import Postgres

/// A step that gives up what it holds or stands in line for; `appliesAgain` keeps its place for the new
/// entry.
struct LeavingStep {
    let release: Release
    let appliesAgain: Bool
}

extension Transition {
    var leaving: [LeavingStep] {
        guard !releases.isEmpty else { return [] }
        let applying = Set(applications.map(\.step))
        return releases.map { LeavingStep(release: $0, appliesAgain: applying.contains($0.step)) }
    }
}

extension NewTask {
    /// A task that is ready but for its admission is blocked.
    package var storedStatus: TaskStatus {
        status == .ready && spec.admission != nil ? .blocked : status
    }
}

extension TaskSpec {
    /// As the column has it; nil for nothing.
    var storedNeeds: String? { needs.isEmpty ? nil : needs.joined(separator: " ") }
}

extension CommitRows {
    static let releaseColumns = RowSet<Member<LeavingStep>>(
        alias: "q",
        columns: [
            .int("i") { $0.index },
            .run("run_id") { $0.run },
            .int("step") { $0.value.release.step },
            .bool("waits") { $0.value.release.isWaiting },
            .bool("applies") { $0.value.appliesAgain },
        ]
    )

    static let applicationColumns = RowSet<Member<Application>>(
        alias: "n",
        columns: [
            .int("i") { $0.index },
            .int("step") { $0.value.step },
            .text("slot_key") { $0.value.admission.slot?.key },
            .int("slot_limit") { $0.value.admission.slot?.limit },
            .text("rate_key") { $0.value.admission.rate?.key },
            .int("rate_limit") { $0.value.admission.rate?.limit },
            .bigint("rate_ms") { $0.value.admission.rate?.milliseconds },
            .bool("replaces") { $0.value.replaces },
            .int("rank") { -$0.value.priority },
        ]
    )
}

/// The parts of a commit for steps with `concurrency` or `rate`.
///
/// Whoever stands in line may be admitted while a transition is decided, which changes no version. So a step
/// that was seen in line is locked there first: if it is gone or being admitted, the transition drops out.
enum AdmissionParts {
    typealias Part = CommitStatement.Part

    /// A condition on `t`.
    static let isInLine = "not exists (select from in_line h where h.i = t.i and not h.ok)"

    static func leaving(_ shape: CommitShape, _ numbers: inout ParameterNumbers) -> [Part] {
        guard shape.contains(.releases) else { return [] }
        let source = CommitRows.releaseColumns.source(&numbers)
        var parts = [Part(name: "leaving", sql: "materialized (select * from \(source))")]
        guard shape.contains(.inLine) else { return parts }
        let inLine = """
            materialized (
                select q.i, q.step, a.run_id is not null as ok from leaving q
                left join lateral (
                    select a.run_id from applicant a
                    where a.run_id = q.run_id and a.step = q.step offset 0 for update skip locked
                ) a on true
                where q.waits)
            """
        parts.append(Part(name: "in_line", sql: inLine))
        return parts
    }

    /// A start under a rate counts for its time from when the attempt began, or not at all.
    static let releasing: [Part] = [
        Part(name: "vacated", sql: deleting("slot")),
        Part(name: "withdrawn", sql: deleting("applicant", and: "not q.applies")),
        Part(
            name: "spent",
            sql: """
                (
                    update rate_start r set until = case when q.started_at is null then '-infinity'
                        else q.started_at + r.per_ms * interval '1 millisecond' end
                    from (
                        select q.run_id, q.step, s.place, k.started_at
                        from leaving q join pass p on p.i = q.i
                        cross join lateral (
                            select s.ctid as place from rate_start s
                            where s.run_id = q.run_id and s.step = q.step and s.until is null offset 0) s
                        left join lateral (
                            select k.started_at from task k
                            where k.run_id = q.run_id and k.step = q.step offset 0) k on true
                    ) q
                    where r.ctid = q.place and r.run_id = q.run_id and r.step = q.step)
                """
        ),
    ]

    private static func deleting(_ table: String, and condition: String = "true") -> String {
        """
        (
            delete from \(table) where ctid = any (array(
                select k.place from leaving q join pass p on p.i = q.i
                cross join lateral (
                    select k.ctid as place from \(table) k
                    where k.run_id = q.run_id and k.step = q.step offset 0) k
                where \(condition))))
        """
    }

    /// Those of a batch come in at one time, and stand in the order of their numbers.
    static func applying(_ numbers: inout ParameterNumbers) -> Part {
        let columns = CommitRows.applicationColumns
        let sql = """
            (
                insert into applicant (run_id, \(columns.names.dropFirst().joined(separator: ", ")), since)
                select p.run_id, \(columns.names(without: ["i"])), statement_timestamp()
                from \(columns.source(&numbers)) join pass p on p.i = n.i
                on conflict (run_id, step) do update set
                    \(columns.assignments(without: ["i", "step"])), since = excluded.since)
            """
        return Part(name: "applied", sql: sql)
    }
}
