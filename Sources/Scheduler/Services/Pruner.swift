/// Makes room for the runs to come, and forgets keys and workers that are over.
///
/// Hourly, in every process: what two of them do at once is done once.
public final class Pruner: Sendable {
    static let interval = Duration.seconds(3_600)

    private let open: @Sendable () throws(StoreError) -> PostgresStore
    private let loop = ServiceThread()

    public init(open: @escaping @Sendable () throws(StoreError) -> PostgresStore) {
        self.open = open
    }

    public func start(failed: @escaping @Sendable (StoreError) -> Void) {
        loop.start(
            "pawl-pruner",
            turn: { [open] () throws(StoreError) in
                // A connection for the second that it takes.
                let store = try open()
                try store.keepPartitions()
                try store.prune()
                return Self.interval
            },
            failed: failed
        )
    }

    public func stop() {
        loop.stop()
    }
}
