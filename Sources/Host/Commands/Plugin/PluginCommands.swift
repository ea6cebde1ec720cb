import Executors
import JSON
import Linux
import Scheduler

/// The commands of `pawl plugin`: what an author of plugins needs, without a server.
enum PluginCommands {
    static let all: [Command] = [
        PluginListCommand.command, PluginRunCommand.command, PluginLintCommand.command,
        PluginTestCommand.command, PluginNewCommand.command, PluginConformanceCommand.command,
        PluginFuzzCommand.command, PluginBenchCommand.command,
    ]

    /// Options of the commands that look plugins up by name.
    static let pathOption = Setting.pluginPath.option
    static let secretOption = Option(
        "secret",
        value: "NAME=VALUE|@FILE",
        "a secret; others come from PAWL_SECRETS_DIR, PAWL_SECRET_… and PAWL_SECRETS_COMMAND",
        repeatable: true
    )

    /// The plugin of an operand, by path or name.
    static func reference(
        _ text: String,
        _ configuration: Configuration
    ) throws(CommandFailure) -> PluginReference {
        let folders = configuration.list(.pluginPath, separator: ":")
        do throws(StepError) {
            return try PluginReference(text, folders: folders)
        } catch {
            throw CommandFailure(.usage, error.message)
        }
    }

    static func configuration(_ invocation: Invocation) throws(CommandFailure) -> Configuration {
        try Configuration(flags: invocation, environment: ThisProcess.environment())
    }

    /// Runs a body with a harness that is closed afterwards.
    static func withHarness<Result>(
        _ configuration: Configuration,
        _ body: (Harness) throws -> Result
    ) throws -> Result {
        let harness: Harness
        do {
            harness = try Harness(scratch: configuration.scratchFolder)
        } catch {
            throw CommandFailure(
                .configuration,
                "programs cannot be run here: \(error)",
                hint: "see `pawl doctor`"
            )
        }
        defer { harness.close() }
        return try body(harness)
    }

    static func secrets(
        _ invocation: Invocation,
        _ configuration: Configuration
    ) throws(CommandFailure) -> GivenSecrets {
        var given: [String: [UInt8]] = [:]
        for argument in invocation.all("secret") {
            guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else {
                throw .usage("--secret takes NAME=VALUE or NAME=@FILE")
            }
            let value = argument[argument.index(after: equals)...]
            given[String(argument[..<equals])] = try secret(String(value))
        }
        return GivenSecrets(
            given,
            folder: configuration[.secretsFolder],
            command: configuration.secretsCommand
        )
    }

    private static func secret(_ value: String) throws(CommandFailure) -> [UInt8] {
        guard value.hasPrefix("@") else { return Array(value.utf8) }
        do {
            return try Files.read(String(value.dropFirst()), limit: 1 << 20)
        } catch {
            throw .usage("--secret: \(error)")
        }
    }

    /// The document that `--input FILE` or `--input -` names; `{}` without it.
    static func input(_ invocation: Invocation) throws(CommandFailure) -> JSONValue? {
        guard let source = invocation.value("input") else { return nil }
        let argument = source == "-" || source.hasPrefix("@") ? source : "@\(source)"
        // What is too large for a step is refused as a worker refuses it.
        return try InputArguments([argument], limit: 64 << 20).input(schema: nil)
    }

}
