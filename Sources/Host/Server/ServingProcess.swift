import HTTP
import JSON
import Linux
import Postgres
import Redis
import Scheduler

/// A process that serves the API, runs steps, or does both, from its start to its end.
final class ServingProcess: Sendable {
    struct Roles: Sendable {
        var serves: Bool
        var works: Bool
    }

    private let configuration: Configuration
    private let roles: Roles
    private let log: Log
    /// Woken by each signal: it ends the wait for the database, and later that for running steps.
    let hurry = Waker()
    /// Where the API is reached by whoever answers for a step.
    private let address = Locked("")

    init(_ configuration: Configuration, roles: Roles, log: Log) {
        self.configuration = configuration
        self.roles = roles
        self.log = log
    }

    /// Starts, tells `ready` the address of the API (nil without one), waits for `untilStop`, and stops.
    func run(ready: (String?) -> Void, untilStop: () -> Void) throws(CommandFailure) {
        let listen = roles.serves ? try ListenAddress(configuration) : nil
        let database = try Database(url: try configuration.required(.databaseURL), log: log)
        let postgres = database.configuration
        let steps = roles.works ? try StepExecution(configuration, database: postgres, log: log) : nil
        address.withLock { $0 = configuration[.address] ?? "http://\(configuration[.listen] ?? "")" }
        let options = try engineOptions(database.configuration, steps)
        try database.checkSchema(waker: hurry)
        if let listen, !listen.isLoopback { try database.requireKeys(toListenOn: listen) }
        let services = EngineServices(options, executor: steps?.executor, log: log)
        services.start()
        defer { services.stop(hurry: hurry) }
        guard let listen else {
            ready(nil)
            untilStop()
            return
        }
        let door = Door(
            services: services,
            database: database.configuration,
            steps: steps,
            dashboard: DashboardFiles(folder: configuration[.dashboardFolder]),
            log: log
        )
        let port = try door.open(listen)
        defer { door.close() }
        // Port 0 is known only now.
        if configuration[.address] == nil { address.withLock { $0 = "http://\(listen.host):\(port)" } }
        ready("http://\(listen.host):\(port)")
        untilStop()
    }

    private func engineOptions(
        _ database: PostgresConfiguration,
        _ steps: StepExecution?
    ) throws(CommandFailure) -> EngineServices.Options {
        var options = EngineServices.Options(database: database)
        if let url = configuration[.redisURL], !url.isEmpty {
            do {
                options.redis = try RedisConfiguration(url)
            } catch {
                throw CommandFailure(.configuration, "REDIS_URL: \(error.message)")
            }
        }
        options.writers = try configuration.integer(.writers, in: 1...16) ?? 1
        options.lease = try configuration.duration(.lease)
        options.shutdownGrace = try configuration.duration(.shutdownGrace)
        options.retention = try configuration.retention()
        options.traces = try TraceExporter.Options(configuration)
        if let steps { options.worker = try workerConfiguration(steps) }
        let pinned = PinnedDigests(steps: steps, database: database)
        options.pin = { pinned.look($0) }
        return options
    }

    private func workerConfiguration(_ steps: StepExecution) throws(CommandFailure) -> Worker.Configuration {
        let queues = configuration.list(.queues, separator: ",")
        guard !queues.isEmpty else {
            throw configuration.malformed(.queues, "", "a list of queue names separated by commas")
        }
        let slots = try configuration.integer(.slots, in: 1...10_000) ?? ThisProcess.processorCount * 4
        let about: JSONObject = [
            "host": .string(ThisProcess.hostName), "pid": .integer(Int64(ThisProcess.id)),
            "release": .string(Release.version), "slots": .integer(Int64(slots)),
            "queues": .array(queues.map { .string($0) }),
            "unenforceable": .array(steps.unenforceable.sorted().map { .string($0) }),
        ]
        var worker = Worker.Configuration(
            queues: queues,
            slots: slots,
            about: {
                var about = about
                about["plugins"] = steps.plugins()
                return JSONValue.object(about).serialized()
            },
            address: { [address] in address.withLock { $0 } }
        )
        worker.abilities = { steps.abilities() }
        return worker
    }
}

/// Where the API listens.
struct ListenAddress: Sendable {
    var host: String
    var port: UInt16

    var isLoopback: Bool { RequestGuard.loopback.contains(name) }

    /// As it was given; `host` is what the kernel is told.
    private var name: String

    init(_ configuration: Configuration) throws(CommandFailure) {
        let text = try configuration.required(.listen)
        let colon = text.lastIndex(of: ":") ?? text.endIndex
        guard colon < text.endIndex, let port = UInt16(text[text.index(after: colon)...]) else {
            throw configuration.malformed(.listen, text, "host:port such as 127.0.0.1:7295")
        }
        name = String(text[..<colon])
        self.port = port
        if name == "localhost" {
            host = "127.0.0.1"
        } else {
            host = name.hasPrefix("[") ? String(name.dropFirst().dropLast()) : name
        }
    }
}

/// The API of a process: opened last, closed first.
struct Door {
    private let polls: LongPolls
    private let logs: LogStreams
    private let streams: EventStreams
    private let server: APIServer

    init(
        services: EngineServices,
        database: PostgresConfiguration,
        steps: StepExecution?,
        dashboard: DashboardFiles,
        log: Log
    ) {
        let readers = ReaderPool(database: database, log: log)
        polls = LongPolls(watchers: services.engine.watchers, readers: readers)
        logs = LogStreams(watchers: services.engine.watchers, readers: readers)
        streams = EventStreams(engine: services.engine, database: database, log: log)
        let notifier = services.notifier
        let api = API(
            engine: services.engine,
            readers: readers,
            polls: polls,
            logs: logs,
            streams: streams,
            dashboard: dashboard,
            cron: services.cron,
            batches: services.batches,
            plugins: { steps?.plugins() ?? [] },
            redisProblem: { Self.redisProblem(notifier) }
        )
        let clock = services.engine.clock
        server = APIServer(
            routes: api.routes,
            readers: readers,
            gatekeeper: api.gatekeeper,
            clock: { clock.now }
        )
    }

    func open(_ listen: ListenAddress) throws(CommandFailure) -> UInt16 {
        polls.start()
        logs.start()
        streams.start()
        return try server.start(listen)
    }

    func close() {
        streams.stop()
        logs.stop()
        polls.stop()
        server.stop()
    }

    private static func redisProblem(_ notifier: Notifier?) -> String? {
        guard let notifier else { return "REDIS_URL is not set; workers poll" }
        if notifier.isConnected { return nil }
        return notifier.problem ?? "not connected yet"
    }
}
