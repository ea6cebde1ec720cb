/// A graph as an indented outline for a terminal, in the order in which steps can run.
public struct GraphOutline {
    private let graph: WorkflowGraph
    private var lines: [String] = []

    private struct Entry {
        var id: String
        var title: String
        var frame: WorkflowGraph.Frame
    }

    public static func document(_ graph: WorkflowGraph) -> String {
        var writer = GraphOutline(graph: graph)
        writer.lines.append(graph.name + (graph.version.map { " version \($0)" } ?? ""))
        writer.write(group: nil, indent: "")
        return writer.lines.joined(separator: "\n") + "\n"
    }

    private init(graph: WorkflowGraph) {
        self.graph = graph
    }

    private mutating func write(group: String?, indent: String) {
        let nodes = graph.nodes.filter { $0.group == group }.map { node in
            Entry(id: node.id, title: Self.title(node), frame: node.frame)
        }
        let groups = graph.groups.filter { $0.group == group }.map { inner in
            Entry(id: inner.id, title: Self.title(inner), frame: inner.frame)
        }
        let entries = (nodes + groups).sorted { ($0.frame.y, $0.frame.x) < ($1.frame.y, $1.frame.x) }
        for (index, entry) in entries.enumerated() {
            let isLast = index == entries.count - 1
            let previous = index > 0 ? entries[index - 1].id : nil
            lines.append("\(indent)\(isLast ? "└─ " : "├─ ")\(entry.title)\(origin(of: entry.id, previous))")
            write(group: entry.id, indent: indent + (isLast ? "   " : "│  "))
        }
    }

    /// What it follows, unless that is just the line above.
    private func origin(of id: String, _ previous: String?) -> String {
        let edges = graph.edges.filter { $0.to == id }
        if edges.count == 1, let edge = edges.first, edge.kind == .needs, edge.from == previous { return "" }
        let words = edges.map { edge in
            switch edge.kind {
            case .needs: "after \(edge.from)"
            case .error: "on \(edge.label ?? "error") of \(edge.from)"
            case .compensation: "undoes \(edge.from)"
            case .next: "from \(edge.from)" + (edge.label.map { " when \($0)" } ?? "")
            }
        }
        return words.isEmpty ? "" : "  ← " + words.joined(separator: ", ")
    }

    private static func title(_ node: WorkflowGraph.Node) -> String {
        let marks = GraphMarks.of(role: node.role, isForEach: node.isForEach, isRepeated: node.isRepeated)
        let condition = node.condition.map { "  when \($0)" } ?? ""
        return node.title + marks + (node.detail.isEmpty ? "" : "  \(node.detail)") + condition
    }

    private static func title(_ group: WorkflowGraph.Group) -> String {
        let marks = GraphMarks.of(role: group.role, isForEach: group.isForEach, isRepeated: group.isRepeated)
        let condition = group.kind == "branch" ? "" : group.condition.map { "  when \($0)" } ?? ""
        return group.title + marks + (group.kind == "switch" ? "  switch" : "") + condition
    }
}
