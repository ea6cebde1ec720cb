import JSON
import JSONSchema

/// Compares what came with what was expected.
///
/// `{ $matches: SCHEMA }` in the expectation stands for any value that fits a JSON Schema.
struct GoldenMatcher {
    static let key = "$matches"
    let ignored: [JSONPointer]

    func differences(_ found: JSONValue, _ expected: JSONValue, _ pointer: JSONPointer) -> [String] {
        if ignored.contains(pointer) { return [] }
        if let schema = expected[Self.key] { return mismatches(found, schema, pointer) }
        switch (found, expected) {
        case (.object(let found), .object(let expected)):
            let keys = expected.keys + found.keys.filter { expected[$0] == nil }
            return keys.flatMap { key -> [String] in
                let place = pointer.appending(key)
                if ignored.contains(place) { return [] }
                guard let wanted = expected[key] else { return ["\(place) is there, which was not expected"] }
                guard let value = found[key] else { return ["\(place) is missing"] }
                return differences(value, wanted, place)
            }
        case (.array(let found), .array(let expected)) where found.count == expected.count:
            return zip(found, expected).enumerated().flatMap { index, pair in
                differences(pair.0, pair.1, pointer.appending(index))
            }
        default:
            if found == expected { return [] }
            let place = pointer == .root ? "the output" : pointer.description
            return ["\(place) is \(found.serialized()), expected \(expected.serialized())"]
        }
    }

    private func mismatches(_ found: JSONValue, _ schema: JSONValue, _ pointer: JSONPointer) -> [String] {
        guard let schema = try? Schema.compile(schema) else {
            return ["\(pointer): the matcher is no schema"]
        }
        return schema.violations(of: found).map { violation in
            "\(JSONPointer(pointer.tokens + violation.pointer.tokens)): \(violation.message)"
        }
    }
}
