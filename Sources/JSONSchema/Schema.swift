import JSON

/// A compiled JSON Schema: the subset of draft 2020-12 that `Keyword` lists, and nothing outside it.
///
/// What the subset leaves out (`$id`, `$anchor`, `$dynamicRef`, `unevaluated…`, `content…`) is refused at
/// compile time rather than ignored, and so is a misspelt keyword: a schema that compiles is checked in full.
/// `$ref` is local (`#` or `#/…`). `format` is an assertion for the formats that `Format` lists; others are
/// refused. `pattern` is unanchored and reads as in ECMAScript, as far as PCRE2 agrees with it.
public struct Schema: Sendable {
    /// The most violations that are reported for one value.
    public static let violationLimit = 100

    /// What it was compiled of.
    public let document: JSONValue
    let nodes: [SchemaNode]
    let root: Int

    /// Compiles a schema, or says everything that is wrong with it.
    public static func compile(_ document: JSONValue) throws(SchemaError) -> Schema {
        var compiler = SchemaCompiler(document: document)
        return try compiler.compile()
    }

    /// All that is wrong with a value, in the order of its parts; empty if it is valid.
    public func violations(of value: JSONValue) -> [Violation] {
        var validator = Validator(
            schema: self,
            limit: Self.violationLimit,
            isHeard: true,
            budget: Budget(for: value)
        )
        validator.check(value, against: root)
        return validator.violations
    }

    /// Whether a value is valid; stops at the first violation.
    public func accepts(_ value: JSONValue) -> Bool {
        var validator = Validator(schema: self, limit: 1, isHeard: false, budget: Budget(for: value))
        validator.check(value, against: root)
        return validator.violations.isEmpty
    }
}

/// One rule that a value breaks.
public struct Violation: Sendable, Hashable, CustomStringConvertible {
    /// Where in the value.
    public var pointer: JSONPointer
    /// The keyword of the schema that is not met.
    public var keyword: String
    public var message: String

    public init(pointer: JSONPointer, keyword: String, message: String) {
        self.pointer = pointer
        self.keyword = keyword
        self.message = message
    }

    public var description: String {
        pointer == .root ? message : "\(pointer): \(message)"
    }
}

/// Everything that is wrong with a schema.
public struct SchemaError: Error, Sendable, Hashable, CustomStringConvertible {
    public struct Problem: Sendable, Hashable, CustomStringConvertible {
        /// Where in the schema.
        public var pointer: JSONPointer
        public var message: String

        public var description: String {
            pointer == .root ? message : "\(pointer): \(message)"
        }
    }

    /// In the order of the schema, never empty.
    public var problems: [Problem]

    public var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
