import JSON
import Linux
import YAML

/// Reads the one action of a node, with the keys that belong to it.
struct ActionReader {
    static let waitKeys = ["signal", "timeout", "default"]
    static let failKeys = ["type", "message"]
    static let branchKeys = ["when", "steps"]

    let draft: Draft
    let node: Int
    /// What the action's expressions may read.
    let surroundings: Surroundings

    var programs: ProgramReader {
        ProgramReader(draft: draft, surroundings: surroundings, reader: .node(node))
    }

    func read(_ fields: Fields, of what: String) {
        let kind = kind(fields, of: what)
        if let kind, let value = fields[kind.rawValue] {
            refuseStrangers(fields, kind)
            if let action = action(kind, value, fields) { draft.nodes[node].action = action }
            readSettings(fields, kind)
        }
        if let output = fields["output"], isHandler || kind == .steps { readOutput(output) }
    }

    private var isHandler: Bool {
        if case .handler = draft.nodes[node].role { true } else { false }
    }

    /// The output of a group, or what a handler makes of its own.
    private func readOutput(_ value: SourceValue) {
        if case .group(let scope) = draft.nodes[node].action {
            let inside = ProgramReader(draft: draft, surroundings: surroundings, reader: .scope(scope))
            draft.scopes[scope].output = inside.template(value)
        } else {
            draft.nodes[node].output = programs.template(value)
        }
    }

    private func kind(_ fields: Fields, of what: String) -> ActionKind? {
        let kinds = ActionKind.allCases.filter { fields[$0.rawValue] != nil }
        guard let first = kinds.first else {
            if isHandler, fields["output"] != nil { return nil }
            if ActionKind.allCases.contains(where: { fields.misspelt.contains($0.rawValue) }) { return nil }
            let names = ActionKind.allCases.map(\.rawValue).joined(separator: ", ")
            fields.value.error("\(what) needs an action", hint: "one of \(names)")
            return nil
        }
        for other in kinds.dropFirst() {
            fields[other.rawValue]?.keyError(
                "\(what) has one action; this one has `\(first.rawValue)` already"
            )
        }
        return first
    }

    private func refuseStrangers(_ fields: Fields, _ kind: ActionKind) {
        for entry in fields.value.node.mapping ?? [] {
            guard let owners = ActionKind.owners[entry.key], !owners.contains(kind) else { continue }
            if entry.key == "output", isHandler { continue }
            let names = owners.map { "`\($0.rawValue)`" }.joined(separator: ", ")
            fields[entry.key]?.keyError(
                "`\(entry.key)` belongs to \(names), not to `\(kind.rawValue)`",
                hint: ActionKind.hint(for: entry.key, on: kind)
            )
        }
    }

    private func readSettings(_ fields: Fields, _ kind: ActionKind) {
        var settings = SettingsReader(expressions: programs.template).settings(fields)
        if kind == .uses || kind == .run {
            draft.nodes[node].retry = [settings.retry ?? RetryRule()]
            if let key = fields["idempotency_key"] { checkKey(settings.idempotencyKey, key) }
        }
        settings.retry = nil
        draft.nodes[node].settings = settings
    }

    /// A key that is the same for all instances would make one effect of many.
    private func checkKey(_ key: Program?, _ value: SourceValue) {
        let names = surroundings.instanceNames
        guard !names.isEmpty, let key, let template = try? Template(parsing: key.source) else { return }
        guard names.isDisjoint(with: template.reads.roots), !template.reads.readsEverything else { return }
        let list = names.sorted().map { "`\($0)`" }.joined(separator: ", ")
        value.error("this key is the same for every instance; let it read one of \(list)")
    }

    private func action(_ kind: ActionKind, _ value: SourceValue, _ fields: Fields) -> Action? {
        switch kind {
        case .uses: plugin(value, with: fields["with"])
        case .run: script(value, fields)
        case .sleep: programs.duration(value).map(Action.sleep)
        case .until: instant(value).map(Action.until)
        case .wait: wait(value)
        case .workflow: child(value, with: fields["with"])
        case .steps:
            .group(scope: StepReader(draft: draft).scope(value, owner: node, parent: scope, surroundings))
        case .set: .set(programs.template(value))
        case .switch: choice(value)
        case .fail: failure(value)
        }
    }

    private var scope: Int { draft.nodes[node].scope }

    private func instant(_ value: SourceValue) -> Program? {
        if value.holdsExpression { return programs.template(value) }
        guard let text = value.node.scalar?.value.stringValue, Timestamp(rfc3339: text) != nil else {
            value.mismatch("a time such as 2026-01-31T09:00:00Z")
            return nil
        }
        return Program(.template, .string(text))
    }

    private func wait(_ value: SourceValue) -> Action? {
        guard let fields = value.fields("`wait`", known: Self.waitKeys) else { return nil }
        let signal = fields.required("signal", of: "`wait`").flatMap(programs.text)
        let timeout = fields["timeout"].flatMap(programs.duration)
        let fallback = fields["default"].map(programs.template)
        if let unused = fields["default"], fields["timeout"] == nil {
            unused.keyError("`default` is the output after `timeout`, which is missing")
        }
        return signal.map { .wait(SignalWait(signal: $0, timeout: timeout, fallback: fallback)) }
    }

    private func failure(_ value: SourceValue) -> Action? {
        guard let fields = value.fields("`fail`", known: Self.failKeys) else { return nil }
        let type = fields.required("type", of: "`fail`").flatMap(programs.text)
        let message = fields["message"].flatMap(programs.text)
        return type.map { .fail(type: $0, message: message ?? $0) }
    }

    private func choice(_ value: SourceValue) -> Action? {
        guard let elements = value.elements("a list of branches") else { return nil }
        if elements.isEmpty { value.error("`switch` needs at least one branch") }
        var branches: [Branch] = []
        for element in elements {
            if let last = branches.last, last.when == nil {
                element.error("this branch is never reached", hint: "the one before it has no `when`")
            }
            guard let fields = element.fields("a branch", known: Self.branchKeys) else { continue }
            let when = fields["when"].flatMap(programs.condition)
            guard let steps = fields.required("steps", of: "a branch") else { continue }
            let scope = StepReader(draft: draft).scope(steps, owner: node, parent: scope, surroundings)
            let fallback = fields["when"] == nil ? nil : when ?? Program(.template, false)
            branches.append(Branch(when: fallback, scope: scope))
        }
        return .choice(branches)
    }
}
