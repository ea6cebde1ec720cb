import Linux

/// Keeps this process's lease: a worker's steps are valid while it has one.
///
/// With each heartbeat it reads back what the database says the worker holds. A running step that is not
/// listed is killed; a listed step that is not running here for two heartbeats is handed back: its claim's
/// reply was lost. When the lease cannot be renewed, everything is killed before it ends (decisions 1 and
/// 15).
public final class LeaseKeeper: Sendable {
    public struct Configuration: Sendable {
        /// How long a lease lasts; above the failover time of the database.
        public var lease: Duration
        /// Three heartbeats fit a lease, so that one lost reply costs nothing.
        public var heartbeat: Duration { lease / 3 }
        /// Without a renewal, everything is killed this long before the lease ends.
        public var margin: Duration { lease * 3 / 10 }

        public init(lease: Duration = .seconds(10)) {
            self.lease = lease
        }
    }

    private struct State: Sendable {
        var isRegistered = false
        /// When the last renewal that succeeded was sent.
        var renewed = MonotonicTime.now
        var strangers = StrangerWatch()
        /// What its row says that the worker can do.
        var told: Set<String>?
        /// What its row says about it.
        var toldAbout = ""
    }

    private let worker: Worker
    private let engine: Engine
    private let configuration: Configuration
    private let open: @Sendable () throws(StoreError) -> any LeaseStore
    private let drain: @Sendable () -> Void
    private let state = Locked(State())
    private let loop = ServiceThread()
    private let guardian = ServiceThread()

    /// `drain` is called when an operator has told the worker to stop; it must not block.
    public init(
        worker: Worker,
        engine: Engine,
        configuration: Configuration = Configuration(),
        drain: @escaping @Sendable () -> Void = {},
        open: @escaping @Sendable () throws(StoreError) -> any LeaseStore
    ) {
        self.worker = worker
        self.engine = engine
        self.configuration = configuration
        self.drain = drain
        self.open = open
    }

    public func start(failed: @escaping @Sendable (StoreError) -> Void) {
        engine.onHeld { [loop] _ in loop.wake() }
        let store = ThreadOwned<any LeaseStore>()
        loop.start(
            "pawl-lease",
            turn: { [self] () throws(StoreError) in
                try heartbeat(store.get(open))
                return configuration.heartbeat
            },
            failed: { error in
                if error.breaksConnection { store.drop() }
                failed(error)
            }
        )
        // A thread of its own: the one above may hang in a call to a database that has gone silent.
        guardian.start("pawl-lease-end", turn: { [self] in killBeforeTheEnd() }, failed: { _ in })
    }

    /// Ends the heartbeats and takes the worker off the list, so that nobody waits for its lease to end.
    public func stop() {
        loop.stop()
        guardian.stop()
        guard state.withLock({ $0.isRegistered }), let store = try? open() else { return }
        CrashPoint.pass("lease.before-removal")
        try? store.deregister(worker.id)
        CrashPoint.pass("lease.after-removal")
    }

    /// Looks at once, not at the next heartbeat: some step of this worker was cancelled.
    func wake() {
        loop.wake()
    }

    private func heartbeat(_ store: any LeaseStore) throws(StoreError) {
        let sent = MonotonicTime.now
        let lease = configuration.lease.wholeMilliseconds
        guard state.withLock({ $0.isRegistered }) else {
            let about = worker.configuration.about()
            try store.register(
                worker.id,
                about: about,
                level: worker.configuration.level,
                leaseMilliseconds: lease
            )
            state.withLock { $0.toldAbout = about }
            CrashPoint.pass("lease.after-registration")
            try tellAbilities(store)
            registered(at: sent)
            return
        }
        // What is running here when the list is read must be on it; what starts later may be missing.
        let before = worker.heldTokens
        guard let held = try store.renew(worker.id, leaseMilliseconds: lease) else {
            loseLease()
            return
        }
        CrashPoint.pass("lease.after-renewal")
        state.withLock { $0.renewed = sent }
        reconcile(held, runningBefore: before)
        try tellAbilities(store)
        try tellAbout(store)
        if !worker.isDraining, try store.isDraining(worker.id) { drain() }
        if try store.mustMakeRoom(worker.id) { worker.makeRoom() }
    }

    private func tellAbilities(_ store: any LeaseStore) throws(StoreError) {
        let abilities = worker.abilities?.union([TaskSpec.alone])
        guard abilities != state.withLock({ $0.told }) else { return }
        try store.tell(worker.id, abilities: abilities)
        state.withLock { $0.told = abilities }
        // With a plugin that has come, steps that waited for it can be claimed, and nobody else says so.
        worker.expectWork()
        engine.dispatch()
    }

    /// Plugins may be replaced while the worker lives, and pins go by what it says of them.
    private func tellAbout(_ store: any LeaseStore) throws(StoreError) {
        let about = worker.configuration.about()
        guard about != state.withLock({ $0.toldAbout }) else { return }
        try store.tell(worker.id, about: about)
        state.withLock { $0.toldAbout = about }
    }

    private func registered(at sent: MonotonicTime) {
        state.withLock { state in
            state.isRegistered = true
            state.renewed = sent
            state.strangers = StrangerWatch()
        }
        worker.setClaiming(true)
        worker.expectWork()
        engine.dispatch()
    }

    private func reconcile(_ held: [HeldTask], runningBefore before: Set<Int64>) {
        let listed = Set(held.map(\.token))
        let running = worker.heldTokens
        worker.abandon(tokens: before.intersection(running).subtracting(listed))
        worker.cancel(tokens: held.filter(\.isCancelled).map(\.token))
        for task in held { worker.setFrozen(task.isFrozen, token: task.token) }
        let strangers = listed.subtracting(running).subtracting(before)
        let lost = state.withLock {
            $0.strangers.lost(among: strangers, at: .now, after: configuration.heartbeat)
        }
        for task in held where lost.contains(task.token) {
            engine.post(
                .attemptLost(step: task.step, token: task.token, worker: worker.id.description),
                to: task.run
            )
        }
    }

    /// Kills everything when the lease is about to end without a renewal.
    private func killBeforeTheEnd() -> Duration {
        let end = state.withLock { state in
            state.isRegistered ? state.renewed + (configuration.lease - configuration.margin) : nil
        }
        guard let end else { return configuration.heartbeat }
        guard end <= .now else { return min(end - .now, configuration.heartbeat) }
        loseLease()
        return configuration.heartbeat
    }

    private func loseLease() {
        state.withLock { state in
            state.isRegistered = false
            state.told = nil
        }
        worker.beginAgain()
        loop.wake()
    }
}
