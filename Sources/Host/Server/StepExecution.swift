import Executors
import JSON
import Linux
import Postgres
import Sandbox
import Scheduler

/// What runs steps in this process: the sandbox, the plugins, and the executor over both.
struct StepExecution: Sendable {
    let executor: PluginExecutor

    init(
        _ configuration: Configuration,
        database: PostgresConfiguration,
        log: Log
    ) throws(CommandFailure) {
        let folder = configuration.scratchFolder
        let sandbox: Sandbox
        do {
            sandbox = try Sandbox(folder: folder)
        } catch {
            throw CommandFailure(
                .configuration,
                "steps cannot be run here: \(error)",
                hint: "see `pawl doctor`; scratch folders are made in \(folder)"
            )
        }
        let registry = PluginRegistry(folders: configuration.list(.pluginPath, separator: ":"))
        for problem in registry.catalogue.problems {
            log.warning("a plugin cannot be used", ["problem": .string(problem.description)])
        }
        let secrets = WorkerSecrets(
            folder: configuration[.secretsFolder],
            command: configuration.secretsCommand
        )
        executor = PluginExecutor(
            sandbox: sandbox,
            registry: registry,
            secrets: secrets,
            artifacts: DatabaseArtifacts(database: database)
        ) { plugin, line in
            log.info("a warm process says", ["plugin": .string(plugin), "message": .string(line.message)])
        }
    }

    /// The plugins as `GET /v1/plugins` lists them, and what is wrong with others.
    func plugins() -> JSONValue {
        let catalogue = executor.registry.catalogue
        let plugins = catalogue.plugins.map { plugin -> JSONValue in
            [
                "name": .string(plugin.name), "version": RunJSON.text(plugin.version?.description),
                "path": .string(plugin.path), "actions": .array(plugin.actions.map(Self.action)),
            ]
        }
        let problems = catalogue.problems.map { problem -> JSONValue in
            ["path": .string(problem.path), "problem": .string(problem.description)]
        }
        return .array(plugins + problems)
    }

    /// The limits that this host does not keep.
    var unenforceable: Set<String> { executor.unenforceable }

    /// What tasks may need that this host has: actions of plugins, by each version they answer to, and limits
    /// that it keeps.
    func abilities() -> Set<String> {
        var abilities = Set(Limits.names.filter { !unenforceable.contains($0) }.map { "limit:\($0)" })
        for plugin in executor.registry.catalogue.plugins {
            // One that cannot be started is taken, too: its step fails and says why.
            for action in plugin.actions {
                let name = "\(plugin.name)/\(action.name)"
                abilities.insert(name)
                let parts = plugin.version?.description.split(separator: ".") ?? []
                for count in parts.indices {
                    abilities.insert("\(name)@\(parts[...count].joined(separator: "."))")
                }
            }
        }
        return abilities
    }

    private static func action(_ action: PluginAction) -> JSONValue {
        [
            "name": .string(action.name), "summary": RunJSON.text(action.manifest.summary),
            "mode": .string(action.manifest.mode.rawValue), "digest": RunJSON.text(action.digest),
            "problem": RunJSON.text(action.problem),
        ]
    }
}
