import JSON

/// Makes a value smaller as long as something holds of it.
enum Shrinker {
    /// The smallest value found within so many trials.
    static func smallest(_ value: JSONValue, trials: Int, while holds: (JSONValue) -> Bool) -> JSONValue {
        var smallest = value
        var left = trials
        search: while left > 0 {
            for candidate in simpler(smallest) where left > 0 {
                left -= 1
                if holds(candidate) {
                    smallest = candidate
                    continue search
                }
            }
            return smallest
        }
        return smallest
    }

    /// Values that are simpler in one place, the boldest first.
    static func simpler(_ value: JSONValue) -> [JSONValue] {
        switch value {
        case .object(let members):
            members.keys.map { .object(without($0, members)) }
                + members.flatMap { key, member in
                    simpler(member).map { smaller in
                        var copy = members
                        copy[key] = smaller
                        return .object(copy)
                    }
                }
        case .array(let elements):
            (elements.count > 1 ? [.array(Array(elements.prefix(elements.count / 2)))] : [])
                + elements.indices.map { .array(Array(elements[..<$0] + elements[($0 + 1)...])) }
                + elements.indices.flatMap { index in
                    simpler(elements[index]).map { smaller in
                        .array(elements.enumerated().map { $0.offset == index ? smaller : $0.element })
                    }
                }
        case .string(let text): texts(text).map { .string($0) }
        case .integer(let number): number == 0 ? [] : [.integer(0), .integer(number / 2)]
        case .real(let number): number == 0 ? [] : [.integer(0), .integer(1)]
        case .bool(true): [.bool(false)]
        default: []
        }
    }

    private static func without(_ key: String, _ members: JSONObject) -> JSONObject {
        var copy = members
        copy[key] = nil
        return copy
    }

    private static func texts(_ text: String) -> [String] {
        let scalars = Array(text.unicodeScalars)
        guard scalars.count > 1 else { return text.isEmpty || text == "a" ? [] : ["", "a"] }
        let half = scalars.count / 2
        let parts = [scalars[..<half], scalars[half...], scalars[1...], scalars[..<(scalars.count - 1)]]
        return [""] + parts.map { String(String.UnicodeScalarView($0)) }
    }
}
