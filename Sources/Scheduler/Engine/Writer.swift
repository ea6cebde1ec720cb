import Linux

/// Decides and writes for the runs that hash to it, on a thread of its own.
///
/// While one transaction is on its way the next batch collects in the inbox: group commit without a timer,
/// so an idle engine adds no delay and a busy one shares its commits.
final class Writer: Sendable {
    struct Item: Sendable {
        var run: RunID
        var event: RunEvent
        /// For a run that begins, or has ended and goes on.
        var definition: Definition?
        /// Of whoever asked for the event, but for a run that begins.
        var idempotency: IdempotencyClaim?
        /// The message that tells of the event.
        var message: Message.Key?
        var reply: (@Sendable (Answer) -> Void)?
        var tries = 0
        /// The database refused a transition that it was a part of.
        var isAlone = false
    }

    /// Runs a transaction at most: only a backlog fills one, which then takes some 9 ms.
    ///
    /// Of 10,000 timers due at one instant the last fires in half the time that batches of 32 take.
    static let batchLimit = 128
    /// Events that are taken from the inbox, those that wait already counted: what waits is moved each time.
    static let eventLimit = 256

    let inbox = Mailbox<Item>()
    private let thread = Locked<DedicatedThread?>(nil)
    private let connect: @Sendable () throws(StoreError) -> any Store
    private let effects: TransitionEffects
    private let decider: Decider
    private let definitions: DefinitionCache
    private let clock: DatabaseClock
    private let counters: Counters
    private let worker: Worker?

    init(
        connect: @escaping @Sendable () throws(StoreError) -> any Store,
        effects: TransitionEffects,
        decider: Decider,
        definitions: DefinitionCache,
        clock: DatabaseClock,
        counters: Counters,
        worker: Worker?
    ) {
        self.connect = connect
        self.effects = effects
        self.decider = decider
        self.definitions = definitions
        self.clock = clock
        self.counters = counters
        self.worker = worker
    }

    func start(name: String) {
        let started = DedicatedThread(name) { [self] in run() }
        thread.withLock { $0 = started }
    }

    /// Writes what is in the inbox, then ends.
    func stop() {
        inbox.close()
        thread.withLock { $0 }?.join()
    }

    private func run() {
        var desk = WriterDesk(
            connection: StoreConnection(connect: connect),
            decider: decider,
            definitions: definitions,
            clock: clock,
            counters: counters,
            worker: worker,
            effects: effects
        )
        var backoff = Backoff()
        while let items = inbox.take(
            max(0, Self.eventLimit - desk.waitingCount),
            until: desk.waitingCount > 0 ? .now : .distantFuture
        ) {
            do {
                try desk.work(on: items)
                backoff.reset()
            } catch {
                counters.add(.storeFailures)
                effects.report(error)
                desk.recover(from: error, closing: inbox.hasClosed)
                _ = inbox.waitForClose(until: .now + backoff.next())
            }
        }
    }
}
