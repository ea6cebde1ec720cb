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

    /// The hint for a name that is known.
    public static func question(_ name: String) -> String {
        "did you mean \"\(name)\"?"
    }

    /// The optimal string alignment distance: insertions, deletions, replacements, swaps of neighbours.
    public static func edits(from left: String, to right: String) -> Int {
        let (left, right) = withoutCommonEnds(Array(left.utf8), Array(right.utf8))
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                let replaced = last[column] + (letter == other ? 0 : 1)
                var best = min(replaced, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }

    /// What two words do not have in common at their start and end; the distance is the same.
    private static func withoutCommonEnds(_ left: [UInt8], _ right: [UInt8]) -> ([UInt8], [UInt8]) {
        let start = zip(left, right).prefix { $0 == $1 }.count
        let end = zip(left[start...].reversed(), right[start...].reversed()).prefix { $0 == $1 }.count
        return (Array(left[start..<(left.count - end)]), Array(right[start..<(right.count - end)]))
    }
}
