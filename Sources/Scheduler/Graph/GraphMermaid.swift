/// A graph in the language of Mermaid, which many wikis and code hosts draw.
public struct GraphMermaid {
    private let graph: WorkflowGraph
    private let names: [String: String]
    private var lines = ["flowchart TD"]

    public static func document(_ graph: WorkflowGraph) -> String {
        var writer = GraphMermaid(graph: graph)
        writer.writeContents(of: nil, indent: "    ")
        for edge in graph.edges { writer.write(edge) }
        return writer.lines.joined(separator: "\n") + "\n"
    }

    private init(graph: WorkflowGraph) {
        self.graph = graph
        let ids = graph.nodes.map(\.id) + graph.groups.map(\.id)
        // Ids of ours may hold any character, theirs may not.
        names = Dictionary(ids.enumerated().map { ($1, "n\($0)") }) { first, _ in first }
    }

    private mutating func writeContents(of group: String?, indent: String) {
        for node in graph.nodes where node.group == group {
            let marks = GraphMarks.of(role: node.role, isForEach: node.isForEach, isRepeated: node.isRepeated)
            let detail = node.detail.isEmpty ? "" : "<br/><small>\(Self.escaped(node.detail))</small>"
            lines.append("\(indent)\(name(node.id))[\"\(Self.escaped(node.title + marks))\(detail)\"]")
        }
        for inner in graph.groups where inner.group == group {
            let marks = GraphMarks.of(
                role: inner.role,
                isForEach: inner.isForEach,
                isRepeated: inner.isRepeated
            )
            lines.append("\(indent)subgraph \(name(inner.id))[\"\(Self.escaped(inner.title + marks))\"]")
            writeContents(of: inner.id, indent: indent + "    ")
            lines.append("\(indent)end")
        }
    }

    private mutating func write(_ edge: WorkflowGraph.Edge) {
        let arrow =
            switch edge.kind {
            case .needs, .next: "-->"
            case .error, .compensation: "-.->"
            }
        let word = edge.kind == .compensation ? "undo" : edge.label
        let label = word.map { "|\"\(Self.escaped($0))\"|" } ?? ""
        lines.append("    \(name(edge.from)) \(arrow)\(label) \(name(edge.to))")
    }

    private func name(_ id: String) -> String { names[id] ?? "n" }

    /// Mermaid's own escapes: `#` and the code of a character.
    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            "\"#<>&`;".unicodeScalars.contains(scalar) || scalar.value < 32
                ? "#\(scalar.value);" : String(scalar)
        }.joined()
    }
}
