import JSON

/// One schema, compiled: what it asserts, and the default it offers.
///
/// Nodes name each other by their index in `Schema.nodes`, so that references may be recursive.
struct SchemaNode: Sendable {
    var checks: [Check] = []
    var defaultValue: JSONValue?
}

/// One assertion, or one way into further schemas.
///
/// Indirect, so that a copy is one word on the stack of the walk.
indirect enum Check: Sendable {
    /// The schema `false`.
    case never
    case type(Kinds)
    case const(JSONValue)
    case enumeration([JSONValue])
    case bound(Bound, JSONValue)
    case multipleOf(JSONValue)
    case length(Limit, Int)
    case pattern(SourcePattern)
    case format(Format)
    case itemCount(Limit, Int)
    case uniqueItems
    case items(prefix: [Int], rest: Int?)
    case contains(Int, minimum: Int, maximum: Int?)
    case propertyCount(Limit, Int)
    case required([String])
    case dependentRequired([String: [String]])
    case propertyNames(Int)
    case properties(Properties)
    case dependentSchemas([String: Int])
    case reference(Int)
    case allOf([Int])
    case anyOf([Int])
    case oneOf([Int])
    case not(Int)
    case conditional(if: Int, then: Int?, else: Int?)

    enum Limit: Sendable {
        case minimum, maximum
    }

    enum Bound: String, Sendable {
        case minimum, maximum, exclusiveMinimum, exclusiveMaximum
    }

    /// `properties`, `patternProperties` and `additionalProperties`, which depend on each other.
    struct Properties: Sendable {
        var named: [String: Int] = [:]
        /// The names in the order of the schema.
        var order: [String] = []
        var patterns: [(pattern: SourcePattern, node: Int)] = []
        var additional: Int?
        /// `additionalProperties: false`, the one that deserves a message of its own.
        var isClosed = false
    }

    /// The nodes that are applied to the same value, not to a part of it.
    var inPlace: [Int] {
        switch self {
        case .reference(let node), .not(let node): [node]
        case .allOf(let nodes), .anyOf(let nodes), .oneOf(let nodes): nodes
        case .conditional(let condition, let then, let otherwise):
            [condition] + [then, otherwise].compactMap(\.self)
        case .dependentSchemas(let schemas): Array(schemas.values)
        default: []
        }
    }
}

/// The types of JSON Schema.
///
/// A number without a fraction is an integer, however it is written.
struct Kinds: OptionSet, Sendable {
    let rawValue: UInt8

    static let null = Kinds(rawValue: 1)
    static let boolean = Kinds(rawValue: 2)
    static let integer = Kinds(rawValue: 4)
    /// Numbers that are no integers.
    static let fraction = Kinds(rawValue: 8)
    static let string = Kinds(rawValue: 16)
    static let array = Kinds(rawValue: 32)
    static let object = Kinds(rawValue: 64)
    static let number: Kinds = [.integer, .fraction]

    static let names: [(name: String, kinds: Kinds)] = [
        ("null", .null), ("boolean", .boolean), ("number", .number), ("integer", .integer),
        ("string", .string), ("array", .array), ("object", .object),
    ]

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    init?(named name: String) {
        guard let kinds = Self.names.first(where: { $0.name == name })?.kinds else { return nil }
        self = kinds
    }

    init(of value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool: self = .boolean
        case .integer: self = .integer
        case .real(let real): self = real.rounded() == real ? .integer : .fraction
        case .string: self = .string
        case .array: self = .array
        case .object: self = .object
        }
    }

    /// The types in words, `number` standing for both of its halves.
    var description: String {
        Self.names
            .filter { contains($0.kinds) && !($0.name == "integer" && contains(.number)) }
            .map(\.name)
            .joined(separator: " or ")
    }
}
