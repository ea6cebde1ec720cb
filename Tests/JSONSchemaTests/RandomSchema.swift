import JSON
import TestSupport

/// Random schemas of the subset, and values that come near to fitting them; the same for the same seed.
struct RandomSchema {
    var random: SeededGenerator

    private static let names = ["a", "b", "cc", "d_1"]
    private static let texts = ["", "a", "b", "ab", "abc1", "é", "😀x", "12"]
    private static let patterns = ["a", "^a", "b$", "[0-9]+", "^(a|b)*$", "c.1"]
    private static let numbers: [JSONValue] = [
        0, 1, -1, 2, 3, 10, 1.0, 0.5, -2.5, 1e3, 9_007_199_254_740_993, 9007199254740992.0, 1e300,
    ]

    mutating func schema() -> JSONValue {
        var object = keywords(depth: 3)
        object["$defs"] = ["x": schema(depth: 2), "y": schema(depth: 2)]
        return .object(object)
    }

    private mutating func schema(depth: Int) -> JSONValue {
        if chance(12) { return .bool(!chance(2)) }
        return .object(keywords(depth: depth))
    }

    private mutating func keywords(depth: Int) -> JSONObject {
        var object = JSONObject()
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            for (key, value) in keyword(depth: depth) { object[key] = value }
        }
        return object
    }

    private mutating func keyword(depth: Int) -> [(String, JSONValue)] {
        guard depth > 0, !chance(2) else { return [assertion()] }
        switch Int.random(in: 0..<17, using: &random) {
        case 0: return [("properties", map(depth))]
        case 1: return [("properties", map(depth)), ("additionalProperties", schema(depth: depth - 1))]
        case 2: return [("patternProperties", .object([(pick(Self.patterns)): schema(depth: depth - 1)]))]
        case 3: return [("propertyNames", schema(depth: depth - 1))]
        case 4: return [("dependentSchemas", map(depth))]
        case 5: return [("items", schema(depth: depth - 1))]
        case 6: return [("prefixItems", list(depth))]
        case 7: return [("prefixItems", list(depth)), ("items", schema(depth: depth - 1))]
        case 8: return [("contains", schema(depth: depth - 1))]
        case 9:
            return [
                ("contains", schema(depth: depth - 1)), ("minContains", count()), ("maxContains", count()),
            ]
        case 10: return [("allOf", list(depth))]
        case 11: return [("anyOf", list(depth))]
        case 12: return [("oneOf", list(depth))]
        case 13: return [("not", schema(depth: depth - 1))]
        case 14: return [("if", schema(depth: depth - 1)), ("then", schema(depth: depth - 1))]
        case 15:
            return [
                ("if", schema(depth: depth - 1)), ("then", schema(depth: depth - 1)),
                ("else", schema(depth: depth - 1)),
            ]
        default: return [("$ref", .string("#/$defs/" + pick(["x", "y"])))]
        }
    }

    private mutating func assertion() -> (String, JSONValue) {
        switch Int.random(in: 0..<16, using: &random) {
        case 0, 1: return ("type", .string(type()))
        case 2: return ("type", .array(distinct([.string(type()), .string(type())])))
        case 3: return ("enum", .array(distinct([value(depth: 2), value(depth: 1), value(depth: 0)])))
        case 4: return ("const", value(depth: 2))
        case 5:
            return (pick(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]), pick(Self.numbers))
        // Powers of two alone: with others Python rounds, where we divide in decimal.
        case 6: return ("multipleOf", pick([1, 2, 4, 0.5]))
        case 7: return (pick(["minLength", "maxLength"]), count())
        case 8: return ("pattern", .string(pick(Self.patterns)))
        case 9: return (pick(["minItems", "maxItems"]), count())
        case 10: return ("uniqueItems", .bool(!chance(4)))
        case 11: return (pick(["minProperties", "maxProperties"]), count())
        case 12:
            return ("required", .array(distinct([.string(pick(Self.names)), .string(pick(Self.names))])))
        case 13: return ("dependentRequired", .object([pick(Self.names): [.string(pick(Self.names))]]))
        case 14: return ("title", "a title")
        default: return ("additionalProperties", .bool(chance(2)))
        }
    }

    mutating func value(depth: Int = 3) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 5), using: &random) {
        case 0: return .null
        case 1: return .bool(chance(2))
        case 2, 3: return pick(Self.numbers)
        case 4: return .string(pick(Self.texts))
        case 5, 6:
            return .array((0..<Int.random(in: 0...4, using: &random)).map { _ in value(depth: depth - 1) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                object[pick(Self.names)] = value(depth: depth - 1)
            }
            return .object(object)
        }
    }

    private mutating func map(_ depth: Int) -> JSONValue {
        .object([pick(Self.names): schema(depth: depth - 1), pick(Self.names): schema(depth: depth - 1)])
    }

    private mutating func list(_ depth: Int) -> JSONValue {
        .array((0..<Int.random(in: 1...3, using: &random)).map { _ in schema(depth: depth - 1) })
    }

    private mutating func count() -> JSONValue { .integer(Int64.random(in: 0...3, using: &random)) }
    private mutating func type() -> String {
        pick(["null", "boolean", "integer", "number", "string", "array", "object"])
    }
    private mutating func chance(_ among: Int) -> Bool { Int.random(in: 0..<among, using: &random) == 0 }
    private mutating func pick<T>(_ elements: [T]) -> T {
        elements[Int.random(in: 0..<elements.count, using: &random)]
    }

    private func distinct(_ values: [JSONValue]) -> [JSONValue] {
        values.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
