/// What an operator says of a queue; one of which nothing is said has these.
public struct QueueSettings: Sendable, Hashable {
    public static let weights = 1...1_000
    public static let limits = 1...1_000_000

    /// At most `limit` attempts start in any `milliseconds`.
    public struct Rate: Sendable, Hashable {
        public var limit: Int
        public var milliseconds: Int64

        public init(limit: Int, milliseconds: Int64) {
            self.limit = limit
            self.milliseconds = milliseconds
        }
    }

    /// A worker gives the queues that it serves slots in proportion to this.
    public var weight = 1
    /// Nothing of it is claimed.
    public var isPaused = false
    /// Attempts that run at once at the most, in all workers; nil for no bound.
    public var concurrency: Int?
    public var rate: Rate?

    public init() {}
}
