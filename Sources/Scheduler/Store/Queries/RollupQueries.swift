import Linux
import Postgres

/// What charts ask.
public struct RollupQueries {
    let connection: PostgresConnection

    /// Takes a connection whose session is set up by ``RunQueries/session(_:)``.
    public init(_ connection: PostgresConnection) {
        self.connection = connection
    }

    /// What happened in a time, in at most so many buckets; `workflow` nil is all of them.
    public func rollup(
        since: Timestamp,
        until: Timestamp,
        workflow: String? = nil,
        buckets: Int
    ) throws(StoreError) -> Rollup {
        let plan = RollupPlan(since: since, until: until, limit: buckets, now: .now)
        return try storing(writes: false) {
            let bounds: [PostgresValue] = [
                .text(plan.span.rawValue), .timestamp(plan.since), .timestamp(plan.until),
            ]
            var runs: [Int64: [RunStatus: Int64]] = [:]
            let name = PostgresValue.text(workflow)
            let parameters = bounds + [name, .int64(plan.width)]
            for row in try connection.query(Self.ends, parameters) {
                guard let status = RunStatus(rawValue: try row.text(1)) else { continue }
                runs[try row.int64(0), default: [:]][status] = try row.int64(2)
            }
            var rollup = Rollup(
                since: plan.since,
                until: plan.until,
                width: plan.width,
                buckets: plan.starts.map { .init(at: $0, runs: runs[$0.microseconds / 1_000_000] ?? [:]) },
                run: .init(bounds: Histogram.long),
                wait: .init(bounds: Histogram.short),
                attempt: .init(bounds: Histogram.short)
            )
            for row in try connection.query(Self.runDurations, bounds + [name]) {
                rollup.run.add(try row.int64s(0), try row.double(1))
            }
            for row in try connection.query(Self.stepDurations, bounds) {
                let isWait = try row.text(2) == DurationDelta.Kind.wait.rawValue
                if isWait { rollup.wait.add(try row.int64s(0), try row.double(1)) }
                if !isWait { rollup.attempt.add(try row.int64s(0), try row.double(1)) }
            }
            return rollup
        }
    }

    private static let filter = """
        span = $1 and at >= $2::timestamptz and at < $3::timestamptz
            and ($4::text is null or workflow_id = (select workflow_id from workflow where name = $4))
        """

    private static let ends = PostgresStatement(
        "rollup_ends",
        """
        select floor(extract(epoch from at) / $5::bigint)::bigint * $5::bigint, status, sum(runs)::bigint
        from rollup_run where \(filter) group by 1, 2
        """
    )

    private static let runDurations = PostgresStatement(
        "rollup_run_durations",
        """
        select \(sums("buckets", Histogram.long)), sum(seconds) from rollup_run where \(filter)
        having count(*) > 0
        """
    )

    private static let stepDurations = PostgresStatement(
        "rollup_step_durations",
        """
        select \(sums("buckets", Histogram.short)), sum(seconds), kind from rollup_duration
        where span = $1 and at >= $2::timestamptz and at < $3::timestamptz group by kind
        """
    )

    /// SQL: the sums of a column of arrays, element by element.
    static func sums(_ column: String, _ bounds: [Double]) -> String {
        array(bounds) { "sum(\(column)[\($0 + 1)])" }
    }

    /// SQL: an array of one expression a bucket, the last one beyond all bounds.
    static func array(_ bounds: [Double], _ expression: (Int) -> String) -> String {
        "array[\((0...bounds.count).map(expression).joined(separator: ", "))]::bigint[]"
    }
}

extension Rollup.Durations {
    fileprivate mutating func add(_ more: [Int64?], _ seconds: Double) {
        for (index, count) in more.enumerated() { counts[index] += count ?? 0 }
        self.seconds += seconds
    }
}
