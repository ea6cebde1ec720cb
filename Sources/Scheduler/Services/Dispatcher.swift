import Linux

/// Looks for queued work whenever there may be some: at a hint, and from time to time without one.
///
/// Hints come from Redis and may be lost or doubled; polling Postgres is the truth. With hints it polls once
/// a second; without them as often as every 25 ms after work was found, and ever more rarely in idleness.
public final class Dispatcher: Sendable {
    private let inbox = Mailbox<Void>()
    private let thread = Locked<DedicatedThread?>(nil)
    private let engine: Engine
    private let worker: Worker
    private let hasHints: @Sendable () -> Bool

    /// `hasHints` says whether hints can be trusted to come now.
    public init(engine: Engine, worker: Worker, hasHints: @escaping @Sendable () -> Bool) {
        self.engine = engine
        self.worker = worker
        self.hasHints = hasHints
    }

    public func start() {
        let started = DedicatedThread("pawl-dispatcher") { [self] in run() }
        thread.withLock { $0 = started }
    }

    public func stop() {
        inbox.close()
        thread.withLock { $0 }?.join()
    }

    /// Some queue has work.
    public func hint() {
        worker.expectWork()
        inbox.nudge()
    }

    private func run() {
        var pace = PollPace()
        var claimsSeen = engine.counters.value(.claims)
        while let _ = inbox.take(1, until: .now + pace.interval(hasHints: hasHints())) {
            worker.expectWork()
            engine.dispatch()
            let claims = engine.counters.value(.claims)
            pace.note(foundWork: claims > claimsSeen)
            claimsSeen = claims
        }
    }
}
