/// What an expression reads of its input, told from its text.
public struct Reads: Sendable, Hashable {
    /// The paths from the root of the input that are read, each with everything below it.
    ///
    /// `steps.a.output.price` reads `["steps", "a", "output", "price"]`; `steps.*`, `steps[expr]` and
    /// `$lookup(steps, expr)` read `["steps"]`.
    public var paths: Set<[String]> = []
    /// Whether the input is read as a whole (`$`, `**`, `$eval`), so that `paths` does not say all.
    public var readsEverything = false
    /// Bare names that mean a member of something else than the input.
    ///
    /// They stand in a predicate or in a later step of a path: `input` in `files[id = input.id]` is one.
    public var relativeReads: [RelativeRead] = []

    public init() {}
}

/// A bare name that is looked up in the item of a path or predicate, not in the input.
public struct RelativeRead: Sendable, Hashable {
    public var name: String
    /// The offset behind the name, in UTF-16 units.
    public var position: Int

    public init(name: String, position: Int) {
        self.name = name
        self.position = position
    }
}
