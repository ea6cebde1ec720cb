import Development
import Linux
import Postgres
import Scheduler

/// `pawl dev`: everything that a developer needs, in one process and its private servers.
enum DevCommand {
    static let command = Command(
        ["dev"],
        "Run the engine on a private Postgres and Redis",
        options: [
            Option("data", value: "DIR", "where the private servers keep their data; default .pawl"),
            Option("port", value: "N", "port of the API; 0 picks a free one; default 7295"),
        ] + ServerCommands.settings,
        run: run
    )

    private static func run(_ invocation: Invocation) throws -> ExitCode {
        let stopping = StopSignals()
        let log = Log()
        var configuration = try Configuration(flags: invocation, environment: ThisProcess.environment())
        let port = try invocation.integer("port", in: 0...65_535)
        if let port { configuration[.listen] = "127.0.0.1:\(port)" }
        let folder = invocation.value("data") ?? ".pawl"
        do {
            let servers = try PrivateServers(folder: absolute(folder))
            try servers.start(log: log)
            defer { servers.stop() }
            configuration[.databaseURL] = servers.databaseURL
            configuration[.redisURL] = servers.redisURL
            return try run(configuration, log: log, stopping: stopping)
        } catch let error as DevelopmentError {
            throw CommandFailure(.failed, error.message, hint: error.hint)
        } catch let error as PostgresError {
            throw CommandFailure(.failed, error.message, hint: error.hint)
        }
    }

    private static func run(
        _ configuration: Configuration,
        log: Log,
        stopping: StopSignals
    ) throws(CommandFailure) -> ExitCode {
        let process = ServingProcess(configuration, roles: .init(serves: true, works: true), log: log)
        stopping.onSignal { process.hurry.wake() }
        let database = try Database(url: try configuration.required(.databaseURL), log: log)
        try database.migrate(waker: process.hurry)
        try process.run(
            ready: { StandardStream.output.write("ready \($0 ?? "")\n") },
            untilStop: { stopping.wait() }
        )
        return .ok
    }

    /// Servers run in folders of their own, so a relative path would not be theirs.
    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(ThisProcess.workingFolder)/\(path)"
    }
}

/// The private Postgres and Redis of `pawl dev`.
struct PrivateServers {
    private static let database = "pawl"
    private let postgres: PrivatePostgres
    private let redis: PrivateRedis

    init(folder: String) throws(DevelopmentError) {
        postgres = try PrivatePostgres(folder: "\(folder)/postgres")
        redis = try PrivateRedis(folder: "\(folder)/redis")
    }

    var databaseURL: String { postgres.url(database: Self.database) }
    var redisURL: String { redis.url }

    func start(log: Log) throws {
        log.info("starting private Postgres and Redis")
        try postgres.start()
        try postgres.createDatabase(Self.database)
        try redis.start()
    }

    func stop() {
        redis.stop()
        postgres.stop()
    }
}
