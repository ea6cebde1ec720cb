/// The keywords of draft 2020-12 that we know; any other is refused.
enum Keyword: String, CaseIterable {
    case type, `enum`, const
    case minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf
    case minLength, maxLength, pattern, format
    case items, prefixItems, contains, minContains, maxContains, minItems, maxItems, uniqueItems
    case properties, patternProperties, additionalProperties, propertyNames
    case required, minProperties, maxProperties, dependentRequired, dependentSchemas
    case allOf, anyOf, oneOf, not
    case `if`, then, `else`
    case ref = "$ref"
    case defs = "$defs"
    case title, description, `default`, examples, deprecated, readOnly, writeOnly
    case comment = "$comment"
    case schema = "$schema"

    /// What to say of a keyword that we do not know.
    static func unknown(_ name: String) -> String {
        let hint = nearest(name, among: allCases.map(\.rawValue)).map { "; did you mean \"\($0)\"?" } ?? ""
        return "unknown keyword \"\(name)\"\(hint)"
    }
}

/// The known name most like a wrong one; nil if none is near enough to be meant.
func nearest(_ name: String, among known: [String]) -> String? {
    let name = Array(name.unicodeScalars)
    let limit = max(1, name.count / 3)
    let candidates = known.map { (name: $0, distance: editDistance(name, Array($0.unicodeScalars))) }
    return candidates.filter { $0.distance <= limit }.min { $0.distance < $1.distance }?.name
}

/// How many characters to insert, remove, replace or swap with their neighbour (optimal string alignment).
private func editDistance(_ from: [Unicode.Scalar], _ to: [Unicode.Scalar]) -> Int {
    var previous: [Int] = []
    var row = Array(0...to.count)
    for i in from.indices {
        var next = [i + 1]
        for j in to.indices {
            var distance = min(next[j], row[j + 1]) + 1
            distance = min(distance, row[j] + (from[i] == to[j] ? 0 : 1))
            if i > 0, j > 0, from[i] == to[j - 1], from[i - 1] == to[j] {
                distance = min(distance, previous[j - 1] + 1)
            }
            next.append(distance)
        }
        previous = row
        row = next
    }
    return row[to.count]
}
