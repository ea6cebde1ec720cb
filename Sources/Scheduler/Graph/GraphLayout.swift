/// Gives everything in a tree of boxes its place, from the innermost outwards.
struct GraphLayout {
    private(set) var nodes: [WorkflowGraph.Node] = []
    private(set) var groups: [WorkflowGraph.Group] = []
    private(set) var edges: [WorkflowGraph.Edge] = []

    private static let nodeSize = GraphLayers.Size(width: 176, height: 44)
    private static let margin = 16
    private static let padding = 14
    private static let header = 26
    private static let branchGap = 12

    private typealias Point = (x: Int, y: Int)

    /// Places the root boxes one below the other; gives the size of the whole.
    mutating func place(_ boxes: [GraphTree.Box]) -> GraphLayers.Size {
        var y = Self.margin
        var width = 0
        for (index, box) in boxes.enumerated() {
            let inner = layers(of: box)
            if index == 0 {
                fill(box, inner, at: (Self.margin, y), group: nil)
                width = inner.size.width
                y += inner.size.height + Self.margin * 2
            } else {
                let size = Self.framed(inner.size)
                frame(box, inner, size, at: (Self.margin, y), group: nil)
                width = max(width, size.width)
                y += size.height + Self.margin
            }
        }
        return GraphLayers.Size(width: width + 2 * Self.margin, height: y)
    }

    // MARK: - Sizes

    private func layers(of box: GraphTree.Box) -> GraphLayers {
        GraphLayers(box.items.map { size(of: $0) }, edges: box.edges.map { ($0.from, $0.to) })
    }

    private func size(of item: GraphTree.Item) -> GraphLayers.Size {
        guard let first = item.boxes.first else { return Self.nodeSize }
        if first.kind == "group" { return Self.framed(layers(of: first).size) }
        let branches = item.boxes.map { Self.framed(layers(of: $0).size) }
        let gaps = Self.branchGap * (branches.count - 1)
        let inner = GraphLayers.Size(
            width: branches.reduce(gaps) { $0 + $1.width },
            height: branches.map(\.height).max() ?? 0
        )
        return Self.framed(inner)
    }

    private static func framed(_ inner: GraphLayers.Size) -> GraphLayers.Size {
        GraphLayers.Size(
            width: max(inner.width, nodeSize.width) + 2 * padding,
            height: inner.height + header + 2 * padding
        )
    }

    // MARK: - Places

    /// Places what is in a box whose inside begins at a point.
    private mutating func fill(
        _ box: GraphTree.Box,
        _ layers: GraphLayers,
        at origin: Point,
        group: String?
    ) {
        for (index, item) in box.items.enumerated() {
            let point = (origin.x + layers.left(of: index), origin.y + layers.top(of: index))
            place(item, layer: layers.layers[index], at: point, group: group)
        }
        for (index, link) in box.edges.enumerated() {
            edges.append(
                WorkflowGraph.Edge(
                    from: box.items[link.from].node.id,
                    to: box.items[link.to].node.id,
                    kind: link.kind,
                    label: link.label,
                    points: layers.points(ofEdge: index).map { [origin.x + $0.x, origin.y + $0.y] }
                )
            )
        }
    }

    private mutating func place(_ item: GraphTree.Item, layer: Int, at point: Point, group: String?) {
        let size = size(of: item)
        guard let first = item.boxes.first else {
            var node = item.node
            node.layer = layer
            node.group = group
            node.frame = Self.frame(at: point, size)
            nodes.append(node)
            return
        }
        if first.kind == "group" {
            frame(first, layers(of: first), size, at: point, group: group, of: item.node)
            return
        }
        let choice = GraphTree.Box(
            id: item.node.id,
            path: item.node.path,
            title: item.node.title,
            kind: "switch",
            role: item.node.role
        )
        groups.append(Self.group(choice, Self.frame(at: point, size), group: group, of: item.node))
        var x = point.x + Self.padding
        for branch in item.boxes {
            let inner = layers(of: branch)
            let size = Self.framed(inner.size)
            let corner = (x, point.y + Self.header + Self.padding)
            frame(branch, inner, size, at: corner, group: item.node.id)
            x += size.width + Self.branchGap
        }
    }

    /// Draws a frame around a box, its contents in the middle.
    private mutating func frame(
        _ box: GraphTree.Box,
        _ inner: GraphLayers,
        _ size: GraphLayers.Size,
        at point: Point,
        group: String?,
        of node: WorkflowGraph.Node? = nil
    ) {
        groups.append(Self.group(box, Self.frame(at: point, size), group: group, of: node))
        let left = (size.width - inner.size.width) / 2
        let origin = (point.x + left, point.y + Self.header + Self.padding)
        fill(box, inner, at: origin, group: box.id)
    }

    private static func group(
        _ box: GraphTree.Box,
        _ frame: WorkflowGraph.Frame,
        group: String?,
        of node: WorkflowGraph.Node?
    ) -> WorkflowGraph.Group {
        WorkflowGraph.Group(
            id: box.id,
            path: box.path,
            title: box.title,
            kind: box.kind,
            role: box.role,
            group: group,
            condition: node?.condition ?? box.condition,
            isForEach: node?.isForEach ?? false,
            isRepeated: node?.isRepeated ?? false,
            frame: frame
        )
    }

    private static func frame(at point: Point, _ size: GraphLayers.Size) -> WorkflowGraph.Frame {
        WorkflowGraph.Frame(x: point.x, y: point.y, width: size.width, height: size.height)
    }
}
