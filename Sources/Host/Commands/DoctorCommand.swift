import Linux
import Postgres
import Redis
import Sandbox

/// `pawl doctor`: each setting and where it came from, what can be reached, what this host can enforce.
enum DoctorCommand {
    static let command = Command(
        ["doctor"],
        "Show each setting, what can be reached, and what this host can enforce",
        options: ServerCommands.settings,
        run: run
    )

    private static func run(_ invocation: Invocation) throws -> ExitCode {
        let configuration = try Configuration(flags: invocation, environment: ThisProcess.environment())
        Output.line("Settings")
        for setting in Setting.allCases { Output.line("  " + line(setting, configuration)) }
        Output.line("\nReach")
        Output.line("  Postgres  " + postgres(configuration))
        Output.line("  Redis     " + redis(configuration))
        Output.line("\nLimits that this host can enforce")
        for line in SandboxReport.lines() { Output.line("  " + line) }
        return .ok
    }

    private static func line(_ setting: Setting, _ configuration: Configuration) -> String {
        let name = setting.variable.padded(to: 18)
        guard let entry = configuration.entries[setting] else { return "\(name) not set" }
        return "\(name) \(setting.isSecret ? "set" : entry.value)  (\(entry.origin))"
    }

    private static func postgres(_ configuration: Configuration) -> String {
        guard let url = configuration[.databaseURL] else { return "DATABASE_URL is not set" }
        do {
            let connection = try PostgresConnection.open(PostgresConfiguration(url))
            defer { connection.close() }
            return "reached, server version \(connection.serverVersion / 10_000)"
        } catch {
            return error.message + (error.hint.map { "; \($0)" } ?? "")
        }
    }

    private static func redis(_ configuration: Configuration) -> String {
        guard let url = configuration[.redisURL] else { return "REDIS_URL is not set; workers poll" }
        do {
            try RedisConnection.open(RedisConfiguration(url)).command(["PING"])
            return "reached"
        } catch {
            return error.message
        }
    }
}
