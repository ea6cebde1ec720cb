import Linux
import Scheduler

/// What a person types for an action: `payments/charge@1`, `./payments/charge`, `./charge.py`.
public struct PluginReference: Sendable {
    public let registry: PluginRegistry
    public let call: PluginCall
    public let action: PluginAction

    /// Finds the action, by path if there is such a folder or program here, else by name in `folders`.
    ///
    /// - Throws: `PluginUnavailable` with what was looked for, where, and what there is.
    public init(_ text: String, folders: [String]) throws(StepError) {
        let parts = text.split(separator: "@", maxSplits: 1).map(String.init)
        let version = parts.count == 2 ? parts[1] : nil
        let path = parts.first ?? ""
        let slash = path.lastIndex(of: "/")
        let plugin = slash.map { String(path[..<$0]) } ?? path
        let action = slash.map { String(path[path.index(after: $0)...]) }
        if action != nil, let registry = Self.registry(at: plugin) {
            try self.init(registry, plugin: nil, action: action, version)
        } else if let registry = Self.registry(at: path) {
            try self.init(registry, plugin: nil, action: nil, version)
        } else if Files.kind(of: path) == .file, let problem = Executable.problem(of: path) {
            throw StepError(type: ErrorType.pluginUnavailable, message: problem, retryable: false)
        } else {
            try self.init(PluginRegistry(folders: folders), plugin: plugin, action: action, version)
        }
    }

    /// The registry of one plugin by its path; nil if there is none.
    public static func registry(at path: String) -> PluginRegistry? {
        if Files.exists("\(path)/plugin.yaml") { return PluginRegistry(folders: [path]) }
        return Files.kind(of: path) == .file && Files.isExecutable(path)
            ? PluginRegistry(folders: [path]) : nil
    }

    private init(
        _ registry: PluginRegistry,
        plugin: String?,
        action: String?,
        _ version: String?
    ) throws(StepError) {
        let catalogue = registry.catalogue
        guard let name = plugin ?? catalogue.plugins.first?.name else {
            let problems = catalogue.problems.map(\.description).joined(separator: "\n")
            throw StepError(type: ErrorType.pluginUnavailable, message: problems, retryable: false)
        }
        let actions = catalogue.plugins.first { $0.name == name }?.actions ?? []
        let only = actions.count == 1 ? actions[0].name : nil
        let chosen = action ?? only ?? ""
        self.registry = registry
        call = PluginCall(plugin: name, action: chosen, version: version)
        self.action = try registry.action(chosen, of: name, version: version)
    }
}
