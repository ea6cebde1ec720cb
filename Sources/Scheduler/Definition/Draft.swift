import JSON
import YAML

/// A workflow that is being read: its scopes and nodes so far, and what is still to be linked.
final class Draft {
    let source: SourceText
    let diagnostics: Diagnostics
    var scopes: [ScopeSpec] = []
    var nodes: [NodeSpec] = []
    /// The scope of the `always` steps.
    var always: Int?
    /// Where each step's id stands, by node.
    private(set) var places: [Int: Place] = [:]
    /// The steps by id; handlers and compensations have none of their own.
    private(set) var steps: [String: Int] = [:]
    /// What `needs:` says, by node.
    var declaredNeeds: [Int: [NamedStep]] = [:]
    var reads: [StepRead] = []

    /// The ids that were refused; who names them need not hear of it again.
    var refusedIDs: Set<String> = []

    /// A place in the text.
    struct Place {
        /// Where the value starts.
        var mark: Mark
        var pointer: JSONPointer
        /// What is meant within the value, if it is a part of an expression.
        var part: ExpressionPart?
    }

    /// A step's id, where somebody names it.
    struct NamedStep {
        var id: String
        var place: Place
    }

    /// An expression that reads `steps.ID`.
    struct StepRead {
        var step: NamedStep
        var reader: Reader
    }

    /// Who evaluates an expression: a node, or a scope for its output.
    enum Reader {
        case node(Int)
        case scope(Int)
    }

    init(source: SourceText, diagnostics: Diagnostics) {
        self.source = source
        self.diagnostics = diagnostics
    }

    func addScope(owner: Int?, parent: Int?) -> Int {
        scopes.append(ScopeSpec(owner: owner, parent: parent))
        return scopes.count - 1
    }

    /// Adds a node whose action is read afterwards.
    func addNode(_ id: String, role: NodeSpec.Role, scope: Int, line: Int) -> Int {
        nodes.append(NodeSpec(id: id, role: role, scope: scope, line: line, action: .pass))
        return nodes.count - 1
    }

    /// Makes a node a step of its scope, under an id that must be new.
    func addStep(_ node: Int, id: SourceValue) {
        places[node] = Place(mark: id.node.mark, pointer: id.pointer)
        scopes[nodes[node].scope].nodes.append(node)
        let name = nodes[node].id
        if let first = steps[name], let place = places[first] {
            id.error(
                "the id \"\(name)\" is taken by the step at \(place.mark)",
                hint: "ids are unique in the file"
            )
        } else {
            steps[name] = node
        }
    }

    func say(
        _ message: String,
        at place: Place,
        hint: @autoclosure () -> String? = nil,
        as severity: Diagnostic.Severity = .error
    ) {
        guard !diagnostics.isFull else { return diagnostics.skip(severity) }
        let mark = place.part?.mark(in: source) ?? place.mark
        diagnostics.add(severity, message, at: mark, path: place.pointer, hint: hint())
    }
}
