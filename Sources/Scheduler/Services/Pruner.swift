import Linux

/// Makes room for the runs to come, and forgets runs, keys and workers that are over.
///
/// Hourly, in every process, and oftener where runs are kept for less than two hours: what two of them do at
/// once is done once.
public final class Pruner: Sendable {
    static let interval = Duration.seconds(3_600)
    /// After each few runs the database is left to others for so many times as long as they took.
    static let rest = 3

    private let retention: Retention?
    private let open: @Sendable () throws(StoreError) -> PostgresStore
    private let loop = ServiceThread()
    private let round = ThreadOwned<Round>()

    /// `retention` is how long a run is kept after its end; nil for ever.
    public init(retention: Retention?, open: @escaping @Sendable () throws(StoreError) -> PostgresStore) {
        self.retention = retention
        self.open = open
    }

    public func start(failed: @escaping @Sendable (StoreError) -> Void) {
        let pause = min(Self.interval, max(.seconds(1), (retention?.shortest ?? Self.interval) / 2))
        loop.start(
            "pawl-pruner",
            turn: { [self] () throws(StoreError) in
                do throws(StoreError) {
                    if let rest = try current().next() { return rest }
                    round.drop()
                    return pause
                } catch {
                    round.drop()
                    throw error
                }
            },
            failed: failed
        )
    }

    public func stop() {
        loop.stop()
    }

    private func current() throws(StoreError) -> Round {
        try round.get { () throws(StoreError) in try Round(try open(), retention) }
    }
}

extension Pruner {
    /// All that is due, on a connection for the time that it takes.
    private final class Round {
        private let store: PostgresStore
        private var sweep: RunSweep?

        init(_ store: PostgresStore, _ retention: Retention?) throws(StoreError) {
            self.store = store
            try store.keepPartitions()
            try store.prune()
            guard let retention else { return }
            _ = try store.dropRuns(retention)
            if let longest = retention.longest { try store.dropImports(olderThan: longest) }
            sweep = try store.sweep(retention)
        }

        /// Deletes a few runs, and says how long to leave the database to others; nil when all is done.
        func next() throws(StoreError) -> Duration? {
            let begin = MonotonicTime.now
            guard try sweep?.next() == true else { return nil }
            return (MonotonicTime.now - begin) * Pruner.rest
        }
    }
}
