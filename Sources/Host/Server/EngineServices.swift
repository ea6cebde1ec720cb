import JSON
import Linux
import Postgres
import Redis
import Scheduler

/// The engine of this process with the services around it.
///
/// Timers and rescues are looked after by every process: what two of them see is decided once, and no single
/// process is needed for it.
final class EngineServices {
    struct Options {
        var database: PostgresConfiguration
        var redis: RedisConfiguration?
        var writers = 1
        var lease: Duration = .seconds(10)
        /// Nil where the process runs no steps.
        var worker: Worker.Configuration?
        /// How long running steps may take once the worker is told to stop.
        var shutdownGrace: Duration = .seconds(20)
        /// How long runs are kept after their end; nil for ever.
        var retention: Retention?
        /// Looks up the executables of pinned steps.
        var pin: @Sendable ([String]) -> Pins = { _ in Pins() }
        /// Nil where traces go nowhere.
        var traces: TraceExporter.Options?
    }

    let engine: Engine
    let notifier: Notifier?
    private let options: Options
    private let log: Log
    private let timers: TimerService
    let cron: CronService
    let batches: BatchService
    private let rescuer: Rescuer
    private let admitter: Admitter
    private let courier: Courier
    private let pruner: Pruner
    private let rollups: RollupService
    private let traces: TraceExporter?
    private let lease: LeaseKeeper?
    private let dispatcher: Dispatcher?

    init(_ options: Options, executor: (any StepExecutor)?, log: Log) {
        self.options = options
        self.log = log
        let open = { @Sendable [database = options.database] () throws(StoreError) in
            try PostgresStore.open(database)
        }
        let logStore = ThreadOwned<PostgresStore>()
        notifier = options.redis.map(Notifier.init)
        traces = options.traces.map { TraceExporter($0, log: log) }
        var configuration = Engine.Configuration(writers: options.writers, worker: options.worker)
        configuration.pin = options.pin
        engine = Engine(
            configuration: configuration,
            executor: executor,
            connect: open,
            writeLogs: { lines throws(StoreError) in try logStore.get(open).appendLogs(lines) },
            hints: notifier ?? NoHints(),
            spans: traces,
            report: { log.report($0) }
        )
        timers = TimerService(engine: engine, open: open)
        cron = CronService(engine: engine, open: open)
        batches = BatchService(engine: engine, open: open)
        rescuer = Rescuer(engine: engine, lease: options.lease, open: open)
        admitter = Admitter(engine: engine, hints: notifier ?? NoHints(), open: open)
        courier = Courier(engine: engine, open: open)
        pruner = Pruner(retention: options.retention, open: open)
        rollups = RollupService(engine: engine) { [database = options.database] () throws(StoreError) in
            try PostgresStore.openForReading(database)
        }
        if let worker = engine.worker {
            let configuration = LeaseKeeper.Configuration(lease: options.lease)
            lease = LeaseKeeper(
                worker: worker,
                engine: engine,
                configuration: configuration,
                drain: { [grace = options.shutdownGrace] in
                    log.info("told to drain: claiming nothing more")
                    DedicatedThread("pawl-drain") {
                        worker.drain(within: grace, hurry: Waker())
                        log.info("drained")
                    }
                },
                open: open
            )
            let notifier = notifier
            dispatcher = Dispatcher(engine: engine, worker: worker) { notifier?.isConnected ?? false }
        } else {
            lease = nil
            dispatcher = nil
        }
    }

    func start() {
        traces?.start()
        engine.start()
        notifier?.start(engine: engine, dispatcher: dispatcher, lease: lease)
        timers.start { [log] in log.report($0, by: "timers") }
        cron.start { [log] in log.report($0, by: "schedules") }
        batches.start { [log] in log.report($0, by: "batches") }
        rescuer.start { [log] in log.report($0, by: "rescuer") }
        admitter.start { [log] in log.report($0, by: "admitter") }
        courier.start { [log] in log.report($0, by: "courier") }
        pruner.start { [log] in log.report($0, by: "pruner") }
        rollups.start { [log] in log.report($0, by: "rollups") }
        lease?.start { [log] in log.report($0, by: "lease") }
        dispatcher?.start()
    }

    /// Stops claiming, lets running steps end within the grace, hands back the rest, writes what is decided.
    ///
    /// A wake of `hurry` from now on cuts the grace short.
    func stop(hurry: Waker) {
        // The signal that began the stop has woken it; the next one is to hurry.
        hurry.wait(until: .now)
        dispatcher?.stop()
        engine.worker?.drain(within: options.shutdownGrace, hurry: hurry)
        timers.stop()
        cron.stop()
        batches.stop()
        rescuer.stop()
        admitter.stop()
        courier.stop()
        pruner.stop()
        rollups.stop()
        engine.stop()
        traces?.stop()
        lease?.stop()
        notifier?.stop()
    }
}

/// Hints where there is no Redis: none.
private struct NoHints: HintPublisher {
    func work(in queue: String) {}
    func cancel(run: RunID) {}
    func ended(run: RunID) {}
}
