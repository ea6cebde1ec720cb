import JSON
import Postgres

@testable import Scheduler

/// Compares the history of every run in a database with its rows, in one snapshot.
///
/// What must hold: histories have no gaps; a run is live or has ended; the replayed history of a live run is
/// its state, byte for byte; that of an ended one gives its status; each step that ended, and was
/// not taken up again, has the one row that says so, and no step succeeded twice.
public struct RunAudit {
    public private(set) var runs = 0
    public private(set) var live = 0
    public private(set) var events = 0
    public private(set) var violations: [String] = []
    private var paths: [String: [String]] = [:]

    /// The paths that succeeded in a run, in this order.
    public func succeeded(in run: String) -> [String] { paths[run] ?? [] }

    struct Run {
        var definition: Int64
        var liveState: String?
        var status: String?
        var compensation: String?
    }

    struct Step: Hashable {
        var number: Int
        var path: String
        var endedSeq: Int
    }

    private static let endings: Set<HistoryEvent.Kind> = [
        .stepSucceeded, .stepFailed, .stepSkipped, .stepCancelled, .stepKept,
    ]

    /// Reads the whole database, which `connection` is open to.
    public init(_ connection: PostgresConnection) throws {
        let (runs, histories, steps, definitions) = try connection.transaction(
            isolation: .repeatableRead,
            readOnly: true
        ) {
            (
                try Self.runs($0), try Self.histories($0), try Self.steps($0), try Self.definitions($0)
            )
        }
        self.runs = runs.count
        for (id, run) in runs {
            var found: [String] = []
            var history: [HistoryEvent] = []
            for (seq, count, text) in histories[id] ?? [] {
                let part = try HistoryEvent.decode(text)
                if seq != history.count + 1 { found.append("a gap before event \(seq)") }
                if count != part.count { found.append("event \(seq) says \(count), not \(part.count)") }
                history += part
            }
            events += history.count
            paths[RunID(id).description] = history.filter { $0.kind == .stepSucceeded }.compactMap(\.path)
            if run.liveState != nil { live += 1 }
            if let definition = definitions[run.definition] {
                found += Self.check(run, History.replay(history, of: definition), history)
            } else {
                found.append("its definition is gone")
            }
            found += Self.check(steps[id] ?? [], history)
            violations += found.map { "run \(id): \($0)" }
        }
    }

    static func check(_ run: Run, _ state: RunState, _ history: [HistoryEvent]) -> [String] {
        guard (run.liveState == nil) != (run.status == nil) else {
            return ["it is \(run.liveState == nil ? "neither live nor" : "both live and") ended"]
        }
        let revival = history.lastIndex { $0.kind == .runRetried }
        let ends = history[(revival ?? 0)...].filter { RunTransitions.terminal[$0.kind] != nil }
        if let text = run.liveState {
            let isSame = state.encoded == text
            return (isSame ? [] : ["its history replays to \(state.encoded), its state is \(text)"])
                + (ends.isEmpty ? [] : ["it is live and has a terminal event"])
        }
        guard ends.count == 1, let last = history.last, let status = RunTransitions.terminal[last.kind] else {
            return ["its history ends with \(history.suffix(2).map(\.kind.rawValue))"]
        }
        var found: [String] = []
        if status.rawValue != run.status { found.append("\(status) by history, \(run.status ?? "") by row") }
        if state.compensation.rawValue != run.compensation {
            found.append("compensation \(state.compensation) by history, \(run.compensation ?? "") by row")
        }
        return found
    }

    static func check(_ steps: [Step], _ history: [HistoryEvent]) -> [String] {
        var ended: [Step] = []
        for (index, event) in history.enumerated() {
            if event.kind == .runRetried {
                let withdrawn = Set(event.data["withdrawn"]?.arrayValue?.compactMap(\.integerValue) ?? [])
                ended.removeAll { withdrawn.contains(Int64($0.number)) }
            }
            guard endings.contains(event.kind) else { continue }
            ended.append(Step(number: event.step ?? 0, path: event.path ?? "", endedSeq: index + 1))
        }
        var found: [String] = []
        let rows = Set(steps.map { "\($0.number) \($0.path)" })
        let facts = Set(ended.map { "\($0.number) \($0.path)" })
        if rows != facts { found.append("rows and history differ in \(rows.symmetricDifference(facts))") }
        if ended.count != facts.count { found.append("a step ended twice: \(ended.map(\.path))") }
        return found
    }
}

// MARK: - Reading

extension RunAudit {
    private static func runs(_ connection: PostgresConnection) throws -> [UUID: Run] {
        let rows = try connection.query(
            """
            select r.run_id, r.definition_id, l.state, e.status, e.compensation
            from run r left join run_live l using (run_id) left join run_end e using (run_id)
            """
        )
        return try rows.reduce(into: [:]) { runs, row in
            runs[try row.uuid(0)] = Run(
                definition: try row.int64(1),
                liveState: try row.optionalText(2),
                status: try row.optionalText(3),
                compensation: try row.optionalText(4)
            )
        }
    }

    private static func histories(
        _ connection: PostgresConnection
    ) throws -> [UUID: [(seq: Int, count: Int, events: String)]] {
        let rows = try connection.query(
            "select run_id, seq, count, events from history order by run_id, seq"
        )
        return try rows.reduce(into: [:]) { histories, row in
            histories[try row.uuid(0), default: []]
                .append((Int(try row.int32(1)), Int(try row.int32(2)), try row.text(3)))
        }
    }

    private static func steps(_ connection: PostgresConnection) throws -> [UUID: [Step]] {
        try connection.query("select run_id, step, path, ended_seq from step").reduce(into: [:]) {
            steps,
            row in
            let step = Step(
                number: Int(try row.int32(1)),
                path: try row.text(2),
                endedSeq: Int(try row.int32(3))
            )
            steps[try row.uuid(0), default: []].append(step)
        }
    }

    private static func definitions(_ connection: PostgresConnection) throws -> [Int64: Definition] {
        let store = try PostgresStore.open(connection.configuration)
        let ids = try connection.query("select definition_id from definition").map { try $0.int64(0) }
        return try ids.reduce(into: [:]) { definitions, id in
            definitions[id] = try store.definition(id).map { Definition($0) }
        }
    }
}
