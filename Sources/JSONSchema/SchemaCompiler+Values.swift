import JSON
import PCRE
import Wording

/// The values that keywords take: each is returned if it has the right form, and refused otherwise.
extension SchemaCompiler {
    mutating func string(_ value: JSONValue, at place: JSONPointer) -> String? {
        expect(value.stringValue, "a string", value, at: place)
    }

    mutating func bool(_ value: JSONValue, at place: JSONPointer) -> Bool? {
        expect(value.boolValue, "true or false", value, at: place)
    }

    mutating func array(_ value: JSONValue, at place: JSONPointer) -> [JSONValue]? {
        expect(value.arrayValue, "an array", value, at: place)
    }

    mutating func object(_ value: JSONValue, at place: JSONPointer) -> JSONObject? {
        expect(value.objectValue, "an object", value, at: place)
    }

    mutating func number(_ value: JSONValue, at place: JSONPointer) -> JSONValue? {
        expect(value.doubleValue.map { _ in value }, "a number", value, at: place)
    }

    mutating func divisor(_ value: JSONValue, at place: JSONPointer) -> JSONValue? {
        let positive = value.doubleValue.flatMap { $0 > 0 ? Optional(value) : .none }
        return expect(positive, "a number greater than 0", value, at: place)
    }

    mutating func count(_ value: JSONValue, at place: JSONPointer) -> Int? {
        var count: Int?
        if case .integer(let integer) = value.normalized, integer >= 0 { count = Int(integer) }
        return expect(count, "an integer of at least 0", value, at: place)
    }

    mutating func names(_ value: JSONValue, at place: JSONPointer) -> [String]? {
        let names = value.arrayValue?.compactMap(\.stringValue)
        return expect(
            names?.count == value.arrayValue?.count ? names : nil,
            "an array of strings",
            value,
            at: place
        )
    }

    mutating func kinds(_ value: JSONValue, at place: JSONPointer) -> Kinds? {
        let names = value.arrayValue ?? [value]
        var kinds: Kinds = []
        for name in names {
            guard let name = name.stringValue, let kind = Kinds(named: name) else {
                let known = Kinds.names.map(\.name)
                let hint = name.stringValue.flatMap { NearestName.of($0, among: known) }
                refuse("unknown type \(name.serialized()); \(Self.known(known, hint))", at: place)
                return nil
            }
            kinds.formUnion(kind)
        }
        return expect(names.isEmpty ? nil : kinds, "at least one type", value, at: place)
    }

    mutating func format(_ value: JSONValue, at place: JSONPointer) -> Format? {
        guard let name = string(value, at: place) else { return nil }
        if let format = Format(rawValue: name) { return format }
        let known = Format.allCases.map(\.rawValue)
        let nearest = NearestName.of(name, among: known)
        refuse("unknown format \"\(name)\"; \(Self.known(known, nearest))", at: place)
        return nil
    }

    mutating func pattern(_ source: String, at place: JSONPointer) -> SourcePattern? {
        do throws(PatternError) {
            return try SourcePattern(source)
        } catch {
            let reason =
                switch error {
                case .syntax(let message, let offset): "\(message) at byte \(offset)"
                case .limit(let message): message
                }
            refuse("the pattern \"\(source)\" cannot be read: \(reason)", at: place)
            return nil
        }
    }

    mutating func schemas(_ value: JSONValue, at place: JSONPointer) -> [Int]? {
        guard let elements = array(value, at: place) else { return nil }
        guard !elements.isEmpty else { return expect(nil, "at least one schema", value, at: place) }
        return elements.enumerated().map { node($1, at: place.appending($0)) }
    }

    mutating func schemaMap(_ value: JSONValue, at place: JSONPointer) -> [String: Int]? {
        guard let object = object(value, at: place) else { return nil }
        var map: [String: Int] = [:]
        for (key, schema) in object { map[key] = node(schema, at: place.appending(key)) }
        return map
    }

    private mutating func expect<T>(_ found: T?, _ noun: String, _ value: JSONValue, at place: JSONPointer)
        -> T?
    {
        if found == nil { refuse("expected \(noun), found \(value.excerpt)", at: place) }
        return found
    }

    private static func known(_ names: [String], _ hint: String?) -> String {
        hint.map { "did you mean \"\($0)\"?" } ?? "known are \(names.joined(separator: ", "))"
    }
}
