import JSON
import Linux
import Postgres

@testable import Scheduler

/// The history of one run as a release stored it, with the rows that it led to there.
///
/// A file of JSON lines, each an object with one member: `definition`, the compiled form; `event`, in the
/// order of the history, each followed by the `state` that the run's row had after it, if it had one; `step`,
/// the rows of steps that ended; `end`.
public struct GoldenHistory: Sendable {
    private static let folder = "\(TestPrograms.repository)/Tests/Fixtures/histories"

    /// The release and the scenario, as in `0.1.0/retry`.
    public let name: String
    public let lines: [JSONValue]

    public init(name: String, lines: [JSONValue]) {
        self.name = name
        self.lines = lines
    }

    /// Those of all releases.
    public static func all() throws -> [GoldenHistory] {
        try Files.names(in: folder).filter { $0.first?.isNumber == true }.sorted().flatMap { release in
            try Files.names(in: "\(folder)/\(release)").filter { $0.hasSuffix(".jsonl") }.sorted().map {
                file in
                let lines = try Files.read("\(folder)/\(release)/\(file)").split(
                    separator: UInt8(ascii: "\n")
                )
                return GoldenHistory(
                    name: "\(release)/\(file.dropLast(6))",
                    lines: try lines.map { try JSONValue.parse(Array($0)) }
                )
            }
        }
    }

    /// Keeps it in the repository.
    public func write() throws {
        let release = name.prefix { $0 != "/" }
        try Files.makeFolders("\(Self.folder)/\(release)")
        let text = lines.map { $0.serialized() + "\n" }.joined()
        try Files.write("\(Self.folder)/\(name).jsonl", Array(text.utf8))
    }
}

// MARK: - Replaying

extension GoldenHistory {
    /// What the current code makes of it that differs from what was stored.
    public func violations() throws -> [String] {
        var replay = GoldenReplay()
        for line in lines { try replay.read(line) }
        return replay.violations
    }
}

/// A history in replay, fact by fact.
private struct GoldenReplay {
    private var definition: Definition?
    private var state = RunState()
    private var history: [HistoryEvent] = []
    private var steps: [RunAudit.Step] = []
    private var found: [String] = []
    private var end: RunAudit.Run?

    mutating func read(_ line: JSONValue) throws {
        for (member, value) in line.objectValue ?? [:] {
            switch member {
            case "definition": definition = Definition(try stored(value))
            case "event": try apply(value)
            case "state": try compare(value.stringValue ?? "")
            case "step": steps.append(RunAudit.Step(value))
            case "end": end = RunAudit.Run(value)
            default: found.append("a line says \(member), which is nothing")
            }
        }
    }

    var violations: [String] {
        guard let end else { return found + ["it has no end"] }
        return found + RunAudit.check(end, state, history) + RunAudit.check(steps, history)
    }

    private mutating func apply(_ value: JSONValue) throws {
        guard let definition else { return found.append("an event comes before the definition") }
        for event in try HistoryEvent.decode(JSONValue.array([value]).serialized()) {
            history.append(event)
            state.apply(event, of: definition)
        }
    }

    private mutating func compare(_ text: String) throws {
        let stored = try RunState(decoding: text)
        if stored != state {
            found.append("after event \(history.count) it is \(state.encoded), was \(text)")
        }
    }

    private func stored(_ value: JSONValue) throws -> StoredDefinition {
        let compiled = try value.decode(CompiledWorkflow.self)
        return StoredDefinition(id: 1, workflow: 1, version: 1, digest: "", source: "", compiled: compiled)
    }
}

extension RunAudit.Step {
    fileprivate init(_ json: JSONValue) {
        number = Int(json["number"]?.integerValue ?? 0)
        path = json["path"]?.stringValue ?? ""
        endedSeq = Int(json["ended_seq"]?.integerValue ?? 0)
    }

    fileprivate var json: JSONValue {
        ["number": .integer(Int64(number)), "path": .string(path), "ended_seq": .integer(Int64(endedSeq))]
    }
}

extension RunAudit.Run {
    fileprivate init(_ json: JSONValue) {
        definition = 1
        status = json["status"]?.stringValue
        compensation = json["compensation"]?.stringValue
    }
}

// MARK: - Recording

extension GoldenHistory {
    /// Lets a database note each state that a run's row gets from now on.
    public static func watch(_ connection: PostgresConnection) throws {
        try connection.execute(
            """
            create table golden_state (number bigserial, run_id uuid, last_seq int, state text);
            create function note_golden_state() returns trigger language plpgsql as $$ begin
                insert into golden_state (run_id, last_seq, state)
                    values (new.run_id, new.last_seq, new.state);
                return new;
            end $$;
            create trigger golden_state after insert or update on run_live
                for each row execute function note_golden_state();
            """
        )
    }

    /// A run that has ended, from a database that was watched.
    public init(of run: String, named name: String, in connection: PostgresConnection) throws {
        guard let id = RunID(run) else { throw NeverHappened(description: "\(run) is the id of a run") }
        let key: [PostgresValue] = [.uuid(id.uuid)]
        func query(_ sql: String) throws -> PostgresResult { try connection.query(sql, key) }

        let form = try query(
            "select compiled from definition join run using (definition_id) where run_id = $1"
        )
        let states = try query("select last_seq, state from golden_state where run_id = $1 order by number")
            .reduce(into: [Int: [String]]()) { states, row in
                states[Int(try row.int32(0)), default: []].append(try row.text(1))
            }
        var lines: [JSONValue] = [["definition": try JSONValue.parse(try form[0].text(0))]]
        var seq = 0
        for row in try query("select events from history where run_id = $1 order by seq") {
            for event in try JSONValue.parse(try row.text(0)).arrayValue ?? [] {
                seq += 1
                lines.append(["event": event])
                lines += (states[seq] ?? []).map { ["state": .string($0)] }
            }
        }
        for row in try query("select step, path, ended_seq from step where run_id = $1 order by step") {
            let (number, ended) = (Int(try row.int32(0)), Int(try row.int32(2)))
            lines.append(["step": RunAudit.Step(number: number, path: try row.text(1), endedSeq: ended).json])
        }
        let end = try query("select status, compensation from run_end where run_id = $1")[0]
        lines.append(
            ["end": ["status": .string(try end.text(0)), "compensation": .string(try end.text(1))]]
        )
        self.init(name: name, lines: lines)
    }
}
