import Linux

/// Makes room for the runs to come, and forgets runs, keys and workers that are over.
///
/// Hourly, in every process: what two of them do at once is done once.
public final class Pruner: Sendable {
    static let interval = Duration.seconds(3_600)

    private let retention: Duration?
    private let open: @Sendable () throws(StoreError) -> PostgresStore
    private let loop = ServiceThread()

    /// `retention` is how long a run is kept after its end; nil for ever.
    public init(retention: Duration?, open: @escaping @Sendable () throws(StoreError) -> PostgresStore) {
        self.retention = retention
        self.open = open
    }

    public func start(failed: @escaping @Sendable (StoreError) -> Void) {
        loop.start(
            "pawl-pruner",
            turn: { [open, retention] () throws(StoreError) in
                // A connection for the second that it takes.
                let store = try open()
                try store.keepPartitions()
                try store.prune()
                if let retention {
                    _ = try store.dropRuns(overFor: retention)
                    try store.dropImports(olderThan: retention)
                }
                return Self.interval
            },
            failed: failed
        )
    }

    public func stop() {
        loop.stop()
    }
}
