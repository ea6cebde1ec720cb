import Linux

/// Fires durable timers once they are due by the database's clock: never early, and whoever fires first
/// counts.
///
/// It reads without locks and posts ordinary events; several servers may do so side by side, since a timer
/// that has fired already decides nothing: what is found due is told with its time, and is written only if
/// the row still says so.
public final class TimerService: Sendable {
    /// Timers in flight at most; more are read when half of these are decided.
    static let limit = 1_000
    /// A timer set by another process is seen within this time.
    static let longestWait = Duration.seconds(1)

    private struct Fire: Hashable, Sendable {
        var run: RunID
        var timer: FiringTimer
    }

    private let engine: Engine
    private let open: @Sendable () throws(StoreError) -> any TimerStore
    private let loop = ServiceThread()
    /// Posted and not decided yet: not to be posted again by the next look.
    private let inFlight = Locked(Set<Fire>())

    public init(engine: Engine, open: @escaping @Sendable () throws(StoreError) -> any TimerStore) {
        self.engine = engine
        self.open = open
    }

    public func start(failed: @escaping @Sendable (StoreError) -> Void) {
        let store = ThreadOwned<any TimerStore>()
        loop.start(
            "pawl-timers",
            turn: { [self] () throws(StoreError) in
                try turn(store.get(open))
            },
            failed: { error in
                if error.breaksConnection { store.drop() }
                failed(error)
            }
        )
        engine.onTimer { [loop, nextLook] timer in
            if timer.comes(before: nextLook.withLock { $0 }) { loop.wake() }
        }
    }

    public func stop() {
        loop.stop()
    }

    /// When the loop will look by itself; a timer due earlier wakes it.
    private let nextLook = Locked(MonotonicTime.now)

    private func turn(_ store: any TimerStore) throws(StoreError) -> Duration {
        let due = try store.due(limit: Self.limit)
        engine.clock.observe(due.now)
        if !due.timers.isEmpty { CrashPoint.pass("timers.before-firing") }
        for (run, key, dueAt) in due.timers {
            fire(Fire(run: run, timer: FiringTimer(key: key, dueAt: dueAt)))
        }
        var wait = Self.longestWait
        if let next = due.next { wait = min(wait, max(.milliseconds(1), next - due.now)) }
        // A full page means that there is more, and half of it decided wakes the loop.
        if due.timers.count == Self.limit {
            wait = inFlight.withLock { $0.count } > Self.limit / 2 ? Self.longestWait : .zero
        }
        nextLook.withLock { $0 = .now + wait }
        return wait
    }

    private func fire(_ fire: Fire) {
        guard inFlight.withLock({ $0.insert(fire).inserted }) else { return }
        engine.counters.add(.timersFired)
        let (key, dueAt) = (fire.timer.key, fire.timer.dueAt)
        engine.post(.timerDue(step: key.step, kind: key.kind, dueAt: dueAt), to: fire.run) {
            [inFlight, engine, loop] answer in
            let left = inFlight.withLock { fires in
                fires.remove(fire)
                return fires.count
            }
            if left == Self.limit / 2 { loop.wake() }
            guard case .applied = answer else { return }
            engine.measures.timerLateness.observe(engine.clock.now - dueAt)
        }
    }
}

extension NewTimer {
    /// Whether it may be due before a point in time; what has a date is always worth a look.
    func comes(before look: MonotonicTime) -> Bool {
        switch due {
        case .after(let milliseconds): .now + .milliseconds(milliseconds) < look
        case .at: true
        }
    }
}
