import Executors
import JSON

/// `pawl plugin list`: the plugins that a worker with these settings would have.
enum PluginListCommand {
    static let command = Command(
        ["plugin", "list"],
        "List the actions of the plugins that are found",
        options: [PluginCommands.pathOption],
        run: run
    )

    private static func run(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        let configuration = try PluginCommands.configuration(invocation)
        let registry = PluginRegistry(folders: configuration.list(.pluginPath, separator: ":"))
        let catalogue = registry.catalogue
        let actions = catalogue.plugins.flatMap { plugin in plugin.actions.map { json(plugin, $0) } }
        output.print(actions, name: "action", columns: ["action", "version", "mode", "summary"])
        for problem in catalogue.problems { Output.tell("pawl: \(problem)") }
        return .ok
    }

    private static func json(_ plugin: Plugin, _ action: PluginAction) -> JSONValue {
        [
            "action": .string("\(plugin.name)/\(action.name)"),
            "version": plugin.version.map { .string($0.description) } ?? .null,
            "mode": .string(action.manifest.mode.rawValue),
            "summary": action.manifest.summary.map { .string($0) } ?? .null,
            "path": .string(plugin.path),
            "digest": action.digest.map { .string($0) } ?? .null,
            "problem": action.problem.map { .string($0) } ?? .null,
        ]
    }
}
