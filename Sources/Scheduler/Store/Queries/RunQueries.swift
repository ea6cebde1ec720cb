import JSON
import Linux
import Postgres

/// What the API asks about runs, over a connection that is lent for it.
public struct RunQueries {
    let connection: PostgresConnection

    /// Takes a connection whose session is set up by ``session(_:)``.
    public init(_ connection: PostgresConnection) {
        self.connection = connection
    }

    /// How sessions that read are to be: a plan for each question, and an end to it after 30 s.
    public static func session(_ configuration: PostgresConfiguration) -> PostgresConfiguration {
        PostgresSession.reading(configuration)
    }

    /// Runs with their payloads left out, the newest first; `after` is the last of the page before.
    public func runs(_ filter: RunFilter, after: RunID? = nil, limit: Int) throws(StoreError) -> [RunSummary]
    {
        var numbers = ParameterNumbers()
        let page = RunSelection(filter, after: after, limit: limit, &numbers)
        let sql = """
            \(WaitFilter.workers(for: filter)) page as materialized (\(page.sql))
            select \(Self.summaryColumns)
            from page p join run r on r.run_id = p.run_id
            join workflow w on w.workflow_id = r.workflow_id
            join definition d on d.definition_id = r.definition_id
            left join run_live l on l.run_id = r.run_id
            left join run_end e on e.run_id = r.run_id
            order by r.run_id desc
            """
        return try reading { try connection.query(sql, page.parameters).map(Self.summary) }
    }

    /// How many runs match.
    public func count(_ filter: RunFilter) throws(StoreError) -> Int {
        var numbers = ParameterNumbers()
        let all = RunSelection(filter, after: nil, limit: nil, &numbers)
        let sql = "\(WaitFilter.workers(for: filter)) found as (\(all.sql)) select count(*) from found"
        return try reading { Int(try connection.query(sql, all.parameters)[0].int64(0)) }
    }

    /// One run with everything about it; nil when there is none.
    public func run(_ id: RunID) throws(StoreError) -> RunDetail? {
        try reading {
            guard let row = try connection.query(Self.one, [.uuid(id.uuid)]).first else { return nil }
            let summary = try Self.summary(row)
            let first = Self.summaryColumnCount
            return RunDetail(
                summary: summary,
                actor: try row.text(first),
                input: try Payload(stored: try row.text(first + 1)),
                output: try row.optionalText(first + 2).map { try Payload(stored: $0) },
                error: try row.optionalText(first + 3).flatMap { StepError(json: try JSONValue.parse($0)) },
                lastSeq: Int(try row.optionalInt32(first + 4) ?? 0),
                stepCounts: try stepCounts(id),
                waitingFor: summary.status.isTerminal
                    ? [] : try waits(of: id, isPaused: summary.status == .paused)
            )
        }
    }

    /// Whether a run is live, which is cheaper to ask than all about it.
    public func isLive(_ id: RunID) throws(StoreError) -> Bool {
        try reading { try connection.query(Self.live, [.uuid(id.uuid)]).first != nil }
    }

    /// The live run of a workflow with this business key, else the newest that had it.
    public func run(of workflow: String, key: String) throws(StoreError) -> RunID? {
        try reading {
            try connection.query(Self.byKey, [.text(workflow), .text(key)]).first.map {
                RunID(try $0.uuid(0))
            }
        }
    }

    func reading<Value>(_ body: () throws -> Value) throws(StoreError) -> Value {
        try storing(writes: false, body)
    }
}

// MARK: - Columns

extension RunQueries {
    /// The status of a run, whether it has ended or not.
    static let statusExpression = "coalesce(e.status, \(LiveStatus.expression))"

    static let summaryColumns = """
        r.run_id, w.name, d.version, r.business_key, r.labels::text, r.priority::int, r.scheduled_at,
        \(statusExpression), coalesce(e.compensation, l.compensation), e.ended_at, e.error_type, l.paused,
        (\(ScheduleQueries.name(of: "r.run_id"))), r.parent_id, r.parent_path, r.undoes_id
        """
    private static let summaryColumnCount = 16

    private static let one = PostgresStatement(
        "run_detail",
        """
        select \(summaryColumns), r.actor, r.input, e.output, e.error,
            (select h.seq + h.count - 1 from history h where h.run_id = r.run_id order by h.seq desc limit 1)
        from run r join workflow w on w.workflow_id = r.workflow_id
        join definition d on d.definition_id = r.definition_id
        left join run_live l on l.run_id = r.run_id
        left join run_end e on e.run_id = r.run_id
        where r.run_id = $1
        """
    )

    private static let live = PostgresStatement("run_live", "select 1 from run_live where run_id = $1")

    private static let byKey = PostgresStatement(
        "run_by_key",
        """
        select run_id from (
            select l.run_id, 0 as place from run_live l join workflow w on w.workflow_id = l.workflow_id
            where w.name = $1 and l.business_key = $2
            union all
            (select r.run_id, 1 from run r join workflow w on w.workflow_id = r.workflow_id
            where w.name = $1 and r.business_key = $2 order by r.run_id desc limit 1)
        ) as found order by place limit 1
        """
    )

    static func summary(_ row: PostgresRow) throws -> RunSummary {
        let run = RunID(try row.uuid(0))
        return RunSummary(
            run: run,
            workflow: try row.text(1),
            version: Int(try row.int32(2)),
            key: try row.optionalText(3),
            labels: try labels(row.text(4)),
            priority: Int(try row.int32(5)),
            status: try stored(row, 7),
            compensation: try stored(row, 8),
            createdAt: run.createdAt,
            scheduledAt: try row.optionalTimestamp(6),
            endedAt: try row.optionalTimestamp(9),
            errorType: try row.optionalText(10),
            isPaused: try row.optionalBool(11) ?? false,
            schedule: try row.optionalText(12),
            parent: try row.optionalUUID(13).map { RunID($0) },
            parentPath: try row.optionalText(14),
            undoes: try row.optionalUUID(15).map { RunID($0) }
        )
    }
}
