import JSON
import YAML

/// Reads what handles a step's failure and what undoes the step: nodes that belong to another node.
struct HandlerReader {
    let draft: Draft
    /// The node that is handled or undone.
    let node: Int

    /// Beside those of an action.
    static let compensationKeys = ["retry", "timeout"]
    static let catchKeys = ["on", "output", "compensate"]
    private static let actionKeys = ActionKind.allCases.map(\.rawValue) + ["with", "shell", "capture"]

    /// `compensate:`, an action with its own `retry` and `timeout`.
    func compensation(_ value: SourceValue, _ surroundings: Surroundings) -> Int? {
        let what = "`compensate`"
        let known = Self.actionKeys + Self.compensationKeys
        guard let fields = value.fields(what, known: known) else { return nil }
        let added = add(.compensation(of: node), value)
        ActionReader(draft: draft, node: added, surroundings: surroundings.ended).read(fields, of: what)
        return added
    }

    /// `catch:`, a list of handlers; the first whose `on` names the error's type is taken.
    func catches(_ value: SourceValue, _ surroundings: Surroundings) -> [Catch] {
        let handlers = value.elements("a list of handlers") ?? []
        if handlers.isEmpty, value.node.sequence != nil { value.error("`catch` needs at least one handler") }
        var catches: [Catch] = []
        for handler in handlers {
            if let last = catches.last, last.on.isEmpty || last.on.contains("*") {
                handler.error("this handler is never reached", hint: "the one before it takes any error")
            }
            if let read = handled(handler, surroundings.ended) { catches.append(read) }
        }
        return catches
    }

    private func handled(_ value: SourceValue, _ surroundings: Surroundings) -> Catch? {
        let what = "a handler"
        let known = Self.catchKeys + Self.actionKeys
        guard let fields = value.fields(what, known: known) else { return nil }
        let added = add(.handler(of: node), value)
        ActionReader(draft: draft, node: added, surroundings: surroundings).read(fields, of: what)
        let handlers = HandlerReader(draft: draft, node: added)
        draft.nodes[added].compensation = fields["compensate"].flatMap {
            handlers.compensation($0, surroundings)
        }
        return Catch(on: fields["on"].flatMap(RetryReader.errorTypes) ?? [], handler: added)
    }

    private func add(_ role: NodeSpec.Role, _ value: SourceValue) -> Int {
        let owner = draft.nodes[node]
        return draft.addNode(owner.id, role: role, scope: owner.scope, line: value.node.mark.line)
    }
}
