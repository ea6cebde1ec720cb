import JSON
import Linux
import Postgres

extension PostgresStore {
    public func load(_ runs: [RunID], withTasks: Bool) throws(StoreError) -> [RunSnapshot] {
        let ids = PostgresValue.uuids(runs.map(\.uuid))
        var snapshots = try read(Self.live, [ids], Self.snapshot)
        guard withTasks else { return snapshots }
        // Read after the run: should it move on in between, the version tells.
        let tasks = try read(Self.tasks, [ids]) { (RunID(try $0.uuid(0)), try Self.task($0)) }
        let byRun = Dictionary(grouping: tasks) { $0.0 }
        for index in snapshots.indices {
            snapshots[index].tasks = (byRun[snapshots[index].run] ?? []).map(\.1)
        }
        return snapshots
    }

    public func results(of steps: [Int], in run: RunID) throws(StoreError) -> [Int: StepResult] {
        let parameters: [PostgresValue] = [.uuid(run.uuid), .int64s(steps.map { Int64($0) })]
        let rows = try read(Self.stepResults, parameters) { (Int(try $0.int32(0)), try Self.result($0)) }
        return Dictionary(rows) { $1 }
    }

    public func signals(_ keys: Set<SignalKey>, of run: RunID) throws(StoreError) -> [SignalKey: Payload] {
        let keys = Array(keys)
        let parameters: [PostgresValue] = [
            .uuid(run.uuid), .texts(keys.map(\.name)), .int64s(keys.map { Int64($0.number) }),
        ]
        let rows = try read(Self.keptSignals, parameters) { row in
            (
                SignalKey(name: try row.text(0), number: Int(try row.int32(1))),
                try Payload(stored: try row.text(2))
            )
        }
        return Dictionary(rows) { $1 }
    }

    /// Whether each transition was written, to be asked after ``StoreError/unknownCommit(message:)``.
    ///
    /// A transition was written if its history is there, to the letter.
    public func wasWritten(_ transitions: [Transition]) throws(StoreError) -> [Bool] {
        let parameters: [PostgresValue] = [
            .uuids(transitions.map { $0.run.uuid }), .int64s(transitions.map { Int64($0.firstSeq) }),
        ]
        let rows = try read(Self.historyRows, parameters) { (RunID(try $0.uuid(0)), try $0.text(1)) }
        let written = Dictionary(rows) { $1 }
        return transitions.map { written[$0.run] == HistoryEvent.encode($0.events) }
    }

    private static let live = PostgresStatement(
        "load_runs",
        """
        select l.run_id, l.version, l.definition_id, l.phase, l.paused, l.compensation, l.last_seq,
            l.next_step, l.state, r.input, r.business_key, r.labels::text, r.priority::int, r.scheduled_at,
            r.parent_id, r.parent_step, r.parent_path, r.root_id, r.depth, r.undoes_id
        from run_live l cross join lateral (select * from run r where r.run_id = l.run_id offset 0) r
        where l.run_id = any ($1::uuid[])
        """
    )

    private static let tasks = PostgresStatement(
        "load_tasks",
        """
        select run_id, step, status, token, worker_id, started_at, attempt, losses, queue, priority::int,
            spec, input, attempts, checkpoint, bound_ms, callback
        from task where run_id = any ($1::uuid[]) order by run_id, step
        """
    )

    private static let stepResults = PostgresStatement(
        "step_results",
        """
        select step, status, output, error, attempts, input from step
        where run_id = $1 and step = any ($2::int[])
        """
    )

    private static let keptSignals = PostgresStatement(
        "kept_signals",
        """
        select s.name, s.number, s.payload from unnest($2::text[], $3::int[]) as n(name, number)
        cross join lateral (
            select * from signal s where s.run_id = $1 and s.name = n.name and s.number = n.number offset 0) s
        """
    )

    private static let historyRows = PostgresStatement(
        "history_rows",
        """
        select h.run_id, h.events from unnest($1::uuid[], $2::int[]) as n(run_id, seq)
        cross join lateral (
            select run_id, events from history h where h.run_id = n.run_id and h.seq = n.seq offset 0) h
        """
    )

    private static func snapshot(_ row: PostgresRow) throws -> RunSnapshot {
        let run = RunID(try row.uuid(0))
        return RunSnapshot(
            run: run,
            version: try row.int64(1),
            definition: try row.int64(2),
            facts: RunFacts(
                input: try Payload(stored: try row.text(9)),
                key: try row.optionalText(10),
                labels: try labels(row.text(11)),
                priority: Int(try row.int32(12)),
                createdAt: run.createdAt,
                scheduledAt: try row.optionalTimestamp(13),
                parent: try parent(row, from: 14),
                undoes: try row.optionalUUID(19).map { RunID($0) }
            ),
            live: LiveRun(
                phase: try stored(row, 3),
                paused: try row.bool(4),
                compensation: try stored(row, 5),
                lastSeq: Int(try row.int32(6)),
                nextStep: Int(try row.int32(7)),
                state: try row.text(8)
            )
        )
    }

    /// The parent in five columns; nil for a run that has none.
    static func parent(_ row: PostgresRow, from column: Int) throws -> ParentLink? {
        guard let run = try row.optionalUUID(column) else { return nil }
        return ParentLink(
            run: RunID(run),
            step: Int(try row.int32(column + 1)),
            path: try row.text(column + 2),
            root: RunID(try row.uuid(column + 3)),
            depth: Int(try row.int32(column + 4))
        )
    }

    private static func task(_ row: PostgresRow) throws -> TaskFacts {
        TaskFacts(
            step: Int(try row.int32(1)),
            status: try stored(row, 2),
            token: try row.optionalInt64(3),
            worker: try row.optionalUUID(4).map { WorkerID($0) },
            startedAt: try row.optionalTimestamp(5),
            attempt: Int(try row.int32(6)),
            losses: Int(try row.int32(7)),
            queue: try row.text(8),
            priority: Int(try row.int32(9)),
            spec: try TaskSpec(decoding: try row.text(10)),
            input: try Payload(stored: try row.text(11)),
            attempts: try row.optionalText(12),
            checkpoint: try row.optionalText(13).map { try Payload(stored: $0) },
            boundMilliseconds: try row.int64(14),
            callback: row.isNull(15) ? nil : try row.bytes(15)
        )
    }

    private static func result(_ row: PostgresRow) throws -> StepResult {
        let attempts = try row.optionalText(4).map { try JSONValue.parse($0) }
        var result = StepResult(
            status: try stored(row, 1),
            output: try row.optionalText(2).map { try Payload(stored: $0) } ?? .null,
            error: try row.optionalText(3).flatMap { StepError(json: try JSONValue.parse($0)) },
            attempts: attempts?.arrayValue?.count ?? 0,
            input: try row.optionalText(5).map { try Payload(stored: $0) }
        )
        result.artifacts = attempts.flatMap(StepResult.artifacts)
        return result
    }
}

/// Reads a column that holds one of the values of an enumeration.
func stored<Value: RawRepresentable<String>>(_ row: PostgresRow, _ column: Int) throws -> Value {
    let text = try row.text(column)
    guard let value = Value(rawValue: text) else {
        throw StoreError.refused(message: "\"\(text)\" in the database is no \(Value.self)")
    }
    return value
}

/// Reads the labels of a run.
func labels(_ text: String) throws -> [String: String] {
    var labels: [String: String] = [:]
    for (name, value) in try JSONValue.parse(text).objectValue ?? [:] { labels[name] = value.stringValue }
    return labels
}
