import JSON

/// A compiled workflow as nested boxes, before anything has a place.
struct GraphTree {
    /// What stands in a box: a step, with boxes of its own if steps are in it.
    struct Item {
        var node: WorkflowGraph.Node
        var boxes: [Box] = []
    }

    /// A scope: items and the edges between them, by their index.
    struct Box {
        var id: String
        var path: String
        var title: String
        var kind: String
        var role: WorkflowGraph.Role = .step
        var condition: String?
        var items: [Item] = []
        var edges: [Link] = []
    }

    struct Link {
        var from: Int
        var to: Int
        var kind: WorkflowGraph.Edge.Kind
        var label: String?
    }

    private let workflow: CompiledWorkflow
    /// The root, and the `always` steps below it.
    private(set) var boxes: [Box] = []

    init(_ workflow: CompiledWorkflow) {
        self.workflow = workflow
        let root = Box(id: "", path: "", title: workflow.name, kind: "group")
        boxes = [filled(root, scope: 0, prefix: "", role: .step)]
        if let always = workflow.always {
            let box = Box(id: ".always", path: "", title: "always", kind: "always", role: .always)
            boxes.append(filled(box, scope: always, prefix: "", role: .always))
        }
    }

    private func filled(_ box: Box, scope: Int, prefix: String, role: WorkflowGraph.Role) -> Box {
        var box = box
        var places: [Int: Int] = [:]
        let members = workflow.scopes[scope].nodes
        for node in members {
            places[node] = box.items.count
            box.items.append(item(node, path: prefix + workflow.nodes[node].id, role: role))
        }
        for node in members {
            guard let place = places[node] else { continue }
            for need in workflow.nodes[node].needs {
                if let from = places[need] { box.edges.append(Link(from: from, to: place, kind: .needs)) }
            }
            for edge in workflow.nodes[node].next {
                guard let to = places[edge.to] else { continue }
                let label = edge.when.map(GraphText.of)
                box.edges.append(Link(from: place, to: to, kind: .next, label: label))
            }
            attach(node, at: place, path: prefix + workflow.nodes[node].id, to: &box)
        }
        return box
    }

    /// Adds what handles a node's failure and what undoes it.
    private func attach(_ node: Int, at place: Int, path: String, to box: inout Box) {
        let spec = workflow.nodes[node]
        for (index, handler) in spec.catches.enumerated() {
            var added = item(handler.handler, path: "\(path):catch", role: .handler)
            if index > 0 { added.node.id += "(\(index + 1))" }
            let label = handler.on.isEmpty ? "any error" : handler.on.joined(separator: ", ")
            box.edges.append(Link(from: place, to: box.items.count, kind: .error, label: label))
            let at = box.items.count
            box.items.append(added)
            attach(handler.handler, at: at, path: added.node.id, to: &box)
        }
        guard let compensation = spec.compensation else { return }
        box.edges.append(Link(from: place, to: box.items.count, kind: .compensation))
        box.items.append(item(compensation, path: "\(path)!", role: .compensation))
    }

    private func item(_ index: Int, path: String, role: WorkflowGraph.Role) -> Item {
        let spec = workflow.nodes[index]
        let node = WorkflowGraph.Node(
            id: path,
            path: path,
            title: spec.id,
            kind: GraphText.kind(of: spec.action),
            detail: GraphText.detail(of: spec.action),
            role: role,
            group: nil,
            layer: 0,
            condition: spec.when.map(GraphText.of),
            isForEach: spec.forEach != nil,
            isRepeated: spec.repeating != nil,
            frame: WorkflowGraph.Frame()
        )
        return Item(node: node, boxes: boxes(of: spec, path: path, role: role))
    }

    private func boxes(of spec: NodeSpec, path: String, role: WorkflowGraph.Role) -> [Box] {
        switch spec.action {
        case .group(let scope):
            let box = Box(id: path, path: path, title: spec.id, kind: "group", role: role)
            return [filled(box, scope: scope, prefix: path + "/", role: role)]
        case .choice(let branches):
            return branches.enumerated().map { index, branch in
                let condition = branch.when.map(GraphText.of)
                let title = condition.map { "when \($0)" } ?? "else"
                var box = Box(id: "\(path)?\(index)", path: path, title: title, kind: "branch", role: role)
                box.condition = condition
                return filled(box, scope: branch.scope, prefix: path + "/", role: role)
            }
        default:
            return []
        }
    }
}

/// The words of a graph.
enum GraphText {
    private static let limit = 60

    /// A program in a few words: `${ input.express }` is `input.express`.
    static func of(_ program: Program) -> String {
        var text = program.source.stringValue ?? program.source.serialized()
        if text.hasPrefix("${"), text.hasSuffix("}"), text.dropFirst(2).firstRange(of: "${") == nil {
            text = String(text.dropFirst(2).dropLast())
        }
        return short(text)
    }

    /// One line, cut at a length that can be read at a glance.
    static func short(_ text: String) -> String {
        let printable = text.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : String($0) }
        let line = printable.joined().split(separator: " ").joined(separator: " ")
        return line.count > limit ? line.prefix(limit - 1) + "…" : line
    }

    static func kind(of action: Action) -> String {
        switch action {
        case .plugin: "plugin"
        case .script: "script"
        case .sleep: "sleep"
        case .until: "until"
        case .wait: "wait"
        case .child: "child"
        case .group: "group"
        case .set: "set"
        case .choice: "switch"
        case .fail: "fail"
        case .pass: "pass"
        case .program: "program"
        }
    }

    static func detail(of action: Action) -> String {
        switch action {
        case .plugin(let call), .program(let call): "\(call.plugin)/\(call.action)"
        case .script(let script): short(script.source)
        case .sleep(let time): "sleep \(of(time))"
        case .until(let time): "until \(of(time))"
        case .wait(let wait): "signal \(of(wait.signal))"
        case .child(let child): "workflow \(child.workflow)"
        case .set(let value): short(value.source.stringValue ?? value.source.serialized())
        case .fail(let type, _): "fail \(of(type))"
        case .group, .choice, .pass: ""
        }
    }
}
