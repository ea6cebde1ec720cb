import JSON
import Linux
import Postgres

/// The runs that match a filter, the newest first, as SQL.
///
/// Live runs and those that have ended lie apart. Each part is read by itself in the order of ids, from an
/// index that holds them so, and ends with the page; over both at once Postgres sorts all runs for one page.
struct RunSelection {
    /// A query for one column, `run_id`.
    private(set) var sql = ""
    private(set) var parameters: [PostgresValue] = []
    private var numbers: ParameterNumbers
    private let filter: RunFilter
    private let cursor: RunID?
    private let limit: Int?

    /// - Parameters:
    ///   - filter: Which runs.
    ///   - cursor: The last of the page before.
    ///   - limit: How many at most; nil for all, which are then in no order.
    ///   - numbers: Of the parameters of the statement that this becomes a part of.
    init(_ filter: RunFilter, after cursor: RunID?, limit: Int?, _ numbers: inout ParameterNumbers) {
        self.filter = filter
        self.cursor = cursor
        self.limit = limit
        self.numbers = numbers
        let parts = Part.needed(for: filter).map { "(\(query($0)))" }
        sql =
            parts.isEmpty ? "select null::uuid as run_id where false" : parts.joined(separator: " union all ")
        if parts.count > 1 { sql += page("run_id") }
        numbers = self.numbers
    }
}

// MARK: - Parts

extension RunSelection {
    private enum Part {
        /// Where it does not matter whether a run has ended.
        case any
        case live(Set<RunStatus>)
        /// One value of a column that an index is led by; nil for all.
        case ended(Choice?)

        struct Choice {
            var column: String
            var value: String
        }

        /// `r` is the run, `l` its live row, `e` its end.
        var table: String {
            switch self {
            case .any: "run r"
            case .live: "run_live l"
            case .ended: "run_end e"
            }
        }

        var run: String {
            switch self {
            case .any: "r.run_id"
            case .live: "l.run_id"
            case .ended: "e.run_id"
            }
        }

        static func needed(for filter: RunFilter) -> [Part] {
            let live = filter.statuses.filter { !$0.isTerminal }
            let ended = filter.statuses.filter(\.isTerminal)
            let mayLive = filter.errorTypes.isEmpty && (filter.statuses.isEmpty || !live.isEmpty)
            let mayEnd = filter.reasons.isEmpty && (filter.statuses.isEmpty || !ended.isEmpty)
            let knowsAll = filter.statuses.isEmpty && filter.compensations.isEmpty
            if mayLive && mayEnd && knowsAll { return [.any] }
            return (mayLive ? [.live(live)] : []) + (mayEnd ? endings(ended, filter) : [])
        }

        /// An index that is led by a column is in the order of ids for one value of it.
        private static func endings(_ statuses: Set<RunStatus>, _ filter: RunFilter) -> [Part] {
            func each(_ column: String, _ values: [String]) -> [Part] {
                values.sorted().map { .ended(Choice(column: column, value: $0)) }
            }
            if !statuses.isEmpty { return each("status", statuses.map(\.rawValue)) }
            if !filter.errorTypes.isEmpty { return each("error_type", Array(filter.errorTypes)) }
            if !filter.compensations.isEmpty {
                return each("compensation", filter.compensations.map(\.rawValue))
            }
            return [.ended(nil)]
        }
    }

    private mutating func query(_ part: Part) -> String {
        let ofRun = ofRun()
        let conditions = narrowing(part) + ofRun
        let join = ofRun.isEmpty || part.table == "run r" ? "" : " join run r on r.run_id = \(part.run)"
        let filter = conditions.isEmpty ? "" : " where " + conditions.joined(separator: " and ")
        return "select \(part.run) from \(part.table)\(join)\(filter)\(page(part.run))"
    }

    private mutating func page(_ column: String) -> String {
        limit.map { " order by \(column) desc limit \(number(.int64(Int64($0))))" } ?? ""
    }

    private mutating func number(_ value: PostgresValue) -> String {
        parameters.append(value)
        return numbers.next()
    }
}

// MARK: - Conditions

extension RunSelection {
    /// What a part's own table tells.
    private mutating func narrowing(_ part: Part) -> [String] {
        var sql: [String] = []
        func add(_ before: String, _ value: PostgresValue?, _ type: String) {
            if let value { sql.append("\(before) \(number(value))::\(type)") }
        }
        add("\(part.run) <", cursor.map { .uuid($0.uuid) }, "uuid")
        add("\(part.run) >=", filter.since.map { .uuid(Self.bound($0)) }, "uuid")
        add("\(part.run) <", filter.until.map { .uuid(Self.bound($0)) }, "uuid")
        if let schedule = filter.schedule {
            sql.append("\(part.run) in (\(ScheduleQueries.runs(of: number(.text(schedule)))))")
        }
        switch part {
        case .any: break
        case .live(let statuses):
            sql += LiveStatus.condition(statuses).map { ["(\($0))"] } ?? []
            sql += any(of: filter.compensations.map(\.rawValue), "l.compensation")
            if !filter.reasons.isEmpty {
                let each = Wait.Reason.allCases.filter(filter.reasons.contains)
                sql.append("(\(each.map { "(\(WaitFilter.condition($0)))" }.joined(separator: " or ")))")
            }
        case .ended(let choice):
            if let choice { add("e.\(choice.column) =", .text(choice.value), "text") }
            if choice?.column != "compensation" {
                sql += any(of: filter.compensations.map(\.rawValue), "e.compensation")
            }
            if choice?.column != "error_type" { sql += any(of: Array(filter.errorTypes), "e.error_type") }
        }
        return sql
    }

    /// What the row of the run alone tells.
    private mutating func ofRun() -> [String] {
        var sql: [String] = []
        if let parent = filter.parent { sql.append("r.parent_id = \(number(.uuid(parent.uuid)))::uuid") }
        if let key = filter.key { sql.append("r.business_key = \(number(.text(key)))::text") }
        if !filter.labels.isEmpty {
            // The index of labels leaves out runs without any.
            sql.append("r.labels <> '{}' and r.labels @> \(number(.text(Self.json(filter.labels))))::jsonb")
        }
        if !filter.workflows.isEmpty {
            let names = number(.texts(filter.workflows.sorted()))
            let workflows = "select workflow_id from workflow where name = any (\(names)::text[])"
            sql.append("r.workflow_id = any (array(\(workflows)))")
        }
        return sql
    }

    private mutating func any(of values: [String], _ column: String) -> [String] {
        values.isEmpty ? [] : ["\(column) = any (\(number(.texts(values.sorted())))::text[])"]
    }

    private static func bound(_ time: Timestamp) -> UUID {
        RunID.lowest(milliseconds: max(0, time.microseconds / 1_000)).uuid
    }

    private static func json(_ labels: [String: String]) -> String {
        JSONValue.object(JSONObject(labels.map { ($0.key, .string($0.value)) })).serialized()
    }
}
