/// The existing name that a wrong one was most likely meant to be.
public enum NearestName {
    /// The candidate with the fewest edits, if they are few for a name of that length; else nil.
    public static func of(_ name: String, among candidates: some Sequence<String>) -> String? {
        let limit = max(1, name.count / 3)
        let close = candidates.filter { abs($0.utf8.count - name.utf8.count) <= limit }
        let ranked = close.map { (name: $0, edits: edits(from: name, to: $0)) }
        return ranked.filter { $0.edits <= limit }.min { ($0.edits, $0.name) < ($1.edits, $1.name) }?.name
    }

    /// A hint that names it.
    public static func hint(for name: String, among candidates: some Sequence<String>) -> String? {
        of(name, among: candidates).map(question)
    }

    static func question(_ name: String) -> String {
        "did you mean \"\(name)\"?"
    }

    /// The optimal string alignment distance: insertions, deletions, replacements, swaps of neighbours.
    static func edits(from left: String, to right: String) -> Int {
        let (left, right) = (Array(left.unicodeScalars), Array(right.unicodeScalars))
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let replaced = last[column] + (left[row] == right[column] ? 0 : 1)
                var best = min(replaced, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
