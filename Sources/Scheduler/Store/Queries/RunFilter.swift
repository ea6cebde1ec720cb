import JSON
import Linux
import Postgres

/// Which runs to list; nil and empty where it does not matter.
public struct RunFilter: Sendable {
    /// Of one of these, by name.
    public var workflows: Set<String> = []
    public var statuses: Set<RunStatus> = []
    public var compensations: Set<CompensationStatus> = []
    public var key: String?
    /// All of these.
    public var labels: [String: String] = [:]
    /// Created at this time or later.
    public var since: Timestamp?
    /// Created before.
    public var until: Timestamp?
    /// That failed with one of these.
    public var errorTypes: Set<String> = []
    /// Of the schedule with this name.
    public var schedule: String?
    /// Children of this run.
    public var parent: RunID?
    /// Something in the run waits for one of these.
    public var reasons: Set<Wait.Reason> = []

    public init() {}
}

extension RunFilter {
    /// The conditions on `r` (run), `l` (run_live), `e` (run_end) and `w` (workflow), with their parameters.
    func conditions(
        after cursor: RunID?,
        _ numbers: inout ParameterNumbers
    ) -> (sql: [String], parameters: [PostgresValue]) {
        var sql: [String] = []
        var parameters: [PostgresValue] = []
        func add(_ before: String, _ value: PostgresValue?, _ type: String) {
            guard let value else { return }
            sql.append("\(before) \(numbers.next())::\(type)")
            parameters.append(value)
        }
        add("r.run_id <", cursor.map { .uuid($0.uuid) }, "uuid")
        add("r.run_id >=", since.map { .uuid(Self.bound($0)) }, "uuid")
        add("r.run_id <", until.map { .uuid(Self.bound($0)) }, "uuid")
        add("r.parent_id =", parent.map { .uuid($0.uuid) }, "uuid")
        add("r.business_key =", key.map { .text($0) }, "text")
        func addAny(of values: [String], _ condition: (String) -> String) {
            guard !values.isEmpty else { return }
            sql.append(condition("any (\(numbers.next())::text[])"))
            parameters.append(.texts(values.sorted()))
        }
        addAny(of: compensations.map(\.rawValue)) { "coalesce(e.compensation, l.compensation) = \($0)" }
        addAny(of: Array(errorTypes)) { "e.error_type = \($0)" }
        add("r.labels @>", labels.isEmpty ? nil : .text(Self.json(labels)), "jsonb")
        addAny(of: Array(workflows)) {
            "r.workflow_id = any (array(select workflow_id from workflow where name = \($0)))"
        }
        if let schedule {
            sql.append("r.run_id in (\(ScheduleQueries.runs(of: numbers.next())))")
            parameters.append(.text(schedule))
        }
        if !reasons.isEmpty {
            let each = Wait.Reason.allCases.filter(reasons.contains)
            sql.append("(\(each.map { "(\(WaitFilter.condition($0)))" }.joined(separator: " or ")))")
        }
        // Over ended runs alone there is an index by status.
        let status = isOver ? "e.status" : RunQueries.statusExpression
        addAny(of: statuses.map(\.rawValue)) { "\(status) = \($0)" }
        return (sql, parameters)
    }

    /// How live and ended rows are joined: as an inner join where only one of them can match.
    var joins: String {
        """
        \(isLive ? "join" : "left join") run_live l on l.run_id = r.run_id
        \(isOver || !errorTypes.isEmpty ? "join" : "left join") run_end e on e.run_id = r.run_id
        """
    }

    private var isOver: Bool { !statuses.isEmpty && statuses.allSatisfy(\.isTerminal) }
    private var isLive: Bool {
        !reasons.isEmpty || !statuses.isEmpty && !statuses.contains(where: \.isTerminal)
    }

    private static func bound(_ time: Timestamp) -> UUID {
        RunID.lowest(milliseconds: max(0, time.microseconds / 1_000)).uuid
    }

    private static func json(_ labels: [String: String]) -> String {
        JSONValue.object(JSONObject(labels.map { ($0.key, .string($0.value)) })).serialized()
    }
}
