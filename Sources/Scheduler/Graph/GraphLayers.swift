/// Puts boxes into rows so that edges lead downwards and cross seldom.
///
/// The method is Sugiyama's: layers by longest path, points where an edge passes a layer, an order by
/// barycentres, then places that pull neighbours together (Sugiyama, Tagawa, Toda 1981).
struct GraphLayers {
    struct Size: Hashable {
        var width: Int
        var height: Int
    }

    private static let columnGap = 24
    private static let rowGap = 34
    private static let pointWidth = 12
    private static let sweeps = 8

    /// A node, or behind the nodes a point of an edge that passes a layer.
    private var sizes: [Size]
    private let nodeCount: Int
    private(set) var layers: [Int]
    private var above: [[Int]] = []
    private var below: [[Int]] = []
    private var rows: [[Int]] = []
    private var lefts: [Double] = []
    private var tops: [Int] = []
    private var heights: [Int] = []
    /// Of each edge: its ends and the points between them.
    private var chains: [[Int]] = []

    /// `edges` go from the first to the second; one that closes a circle leads upwards.
    init(_ sizes: [Size], edges: [(from: Int, to: Int)]) {
        self.sizes = sizes
        nodeCount = sizes.count
        layers = Self.layers(count: sizes.count, edges)
        addPoints(edges)
        order()
        place()
    }

    var size: Size {
        let right = sizes.indices.map { lefts[$0] + Double(sizes[$0].width) }.max() ?? 0
        return Size(width: Int(right.rounded(.up)), height: (tops.last ?? 0) + (heights.last ?? 0))
    }

    func left(of node: Int) -> Int { Int(lefts[node].rounded()) }
    func top(of node: Int) -> Int { tops[layers[node]] }

    /// The way of an edge, from the lower side of one node to the upper side of the other.
    func points(ofEdge index: Int) -> [(x: Int, y: Int)] {
        let chain = chains[index]
        var points: [(x: Int, y: Int)] = []
        for (place, item) in chain.enumerated() {
            let x = left(of: item) + sizes[item].width / 2
            let top = tops[layers[item]]
            if item >= nodeCount {
                points += [(x, top), (x, top + heights[layers[item]])]
            } else if place > 0 {
                points.append((x, top))
            } else {
                // Down to the end of its row first, so that it passes none of its taller neighbours.
                points.append((x, top + sizes[item].height))
                let end = top + heights[layers[item]]
                if layers[chain[1]] > layers[item], end > top + sizes[item].height { points.append((x, end)) }
            }
        }
        return points
    }

    // MARK: - Layers

    /// Of each node, how many edges the longest way to it has.
    private static func layers(count: Int, _ edges: [(from: Int, to: Int)]) -> [Int] {
        var successors = Array(repeating: [Int](), count: count)
        var missing = Array(repeating: 0, count: count)
        for edge in edges where edge.from != edge.to {
            successors[edge.from].append(edge.to)
            missing[edge.to] += 1
        }
        var layers = Array(repeating: 0, count: count)
        var done = Array(repeating: false, count: count)
        var ready = (0..<count).filter { missing[$0] == 0 }
        var first = 0
        while true {
            while first < ready.count {
                let node = ready[first]
                first += 1
                done[node] = true
                for next in successors[node] where !done[next] {
                    layers[next] = max(layers[next], layers[node] + 1)
                    missing[next] -= 1
                    if missing[next] == 0 { ready.append(next) }
                }
            }
            // What is left waits in a circle, which is cut at its first node.
            guard let cut = (0..<count).first(where: { !done[$0] }) else { return layers }
            missing[cut] = 0
            ready.append(cut)
        }
    }

    private mutating func addPoints(_ edges: [(from: Int, to: Int)]) {
        for edge in edges {
            let step = layers[edge.to] >= layers[edge.from] ? 1 : -1
            var chain = [edge.from]
            var layer = layers[edge.from] + step
            while layer != layers[edge.to], layers[edge.to] != layers[edge.from] {
                chain.append(sizes.count)
                sizes.append(Size(width: Self.pointWidth, height: 0))
                layers.append(layer)
                layer += step
            }
            chains.append(chain + [edge.to])
        }
        above = Array(repeating: [], count: sizes.count)
        below = above
        for chain in chains {
            for (one, other) in zip(chain, chain.dropFirst()) where layers[one] != layers[other] {
                let (upper, lower) = layers[one] < layers[other] ? (one, other) : (other, one)
                below[upper].append(lower)
                above[lower].append(upper)
            }
        }
    }

    // MARK: - Order within a layer

    private mutating func order() {
        rows = Array(repeating: [], count: (layers.max() ?? 0) + 1)
        for item in sizes.indices { rows[layers[item]].append(item) }
        var best = rows
        var fewest = crossings
        for sweep in 0..<Self.sweeps where fewest > 0 {
            let downwards = sweep.isMultiple(of: 2)
            for row in downwards ? Array(rows.indices) : rows.indices.reversed() {
                sort(row, by: downwards ? above : below)
            }
            if crossings < fewest { (best, fewest) = (rows, crossings) }
        }
        rows = best
    }

    private var positions: [Int] {
        var positions = Array(repeating: 0, count: sizes.count)
        for row in rows { for (place, item) in row.enumerated() { positions[item] = place } }
        return positions
    }

    private mutating func sort(_ row: Int, by neighbours: [[Int]]) {
        let positions = positions
        let keys = rows[row].map { item -> Double in
            let near = neighbours[item]
            guard !near.isEmpty else { return Double(positions[item]) }
            return Double(near.reduce(0) { $0 + positions[$1] }) / Double(near.count)
        }
        rows[row] = zip(rows[row], keys).enumerated()
            .sorted { ($0.element.1, $0.offset) < ($1.element.1, $1.offset) }.map(\.element.0)
    }

    private var crossings: Int {
        let positions = positions
        var count = 0
        for row in rows {
            let ends = row.flatMap { item in below[item].map { positions[$0] }.sorted() }
            for (index, end) in ends.enumerated() {
                for later in ends[index...] where later < end { count += 1 }
            }
        }
        return count
    }

    // MARK: - Places

    private mutating func place() {
        heights = rows.map { row in row.map { sizes[$0].height }.max() ?? 0 }
        tops = heights.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1 + Self.rowGap) }.dropLast()
        lefts = Array(repeating: 0, count: sizes.count)
        for row in rows {
            var left = 0.0
            for item in row {
                lefts[item] = left
                left += Double(sizes[item].width + Self.columnGap)
            }
        }
        for sweep in 0..<Self.sweeps * 2 {
            let downwards = sweep.isMultiple(of: 2)
            for row in downwards ? Array(rows.indices) : rows.indices.reversed() {
                pull(row, towards: downwards ? above : below)
            }
        }
        let least = lefts.min() ?? 0
        for item in lefts.indices { lefts[item] -= least }
    }

    private func center(_ item: Int) -> Double { lefts[item] + Double(sizes[item].width) / 2 }

    /// Moves the items of a row under their neighbours, as far as their order and width let them.
    private mutating func pull(_ row: Int, towards neighbours: [[Int]]) {
        let items = rows[row]
        let wanted = items.map { item -> Double in
            let near = neighbours[item]
            guard !near.isEmpty else { return lefts[item] }
            let mean = near.reduce(0) { $0 + center($1) } / Double(near.count)
            return mean - Double(sizes[item].width) / 2
        }
        var rightwards = wanted
        for index in items.indices.dropFirst() {
            let end = rightwards[index - 1] + Double(sizes[items[index - 1]].width + Self.columnGap)
            rightwards[index] = max(wanted[index], end)
        }
        var leftwards = wanted
        for index in items.indices.dropLast().reversed() {
            let start = leftwards[index + 1] - Double(sizes[items[index]].width + Self.columnGap)
            leftwards[index] = min(wanted[index], start)
        }
        // Both keep the order, so their mean does.
        for (index, item) in items.enumerated() { lefts[item] = (rightwards[index] + leftwards[index]) / 2 }
    }
}
