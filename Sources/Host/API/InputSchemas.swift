import JSONSchema
import Linux
import Scheduler

/// The schemas of inputs, compiled once a definition.
final class InputSchemas: Sendable {
    private let schemas = Locked([Int64: Schema]())

    /// Nil for a definition that takes any input.
    func schema(of definition: StoredDefinition) throws -> Schema? {
        guard let document = definition.compiled.input else { return nil }
        if let known = schemas.withLock({ $0[definition.id] }) { return known }
        let schema = try Schema.compile(document)
        schemas.withLock { $0[definition.id] = schema }
        return schema
    }
}
