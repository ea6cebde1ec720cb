import Executors

/// `pawl plugin lint`: what can be said about plugins without running them.
enum PluginLintCommand {
    static let command = Command(
        ["plugin", "lint"],
        "Check manifests, schemas, programs and tests",
        operands: "[DIR]",
        count: 0...1,
        options: [PluginCommands.pathOption],
        run: run
    )

    private static func run(_ invocation: Invocation) throws -> ExitCode {
        let configuration = try PluginCommands.configuration(invocation)
        let folders =
            invocation.operands.isEmpty
            ? configuration.list(.pluginPath, separator: ":") : invocation.operands
        let registry = PluginRegistry(folders: folders)
        let lint = PluginLint(registry)
        for finding in lint.findings { Output.line(finding) }
        if lint.findings.isEmpty {
            let count = registry.catalogue.plugins.count
            Output.tell("\(count) plugin\(count == 1 ? "" : "s"), nothing to say")
        }
        return lint.hasErrors ? .failed : .ok
    }
}
