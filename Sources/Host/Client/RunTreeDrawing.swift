import Linux
import Wording

/// Draws a run as a tree with bars, for a terminal of a given size.
struct RunTreeDrawing {
    var tree: RunTree
    var now: Timestamp
    var columns: Int
    var rows: Int
    var isColoured: Bool

    /// Steps of one fan-out beyond these are one line with counts.
    private static let foldLimit = 8
    private static let nameWidth = 32

    private struct Row {
        var depth: Int
        var name: String
        var step: RunTree.Step
        /// How many of each status are folded into it.
        var folded: [(status: String, count: Int)] = []
    }

    var lines: [String] {
        var shown = flattened("", depth: 0)
        let room = max(3, rows - 3)
        var hidden = 0
        while shown.count > room {
            // What is over says least; of that the oldest goes first.
            let oldest = shown.firstIndex { $0.step.isOver && $0.step.status != "failed" } ?? 0
            shown.remove(at: oldest)
            hidden += 1
        }
        let above = hidden > 0 ? [cut("  … and \(hidden) other steps")] : []
        return [head] + shown.map(line) + above
    }

    private var head: String {
        let counts = (tree.run["step_counts"]?.objectValue ?? [:]).map {
            ($0.key, Int($0.value.integerValue ?? 0))
        }
        let total = counts.reduce(0) { $0 + $1.1 }
        let over = counts.filter { Mark.over.contains($0.0) }.reduce(0) { $0 + $1.1 }
        let words = counts.map { "\($0.1) \($0.0)" }.joined(separator: ", ")
        let workflow = (tree.run["workflow"]?.stringValue ?? "").visible()
        let width = 16
        let full = total == 0 ? 0 : over * width / total
        let bar = String(repeating: "█", count: full) + String(repeating: "░", count: width - full)
        let mark = Mark(tree.status)
        return paint(cut("\(mark.glyph) \(tree.status) \(workflow)  \(bar) \(over)/\(total)  \(words)"), mark)
    }

    // MARK: - Rows

    private func flattened(_ parent: String, depth: Int) -> [Row] {
        let paths = tree.children[parent] ?? []
        if parent.isEmpty || paths.count <= Self.foldLimit {
            return paths.flatMap { path in
                row(path, below: parent, depth: depth).map { [$0] + flattened(path, depth: depth + 1) } ?? []
            }
        }
        guard var row = row(paths[0], below: parent, depth: depth) else { return [] }
        var counts: [String: Int] = [:]
        for path in paths { counts[tree.steps[path]?.status ?? "", default: 0] += 1 }
        row.name = "×\(paths.count)"
        row.step.started = paths.compactMap { tree.steps[$0]?.started }.min()
        row.step.ended = paths.contains { tree.steps[$0]?.isOver == false } ? nil : row.step.ended
        row.step.attempts = []
        row.step.error = nil
        row.folded = counts.sorted { $0.value > $1.value }.map { ($0.key, $0.value) }
        row.step.status = row.folded.first { !Mark.over.contains($0.status) }?.status ?? row.folded[0].status
        return [row]
    }

    private func row(_ path: String, below parent: String, depth: Int) -> Row? {
        tree.steps[path].map { step in
            var name = path.dropFirst(parent.count)
            if name.first == "/" { name = name.dropFirst() }
            return Row(depth: depth, name: String(name).visible(), step: step)
        }
    }

    private func line(_ row: Row) -> String {
        let mark = Mark(row.step.status)
        let indent = String(repeating: "  ", count: row.depth)
        let name = String("\(indent)\(row.name)".prefix(Self.nameWidth)).padded(to: Self.nameWidth)
        let barWidth = max(0, min(40, columns - Self.nameWidth - 30))
        var text = "  \(mark.glyph) \(name) \(bar(row.step, width: barWidth)) \(took(row.step).padded(to: 8))"
        if row.folded.isEmpty {
            text += row.step.status
            if row.step.attempts.count > 1 { text += " (\(row.step.attempts.count) attempts)" }
            if let error = row.step.error { text += "  \(error.oneLine(limit: 200))" }
        } else {
            text += row.folded.map { "\(Mark($0.status).glyph)\($0.count)" }.joined(separator: " ")
        }
        return paint(cut(text), mark)
    }

    // MARK: - Bars

    /// From the run's first step to now; attempts are full, what lies between them is thin.
    private func bar(_ step: RunTree.Step, width: Int) -> String {
        guard width > 0, let start = step.started else { return String(repeating: " ", count: width) }
        let (first, last) = span
        func column(_ time: Timestamp) -> Int {
            let whole = max(1, last.microseconds - first.microseconds)
            return Int((time.microseconds - first.microseconds) * Int64(width) / whole)
        }
        var cells = [Character](repeating: " ", count: width)
        func fill(_ from: Timestamp, _ to: Timestamp, _ cell: Character) {
            let begin = min(max(0, column(from)), width - 1)
            for place in begin...min(width - 1, max(begin, column(to) - 1)) { cells[place] = cell }
        }
        fill(start, step.ended ?? now, step.attempts.isEmpty ? "█" : "─")
        for attempt in step.attempts {
            fill(attempt.start, attempt.end ?? now, Mark.bad.contains(attempt.status) ? "▒" : "█")
        }
        return String(cells)
    }

    private var span: (Timestamp, Timestamp) {
        let first = tree.steps.values.compactMap(\.started).min() ?? now
        let last = tree.hasEnded ? tree.steps.values.compactMap(\.ended).max() ?? now : now
        return (first, last)
    }

    private func took(_ step: RunTree.Step) -> String {
        guard let start = step.started else { return "" }
        let milliseconds = max(0, ((step.ended ?? now).microseconds - start.microseconds) / 1_000)
        if milliseconds < 10_000 { return "\(milliseconds / 1_000).\(milliseconds / 100 % 10)s" }
        let seconds = milliseconds / 1_000
        return seconds < 60 ? "\(seconds)s" : "\(seconds / 60)m\(seconds % 60)s"
    }

    // MARK: - Text

    /// Lines are never longer than the terminal is wide: a wrapped one would be drawn over.
    private func cut(_ text: String) -> String {
        text.count < columns ? text : String(text.prefix(max(1, columns - 2))) + "…"
    }

    private func paint(_ text: String, _ mark: Mark) -> String {
        isColoured ? "\u{1B}[\(mark.colour)m\(text)\u{1B}[0m" : text
    }
}

/// A status as a glyph and a colour beside its word.
struct Mark {
    var glyph: String
    var colour: Int

    static let over: Set = [
        "succeeded", "failed", "skipped", "cancelled", "compensated", "compensation_failed",
    ]
    static let bad: Set = ["failed", "lost", "cancelled"]

    private static let all: [String: (String, Int)] = [
        "succeeded": ("✓", 32), "failed": ("✗", 31), "skipped": ("–", 90), "cancelled": ("■", 33),
        "terminated": ("■", 31), "running": ("▶", 36), "waiting": ("◷", 36), "backoff": ("↻", 33),
        "queued": ("·", 90), "scheduled": ("◷", 90), "paused": ("‖", 33), "cancelling": ("■", 33),
        "compensating": ("↶", 35), "compensated": ("↶", 35), "compensation_failed": ("✗", 31),
    ]

    init(_ status: String) {
        let (glyph, colour) = Self.all[status] ?? ("·", 90)
        self.glyph = glyph
        self.colour = colour
    }
}
