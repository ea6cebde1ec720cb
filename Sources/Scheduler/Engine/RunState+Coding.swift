import JSON
import Linux

/// The compact text of a run's state: written and read with every transition, so by hand.
///
/// Integers end with a space, texts are preceded by their length in bytes; JSON is a text. A leading number
/// says which release's layout it is.
extension RunState {
    static let layout = 2

    /// What `run_live.state` holds.
    public var encoded: String {
        var writer = StateWriter()
        writer.integer(Self.layout)
        write(to: &writer)
        return writer.text
    }

    /// Reads what ``encoded`` wrote.
    ///
    /// - Throws: ``StateError`` for anything else.
    public init(decoding text: String) throws(StateError) {
        var reader = StateReader(text)
        guard try reader.integer() == Self.layout else {
            throw StateError(message: "the state was written by another release")
        }
        try self.init(from: &reader)
    }

    private func write(to writer: inout StateWriter) {
        writer.text(phase.rawValue)
        writer.text(compensation.rawValue)
        let bits = (paused ? 1 : 0) + (mustProceed ? 2 : 0) + (caller == nil ? 0 : 4)
        writer.integer(bits + freeze.rawValue << 3)
        writer.integers(lastSeq, nextStep, nextScope, root, always, undoing)
        if let caller { writer.text(caller.traceparent) }
        writer.integer(Int(startedAt?.microseconds ?? -1))
        writer.integer(Int(deadline?.microseconds ?? -1))
        writer.integer(Int(timeLeft ?? -1))
        writer.optional(conclusion) { conclusion, writer in
            writer.text(conclusion.status.rawValue)
            writer.json(conclusion.error?.json)
            writer.json(conclusion.output)
        }
        writer.list(held) { key, writer in
            writer.integer(key.step)
            writer.text(key.kind.rawValue)
        }
        writer.list(scopes.keys.sorted()) { number, writer in
            writer.integer(number)
            scopes[number]?.write(to: &writer)
        }
        writer.list(StepSpan.spans(of: steps)) { $0.write(to: &$1) }
        writer.list(undo) { entry, writer in
            writer.integers(entry.step, entry.scope, entry.node, entry.index)
            writer.text(entry.path)
        }
        writeSections(to: &writer)
    }

    private init(from reader: inout StateReader) throws(StateError) {
        phase = try reader.raw(RunPhase.self)
        compensation = try reader.raw(CompensationStatus.self)
        let flags = try reader.integer()
        paused = flags & 1 != 0
        mustProceed = flags & 2 != 0
        freeze = Freeze(rawValue: flags >> 3) ?? .never
        lastSeq = try reader.integer()
        nextStep = try reader.integer()
        nextScope = try reader.integer()
        root = try reader.integer()
        always = try reader.integer()
        undoing = try reader.integer()
        if flags & 4 != 0 { caller = TraceContext(traceparent: try reader.text()) }
        let started = try reader.integer()
        startedAt = started < 0 ? nil : Timestamp(microseconds: Int64(started))
        let due = try reader.integer()
        deadline = due < 0 ? nil : Timestamp(microseconds: Int64(due))
        let left = try reader.integer()
        timeLeft = left < 0 ? nil : Int64(left)
        if try reader.integer() == 1 { conclusion = try Conclusion(from: &reader) }
        for _ in 0..<(try reader.count()) {
            held.append(TimerKey(step: try reader.integer(), kind: try reader.raw(TimerKind.self)))
        }
        for _ in 0..<(try reader.count()) {
            let number = try reader.integer()
            scopes[number] = try ScopeState(from: &reader)
        }
        for _ in 0..<(try reader.count()) { try StepSpan(from: &reader).expand(into: &steps) }
        for _ in 0..<(try reader.count()) { undo.append(try Undo(from: &reader)) }
        while !reader.isAtEnd { try readSection(from: &reader) }
    }
}

extension RunState.Conclusion {
    init(from reader: inout StateReader) throws(StateError) {
        status = try reader.raw(RunStatus.self)
        error = try reader.json().flatMap(StepError.init(json:))
        output = try reader.json()
    }
}

extension RunState.Undo {
    init(from reader: inout StateReader) throws(StateError) {
        self.init(
            step: try reader.integer(),
            scope: try reader.integer(),
            node: try reader.integer(),
            index: try reader.integer(),
            path: try reader.text()
        )
    }
}

extension ScopeState {
    func write(to writer: inout StateWriter) {
        writer.integers(kind.rawValue, spec, owner, ownerNode, ownerIndex, parent)
        writer.integers(stop.rawValue, live, ended, total, failed, last, cursor, first)
        writer.text(prefix)
        writer.json(error?.json)
        writer.differences(begun)
        writer.differences(counts)
        writer.json(vars.isEmpty ? nil : .object(vars))
    }

    init(from reader: inout StateReader) throws(StateError) {
        self.init(
            kind: try reader.raw(Kind.self),
            spec: try reader.integer(),
            owner: try reader.integer(),
            ownerNode: try reader.integer(),
            ownerIndex: try reader.integer(),
            parent: try reader.integer(),
            prefix: ""
        )
        stop = try reader.raw(Stop.self)
        live = try reader.integer()
        ended = try reader.integer()
        total = try reader.integer()
        failed = try reader.integer()
        last = try reader.integer()
        cursor = try reader.integer()
        first = try reader.integer()
        prefix = try reader.text()
        error = try reader.json().flatMap(StepError.init(json:))
        begun = try reader.differences()
        counts = try reader.differences()
        vars = try reader.json()?.objectValue ?? JSONObject()
    }
}

extension StepState {
    /// Which of the fields follow that most steps leave at their default.
    private struct Fields: OptionSet {
        var rawValue: Int
        static let place = Fields(rawValue: 1)
        static let helpers = Fields(rawValue: 2)
        static let attempts = Fields(rawValue: 4)
        static let failure = Fields(rawValue: 8)
        static let stopping = Fields(rawValue: 16)
        static let unknown = Fields(rawValue: 32)
        static let own = Fields(rawValue: 64)
        static let timers = Fields(rawValue: 128)
        static let awaits = Fields(rawValue: 256)
        static let childRun = Fields(rawValue: 512)
        static let answered = Fields(rawValue: 1024)
        static let condemned = Fields(rawValue: 2048)
    }

    private var fields: Fields {
        var fields: Fields = []
        if index != -1 || priority != 0 || child != 0 { fields.insert(.place) }
        if of != 0 || serves != 0 || helper != 0 { fields.insert(.helpers) }
        if attempt != 1 || generation != 1 || losses != 0 || !retries.isEmpty { fields.insert(.attempts) }
        if boxedFailure != nil || plan != .fail { fields.insert(.failure) }
        if stopping { fields.insert(.stopping) }
        if unknown { fields.insert(.unknown) }
        if boxedOwn != nil { fields.insert(.own) }
        if !timers.isEmpty { fields.insert(.timers) }
        if awaits != nil { fields.insert(.awaits) }
        if boxedChild != nil { fields.insert(.childRun) }
        if answered { fields.insert(.answered) }
        if condemned { fields.insert(.condemned) }
        return fields
    }

    func write(to writer: inout StateWriter) {
        let fields = fields
        writer.integers(fields.rawValue, scope, node, stage.rawValue, Int(since))
        if fields.contains(.place) { writer.integers(index, priority, child) }
        if fields.contains(.helpers) { writer.integers(of, serves, helper) }
        if fields.contains(.attempts) {
            writer.integers(attempt, generation, losses)
            writer.list(retries) { $1.integer($0) }
        }
        if fields.contains(.timers) { writer.list(timers) { $1.text($0.rawValue) } }
        if fields.contains(.own) { writer.json(own.flatMap { try? JSONValue(encoding: $0) }) }
        if fields.contains(.awaits) { writer.json(awaits?.json) }
        if fields.contains(.childRun) { writer.text(childRun?.description ?? "") }
        guard fields.contains(.failure) else { return }
        writer.json(failure?.json)
        plan.write(to: &writer)
    }

    init(from reader: inout StateReader) throws(StateError) {
        let fields = Fields(rawValue: try reader.integer())
        self.init(scope: try reader.integer(), node: try reader.integer())
        stage = try reader.raw(StepStage.self)
        since = Int64(try reader.integer())
        stopping = fields.contains(.stopping)
        unknown = fields.contains(.unknown)
        answered = fields.contains(.answered)
        condemned = fields.contains(.condemned)
        if fields.contains(.place) {
            index = try reader.integer()
            priority = try reader.integer()
            child = try reader.integer()
        }
        if fields.contains(.helpers) {
            of = try reader.integer()
            serves = try reader.integer()
            helper = try reader.integer()
        }
        if fields.contains(.attempts) {
            attempt = try reader.integer()
            generation = try reader.integer()
            losses = try reader.integer()
            retries = try reader.integers()
        }
        if fields.contains(.timers) {
            for _ in 0..<(try reader.count()) { timers.append(try reader.raw(TimerKind.self)) }
        }
        if fields.contains(.own) { own = try reader.json().flatMap { try? $0.decode(NodeSpec.self) } }
        if fields.contains(.awaits) { awaits = try reader.json().flatMap(Awaited.init(json:)) }
        if fields.contains(.childRun) { childRun = RunID(try reader.text()) }
        guard fields.contains(.failure) else { return }
        failure = try reader.json().flatMap(StepError.init(json:))
        plan = try FailurePlan(from: &reader)
    }
}

extension FailurePlan {
    /// The numbers are stored: they never change.
    private var code: (kind: Int, rule: Int, value: Int) {
        switch self {
        case .fail: (0, 0, 0)
        case .proceed: (1, 0, 0)
        case .tolerate: (2, 0, 0)
        case .handle(let index): (3, 0, index)
        case .again(let rule, let milliseconds): (4, rule, Int(milliseconds))
        }
    }

    private init(kind: Int, rule: Int, value: Int) {
        self =
            switch kind {
            case 1: .proceed
            case 2: .tolerate
            case 3: .handle(value)
            case 4: .again(rule: rule, milliseconds: Int64(value))
            default: .fail
            }
    }

    func write(to writer: inout StateWriter) {
        writer.integers(code.kind, code.rule, code.value)
    }

    init(from reader: inout StateReader) throws(StateError) {
        self.init(kind: try reader.integer(), rule: try reader.integer(), value: try reader.integer())
    }

    /// As in the history.
    var json: JSONValue {
        .array([code.kind, code.rule, code.value].map { .integer(Int64($0)) })
    }

    init(json: JSONValue) {
        let numbers = (0..<3).map { Int(json[$0]?.integerValue ?? 0) }
        self.init(kind: numbers[0], rule: numbers[1], value: numbers[2])
    }
}
