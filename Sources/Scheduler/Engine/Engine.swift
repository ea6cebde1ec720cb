import JSON
import Linux

/// The engine of one process: writers that decide, and, where the process is a worker, what runs steps.
///
/// Everything that changes a run goes through ``post(_:to:definition:reply:)``; everything else reads.
public final class Engine: Sendable {
    public struct Configuration: Sendable {
        /// Threads that decide and write, each with a connection of its own.
        public var writers: Int
        public var worker: Worker.Configuration?
        /// Looks up the executables that there are of some actions now, for runs with pinned steps; it may
        /// block.
        public var pin: @Sendable ([String]) -> Pins = { _ in Pins() }

        public init(writers: Int = 1, worker: Worker.Configuration? = nil) {
            self.writers = writers
            self.worker = worker
        }
    }

    public let clock = DatabaseClock()
    public let counters = Counters()
    public let measures = Measures()
    public let definitions = DefinitionCache()
    public let watchers = RunWatchers()
    /// Nil where the process runs no steps.
    public let worker: Worker?
    let logs: LogWriter
    private let writers: [Writer]
    private let effects: CommitEffects
    private let pin: @Sendable ([String]) -> Pins

    /// `connect` opens a store on the thread that will use it, again after each failure; `writeLogs` writes
    /// log lines on a thread of its own; `executor` runs attempts where `configuration.worker` is set;
    /// `spans` takes the traces; `report` is told what goes wrong on the engine's threads.
    public init(
        configuration: Configuration,
        executor: (any StepExecutor)?,
        connect: @escaping @Sendable () throws(StoreError) -> any Store,
        writeLogs: @escaping @Sendable ([LoggedLine]) throws(StoreError) -> Void,
        hints: any HintPublisher,
        spans: (any SpanRecorder)? = nil,
        report: @escaping @Sendable (EngineReport) -> Void
    ) {
        let watchers = watchers
        let clock = clock
        pin = configuration.pin
        logs = LogWriter(write: writeLogs, observe: { watchers.logged($0) })
        let route = Locked<[Writer]>([])
        if let workerConfiguration = configuration.worker, let executor {
            worker = Worker(
                configuration: workerConfiguration,
                executor: executor,
                logs: logs,
                clock: clock,
                report: { run, end in
                    let writers = route.withLock { $0 }
                    writers[run.route(over: writers.count)].inbox.send(
                        Writer.Item(run: run, event: .attemptEnded(end))
                    )
                }
            )
        } else {
            worker = nil
        }
        effects = CommitEffects(
            worker: worker,
            watchers: watchers,
            hints: hints,
            measures: measures,
            spans: spans,
            report: report
        )
        var writers: [Writer] = []
        for _ in 0..<max(1, configuration.writers) {
            writers.append(
                Writer(
                    connect: connect,
                    effects: effects,
                    decider: Decider(),
                    definitions: definitions,
                    clock: clock,
                    counters: counters,
                    worker: worker
                )
            )
        }
        self.writers = writers
        route.withLock { $0 = writers }
    }

    public func start() {
        logs.start()
        worker?.start()
        for (index, writer) in writers.enumerated() { writer.start(name: "pawl-writer-\(index)") }
    }

    /// Writes what has come in, then ends the writers.
    ///
    /// Stop whatever posts before.
    public func stop() {
        logs.stop()
        for writer in writers { writer.stop() }
        worker?.stop()
    }

    /// Asks for a decision on an event; `reply` comes once it is durable, on the writer's thread.
    ///
    /// `definition` belongs to `.submitted`, whose `Idempotency-Key` is in the submission, and to `.revive`;
    /// `message` is deleted with what the event changes.
    public func post(
        _ event: RunEvent,
        to run: RunID,
        definition: Definition? = nil,
        idempotency: IdempotencyClaim? = nil,
        message: Message.Key? = nil,
        reply: (@Sendable (Answer) -> Void)? = nil
    ) {
        let writer = writers[run.route(over: writers.count)]
        let item = Writer.Item(
            run: run,
            event: pinned(event, definition),
            definition: definition,
            idempotency: idempotency,
            message: message,
            reply: reply
        )
        if !writer.inbox.send(item) { reply?(.unavailable(message: "this server is shutting down")) }
    }

    /// The executables of pinned steps are looked up before the decision, which looks at nothing.
    private func pinned(_ event: RunEvent, _ definition: Definition?) -> RunEvent {
        guard case .submitted(var submission) = event, let pinned = definition?.pinned, !pinned.isEmpty else {
            return event
        }
        submission.pins = pin(pinned)
        return .submitted(submission)
    }

    /// Lets a writer claim, if slots are free and work may be queued.
    public func dispatch() {
        guard let worker, worker.hasFreeSlot else { return }
        writers[Int.random(in: writers.indices)].inbox.nudge()
    }

    /// Events that wait for a decision: what back-pressure goes by.
    public var backlog: Int { writers.reduce(0) { $0 + $1.inbox.count } }

    /// Tells the services which timer will be due next.
    public func onTimer(_ observe: @escaping @Sendable (NewTimer) -> Void) {
        effects.onTimer.withLock { $0 = Observer(tell: observe) }
    }

    /// Tells the admitter whose lines have changed.
    func onAdmission(_ observe: @escaping @Sendable (AdmissionKeys) -> Void) {
        effects.onAdmission.withLock { $0 = Observer(tell: observe) }
    }

    /// Tells the lease keeper that a heartbeat would bring news of running steps.
    func onHeld(_ observe: @escaping @Sendable (RunID) -> Void) {
        effects.onHeld.withLock { $0 = Observer(tell: observe) }
    }

    /// Tells the courier what runs say to each other, as it is committed.
    func onMessages(_ deliver: @escaping @Sendable ([Message]) -> Void) {
        effects.onMessages.withLock { $0 = Observer(tell: deliver) }
    }
}

extension RunID {
    /// The writer of this run among so many.
    ///
    /// The last bits of a UUIDv7 are random.
    func route(over count: Int) -> Int { Int(low % UInt64(count)) }
}

/// What the engine tells of itself, for its log.
public enum EngineReport: Sendable {
    case storeFailed(StoreError)
    /// `trace` is the id of the run's trace: its own, or the caller's.
    case lateResultRejected(run: RunID, step: Int, trace: String)
}

/// Tells other processes that something is worth a look.
///
/// Losing a hint costs time alone.
public protocol HintPublisher: Sendable {
    /// A queue has ready tasks that this process did not take.
    func work(in queue: String)
    /// Running steps of a run are to stop, to stand still, or to go on.
    func cancel(run: RunID)
    /// A run has ended.
    func ended(run: RunID)
}
