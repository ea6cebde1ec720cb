import Development
import Glibc
import Linux
import Postgres
import Scheduler

/// `pawl serve`, `worker`, `migrate`: the parts of an installation.
enum ServerCommands {
    static let settings =
        Setting.allCases.map(\.option) + [
            Option("config", value: "FILE", "a YAML file with settings; also PAWL_CONFIG")
        ]

    static let all: [Command] = [
        Command(
            ["serve"],
            "Serve the API; with --worker run steps too",
            options: settings + [Option("worker", "run steps in this process too")],
            run: { try run($0, roles: .init(serves: true, works: $0.has("worker"))) }
        ),
        Command(
            ["worker"],
            "Run steps",
            options: settings,
            run: { try run($0, roles: .init(serves: false, works: true)) }
        ),
        Command(["migrate"], "Bring the database's schema up to date", options: settings, run: migrate),
    ]

    /// Runs until SIGTERM or SIGINT; a second one ends the waiting for running steps.
    static func run(_ invocation: Invocation, roles: ServingProcess.Roles) throws(CommandFailure) -> ExitCode
    {
        let stopping = StopSignals()
        let log = Log()
        let configuration = try Configuration(flags: invocation, environment: ThisProcess.environment())
        let process = ServingProcess(configuration, roles: roles, log: log)
        stopping.onSignal { process.hurry.wake() }
        try process.run(
            ready: { address in
                log.info("ready", address.map { ["address": .string($0)] } ?? [:])
            },
            untilStop: { stopping.wait() }
        )
        return .ok
    }

    private static func migrate(_ invocation: Invocation) throws -> ExitCode {
        let configuration = try Configuration(flags: invocation, environment: ThisProcess.environment())
        let log = Log()
        let database = try Database(url: try configuration.required(.databaseURL), log: log)
        let stopping = StopSignals()
        let waker = Waker()
        stopping.onSignal { waker.wake() }
        try database.migrate(waker: waker)
        log.info("the schema is up to date")
        return .ok
    }
}
