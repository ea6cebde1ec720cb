import Linux

/// Why a step, or the run itself, does not go on at once.
public struct Wait: Sendable, Hashable {
    public enum Reason: String, Sendable, CaseIterable {
        case noWorker = "no_worker"
        case queuePaused = "queue_paused"
        case concurrency, rate, backoff, timer, signal, callback, child, paused, unenforceable
    }

    /// Nil for the run itself.
    public var step: Int?
    public var path: String?
    public var reason: Reason
    /// A sentence for people.
    public var text: String
    public var until: Timestamp?
    /// The runs that have what it waits for.
    public var holders: [RunID]

    init(_ reason: Reason, _ text: String, until: Timestamp? = nil, holders: [RunID] = []) {
        self.reason = reason
        self.text = text
        self.until = until
        self.holders = holders
    }
}
