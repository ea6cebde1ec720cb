/// A graph as an SVG document that stands by itself, in light and dark.
public struct GraphSVG {
    private let graph: WorkflowGraph
    private var lines: [String] = []

    public static func document(_ graph: WorkflowGraph) -> String {
        var writer = GraphSVG(graph: graph)
        writer.write()
        return writer.lines.joined(separator: "\n") + "\n"
    }

    private init(graph: WorkflowGraph) {
        self.graph = graph
    }

    private static let style = """
        text{font:13px system-ui,sans-serif;fill:#1a1d21}.d{font-size:11px;fill:#5b636d}
        rect{fill:#fff;stroke:#8a939e}.g{fill:#f3f5f7;stroke:#c3cad2}
        .compensation,.handler{stroke-dasharray:5 3}
        path{fill:none;stroke:#8a939e;stroke-width:1.5}.error{stroke:#b42318;stroke-dasharray:5 3}
        path.compensation{stroke:#8b5a00}
        @media(prefers-color-scheme:dark){text{fill:#e6e9ec}.d{fill:#9aa4af}
        rect{fill:#1d2126;stroke:#77808b}.g{fill:#16191d;stroke:#3c444d}}
        """

    private mutating func write() {
        let (width, height) = (graph.width, graph.height)
        lines.append(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\""
                + " viewBox=\"0 0 \(width) \(height)\">"
        )
        lines.append("<title>\(Self.escaped(graph.name))</title><style>\(Self.style)</style>")
        lines.append(
            "<defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\""
                + " markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8\"/></marker></defs>"
        )
        for group in graph.groups { write(group) }
        for edge in graph.edges { write(edge) }
        for node in graph.nodes { write(node) }
        lines.append("</svg>")
    }

    private mutating func write(_ group: WorkflowGraph.Group) {
        lines.append(rect(group.frame, "g \(group.role.rawValue)", group.path))
        let marks = GraphMarks.of(role: group.role, isForEach: group.isForEach, isRepeated: group.isRepeated)
        text(group.title + marks, group.frame, y: 18, limit: group.frame.width / 8)
    }

    private mutating func write(_ node: WorkflowGraph.Node) {
        lines.append(rect(node.frame, node.role.rawValue, node.path))
        let marks = GraphMarks.of(role: node.role, isForEach: node.isForEach, isRepeated: node.isRepeated)
        text(node.title + marks, node.frame, y: 18, limit: 21)
        text(node.detail, node.frame, y: 35, limit: 26, style: "d")
    }

    private func rect(_ frame: WorkflowGraph.Frame, _ style: String, _ title: String) -> String {
        "<rect class=\"\(style)\" x=\"\(frame.x)\" y=\"\(frame.y)\" width=\"\(frame.width)\""
            + " height=\"\(frame.height)\" rx=\"6\"><title>\(Self.escaped(title))</title></rect>"
    }

    private mutating func text(
        _ text: String,
        _ frame: WorkflowGraph.Frame,
        y: Int,
        limit: Int,
        style: String = ""
    ) {
        let shown = text.count > limit ? text.prefix(max(1, limit - 1)) + "…" : text
        let place = "x=\"\(frame.x + 10)\" y=\"\(frame.y + y)\""
        lines.append("<text class=\"\(style)\" \(place)>\(Self.escaped(shown))</text>")
    }

    private mutating func write(_ edge: WorkflowGraph.Edge) {
        guard let first = edge.points.first else { return }
        var path = "M\(first[0]) \(first[1])"
        for (from, to) in zip(edge.points, edge.points.dropFirst()) {
            let middle = (from[1] + to[1]) / 2
            path += from[0] == to[0] ? "L" : "C\(from[0]) \(middle) \(to[0]) \(middle) "
            path += "\(to[0]) \(to[1])"
        }
        let label = edge.label.map { "<title>\(Self.escaped($0))</title>" } ?? ""
        lines.append(
            "<path class=\"\(edge.kind.rawValue)\" d=\"\(path)\" marker-end=\"url(#a)\">\(label)</path>"
        )
    }

    /// Text for XML 1.0, which has no control characters.
    static func escaped(_ text: some StringProtocol) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case _ where scalar.value < 32 || scalar.value == 0xFFFE || scalar.value == 0xFFFF:
                escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

/// Glyphs beside a title, the same in every rendering.
enum GraphMarks {
    static func of(role: WorkflowGraph.Role, isForEach: Bool, isRepeated: Bool) -> String {
        let mark =
            switch role {
            case .step, .always: ""
            case .handler: " ⚑"
            case .compensation: " ↩"
            }
        return mark + (isForEach ? " ×n" : "") + (isRepeated ? " ↻" : "")
    }
}
