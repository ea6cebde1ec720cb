import Linux

/// The identity of a batch: a UUIDv7, `batch_…` outside.
public struct BatchID: Sendable, Hashable, CustomStringConvertible {
    private static let prefix = "batch_"

    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new identity for a time by the database's clock.
    public init(at time: Timestamp) {
        let run = RunID(
            milliseconds: time.microseconds / 1_000,
            random: (.random(in: 0 ... .max), .random(in: 0 ... .max))
        )
        self.init(high: run.high, low: run.low)
    }

    /// Reads `batch_…`; nil for anything that is no batch's identity.
    public init?(_ text: String) {
        guard let words = TypeID.words(text, prefix: Self.prefix) else { return nil }
        self.init(high: words.high, low: words.low)
    }

    public var description: String { TypeID.text(Self.prefix, high: high, low: low) }
}

/// An operator's wish: one action on all runs that matched a filter when it was made.
public struct BatchOrder: Sendable {
    public var id: BatchID
    public var action: BatchAction
    public var filter: RunFilter
    /// The filter as it was given, JSON.
    public var filterText: String
    public var actor: Actor

    public init(id: BatchID, action: BatchAction, filter: RunFilter, filterText: String, actor: Actor) {
        self.id = id
        self.action = action
        self.filter = filter
        self.filterText = filterText
        self.actor = actor
        if filter.statuses.isEmpty { self.filter.statuses = action.statuses }
    }
}

/// A batch as it stands.
public struct RunBatch: Sendable {
    public var id: BatchID
    public var action: BatchAction
    public var filterText: String
    public var actor: Actor
    /// The runs that it is about.
    public var total: Int
    /// Those to which the action was done, and those that were in no state for it.
    public var done: Int
    public var failed: Int
    public var createdAt: Timestamp
    /// Nil while runs are left.
    public var endedAt: Timestamp?
}

/// What became of one run of a batch.
public struct BatchOutcome: Sendable {
    public var run: RunID
    /// Why the action was not done; nil where it was.
    public var failure: String?

    public init(run: RunID, failure: String? = nil) {
        self.run = run
        self.failure = failure
    }
}

/// Some runs of a batch that one process is to act on.
public struct BatchSlice: Sendable {
    public var id: BatchID
    public var action: BatchAction
    public var actor: Actor
    public var runs: [RunID]
    /// Those among them that a process has acted on which died before it could say so.
    public var acted: Set<RunID>
}
