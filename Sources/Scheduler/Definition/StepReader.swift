import JSON
import YAML

/// Reads steps into a draft: what they say of themselves, and through ``ActionReader`` what they do.
struct StepReader {
    let draft: Draft

    static let commonKeys = [
        "id", "description", "needs", "when", "foreach", "repeat", "compensate", "catch", "on_error",
    ]
    static let keys =
        commonKeys + ActionKind.allCases.map(\.rawValue) + ActionKind.owners.keys.sorted()
    private static let what = "a step"

    /// Reads a list of steps as a scope of their own.
    func scope(_ list: SourceValue, owner: Int?, parent: Int?, _ surroundings: Surroundings) -> Int {
        let scope = draft.addScope(owner: owner, parent: parent)
        guard let elements = list.elements("a list of steps") else { return scope }
        if elements.isEmpty { list.error("\(list.name) needs at least one step") }
        for element in elements { step(element, in: scope, surroundings) }
        return scope
    }

    private func step(_ value: SourceValue, in scope: Int, _ surroundings: Surroundings) {
        guard let fields = value.fields(Self.what, known: Self.keys) else { return }
        let idValue = fields.required("id", of: Self.what)
        let id = idValue.flatMap(id)
        if id == nil, let refused = idValue?.node.scalar?.text { draft.refusedIDs.insert(refused) }
        let node = draft.addNode(id ?? "", role: .step, scope: scope, line: value.node.mark.line)
        if id != nil, let idValue { draft.addStep(node, id: idValue) }
        draft.nodes[node].description = fields["description"]?.text()
        draft.declaredNeeds[node] = fields["needs"].flatMap(needs)
        readConditions(of: node, fields, surroundings)
        let instance = readInstances(of: node, fields, surroundings)
        let action = ActionReader(draft: draft, node: node, surroundings: instance)
        action.read(fields, of: Self.what)
        readEnds(of: node, fields, step: surroundings, instance: instance)
    }

    private func id(_ value: SourceValue) -> String? {
        guard let id = value.name(.step) else { return nil }
        guard !["true", "false", "null"].contains(id) else {
            value.error("\"\(id)\" cannot be an id: it is a value of the expression language")
            return nil
        }
        return id
    }

    private func needs(_ value: SourceValue) -> [Draft.NamedStep]? {
        guard let elements = value.elements("a list of ids, such as [reserve, charge]") else { return nil }
        var named: [Draft.NamedStep] = []
        var seen: Set<String> = []
        for element in elements {
            guard let id = element.text("the id of a step") else { continue }
            if !seen.insert(id).inserted { element.error("\"\(id)\" is in the list already") }
            let place = Draft.Place(mark: element.node.mark, pointer: element.pointer)
            named.append(Draft.NamedStep(id: id, place: place))
        }
        return named
    }

    /// What concerns the step as a whole and comes before it.
    private func readConditions(of node: Int, _ fields: Fields, _ surroundings: Surroundings) {
        let programs = ProgramReader(draft: draft, surroundings: surroundings, reader: .node(node))
        draft.nodes[node].when = fields["when"].flatMap(programs.condition)
        if let value = fields["on_error"], value.choice(of: ["continue"]) != nil {
            draft.nodes[node].continuesOnError = true
        }
    }

    /// Reads `foreach` and `repeat`, and gives what an instance within them sees.
    private func readInstances(
        of node: Int,
        _ fields: Fields,
        _ surroundings: Surroundings
    ) -> Surroundings {
        var inside = surroundings
        let loops = LoopReader(draft: draft, node: node)
        if let forEach = fields["foreach"].flatMap({ loops.forEach($0, surroundings) }) {
            draft.nodes[node].forEach = forEach
            inside = inside.instance(item: forEach.itemName, index: forEach.indexName)
        }
        if let value = fields["repeat"] {
            inside = inside.round
            draft.nodes[node].repeating = loops.repeating(value, inside)
        }
        return inside
    }

    /// What happens when the step has failed or is to be undone.
    private func readEnds(of node: Int, _ fields: Fields, step: Surroundings, instance: Surroundings) {
        let handlers = HandlerReader(draft: draft, node: node)
        draft.nodes[node].compensation = fields["compensate"].flatMap { handlers.compensation($0, instance) }
        draft.nodes[node].catches = fields["catch"].map { handlers.catches($0, step) } ?? []
    }
}
