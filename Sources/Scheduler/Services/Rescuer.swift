import Linux

/// Gives the steps of dead workers back to the queue, with the next fencing token.
///
/// Level-triggered: it looks at what is so, not at what has happened, and posts ordinary events. It judges
/// nobody until the database has been reachable for one lease: while it was away, nobody could renew.
public final class Rescuer: Sendable {
    /// One second: with a lease of 10 s a dead worker's steps are queued again within 11 s.
    static let interval = Duration.seconds(1)
    static let limit = 500

    private let engine: Engine
    private let lease: Duration
    private let open: @Sendable () throws(StoreError) -> any LeaseStore
    private let loop = ServiceThread()
    /// Since when the database has answered without a break.
    private let reachableSince = Locked<MonotonicTime?>(nil)
    private let inFlight = Locked(Set<Int64>())

    public init(
        engine: Engine,
        lease: Duration = .seconds(10),
        open: @escaping @Sendable () throws(StoreError) -> any LeaseStore
    ) {
        self.engine = engine
        self.lease = lease
        self.open = open
    }

    public func start(failed: @escaping @Sendable (StoreError) -> Void) {
        let store = ThreadOwned<any LeaseStore>()
        loop.start(
            "pawl-rescuer",
            turn: { [self] () throws(StoreError) in
                try turn(store.get(open))
                return Self.interval
            },
            failed: { [reachableSince] error in
                reachableSince.withLock { $0 = nil }
                if error.breaksConnection { store.drop() }
                failed(error)
            }
        )
    }

    public func stop() {
        loop.stop()
    }

    private func turn(_ store: any LeaseStore) throws(StoreError) {
        let orphans = try store.orphans(limit: Self.limit)
        let since = reachableSince.withLock { since in
            since = since ?? .now
            return since ?? .now
        }
        guard .now >= since + lease else { return }
        for orphan in orphans { rescue(orphan) }
    }

    private func rescue(_ orphan: OrphanedTask) {
        guard inFlight.withLock({ $0.insert(orphan.token).inserted }) else { return }
        CrashPoint.pass("rescuer.before-rescue")
        engine.counters.add(.rescues)
        engine.post(
            .attemptLost(
                step: orphan.step,
                token: orphan.token,
                worker: orphan.worker,
                isAlone: orphan.isAlone
            ),
            to: orphan.run
        ) { [inFlight] _ in
            _ = inFlight.withLock { $0.remove(orphan.token) }
        }
    }
}
