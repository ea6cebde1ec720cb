import Linux

/// Gives slots of concurrency keys, and starts under rates, to those who stand in line for them.
///
/// It is woken when a line or a slot has changed, and looks at all lines every second without being woken: a
/// lost wake-up strands nobody. Several servers may do so side by side; the key's row is locked by whoever
/// counts.
public final class Admitter: Sendable {
    /// A line that another process changed is seen within this time.
    static let longestWait = Duration.seconds(1)
    private static let sweepInterval = Duration.seconds(10)

    private struct State: Sendable {
        var changed = AdmissionKeys()
        var nextSearch = MonotonicTime.now
        var nextSweep = MonotonicTime.now
        /// The runs told to make room whose answers are not there yet.
        var telling: Set<RunID> = []
    }

    private let engine: Engine
    private let hints: any HintPublisher
    private let open: @Sendable () throws(StoreError) -> any AdmissionStore
    private let state = Locked(State())
    private let loop = ServiceThread()

    public init(
        engine: Engine,
        hints: any HintPublisher,
        open: @escaping @Sendable () throws(StoreError) -> any AdmissionStore
    ) {
        self.engine = engine
        self.hints = hints
        self.open = open
    }

    public func start(failed: @escaping @Sendable (StoreError) -> Void) {
        let store = ThreadOwned<any AdmissionStore>()
        loop.start(
            "pawl-admitter",
            turn: { [self] () throws(StoreError) in
                try turn(store.get(open))
            },
            failed: { [state] error in
                if error.breaksConnection { store.drop() }
                state.withLock { $0.nextSearch = .now }
                failed(error)
            }
        )
        engine.onAdmission { [state, loop] keys in
            state.withLock { $0.changed.formUnion(keys) }
            loop.wake()
        }
    }

    public func stop() {
        loop.stop()
    }

    private func turn(_ store: any AdmissionStore) throws(StoreError) -> Duration {
        let (changed, isSearch, isSweep) = state.withLock { state in
            let now = MonotonicTime.now
            defer {
                state.changed = AdmissionKeys()
                if now >= state.nextSearch { state.nextSearch = now + Self.longestWait }
                if now >= state.nextSweep { state.nextSweep = now + Self.sweepInterval }
            }
            return (state.changed, now >= state.nextSearch, now >= state.nextSweep)
        }
        if isSweep { try store.sweepAdmissions() }
        let keys = isSearch ? try store.keysInLine() : changed
        var wait = Self.longestWait
        var more = AdmissionKeys()
        if !keys.isEmpty {
            let round = try store.admit(keys)
            CrashPoint.pass("admitter.before-announcing")
            announce(round)
            if round.isFull { more = keys }
            if let next = round.nextStart { wait = min(wait, max(.milliseconds(1), next - round.now)) }
            for run in try store.displaced() { displace(run) }
        }
        return state.withLock { state in
            state.changed.formUnion(more)
            if wait < Self.longestWait { state.nextSearch = min(state.nextSearch, .now + wait) }
            return state.changed.isEmpty ? max(.milliseconds(1), state.nextSearch - .now) : .zero
        }
    }

    private func announce(_ round: AdmissionRound) {
        for run in round.runs { engine.post(.timerDue(step: 0, kind: .start), to: run) }
        guard !round.queues.isEmpty else { return }
        for queue in round.queues { hints.work(in: queue) }
        guard let worker = engine.worker, !round.queues.isDisjoint(with: worker.configuration.queues) else {
            return
        }
        worker.expectWork()
        engine.dispatch()
    }

    /// Cancels a run that others of its key replace; a second time changes nothing.
    private func displace(_ run: RunID) {
        guard state.withLock({ $0.telling.insert(run).inserted }) else { return }
        let actor = Actor(name: "concurrency", reason: "another run of its key replaces it")
        engine.post(.cancel(actor), to: run) { [state] _ in
            _ = state.withLock { $0.telling.remove(run) }
        }
    }
}
