import JSON
import JSONSchema
import Linux

/// Checks inputs against the schemas of workflows, each of which is compiled once.
public final class InputCheck: Sendable {
    /// A place of an input that does not fit.
    public struct Violation: Sendable, Hashable {
        /// Within the input.
        public var pointer: String
        public var message: String
    }

    /// An input with the schema's defaults filled in, or what does not fit in it.
    public enum Outcome: Sendable {
        case fits(JSONValue)
        case violates([Violation])
    }

    /// By definition.
    private let schemas = Locked([Int64: Schema]())

    public init() {}

    public func check(_ input: JSONValue, for definition: StoredDefinition) throws -> Outcome {
        guard let document = definition.compiled.input else { return .fits(input) }
        let schema = try schema(document, of: definition.id)
        let filled = schema.fillingDefaults(in: input)
        let violations = schema.violations(of: filled)
        guard violations.isEmpty else {
            return .violates(
                violations.map { Violation(pointer: "\($0.pointer)", message: $0.message) }
            )
        }
        return .fits(filled)
    }

    private func schema(_ document: JSONValue, of definition: Int64) throws -> Schema {
        if let known = schemas.withLock({ $0[definition] }) { return known }
        let schema = try Schema.compile(document)
        schemas.withLock { schemas in
            // To drop all of them costs compiling each once more.
            if schemas.count >= DefinitionCache.capacity { schemas.removeAll() }
            schemas[definition] = schema
        }
        return schema
    }
}
