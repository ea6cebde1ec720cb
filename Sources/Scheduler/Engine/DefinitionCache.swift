import Linux

/// Definitions with their programs parsed, by identity.
///
/// A definition never changes, so an entry is never wrong.
public final class DefinitionCache: Sendable {
    /// One takes some 10 KiB; those of runs that live at once are far fewer.
    static let capacity = 1_024

    private let definitions = Locked([Int64: Definition]())

    public init() {}

    public func get(_ id: Int64) -> Definition? {
        definitions.withLock { $0[id] }
    }

    /// From the cache or from the store; nil when there is none.
    public func get(_ id: Int64, from store: some Store) throws(StoreError) -> Definition? {
        if let known = get(id) { return known }
        guard let stored = try store.definition(id) else { return nil }
        let definition = Definition(stored)
        put(definition)
        return definition
    }

    public func put(_ definition: Definition) {
        definitions.withLock { definitions in
            // To drop all of them costs one read each.
            if definitions.count >= Self.capacity { definitions.removeAll() }
            definitions[definition.stored.id] = definition
        }
    }
}
