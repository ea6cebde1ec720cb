import Scheduler

/// A plugin that was found: a folder with a manifest, or a single executable.
public struct Plugin: Sendable {
    public var name: String
    /// Nil for a single executable.
    public var version: PluginVersion?
    /// Its folder, or the folder in which the single executable lies.
    public var folder: String
    /// Its manifest, or the single executable.
    public var path: String
    /// In the order of the manifest.
    public var actions: [PluginAction]

    func action(_ name: String) -> PluginAction? { actions.first { $0.name == name } }

    /// `payments 1.4.0`.
    var title: String { version.map { "\(name) \($0)" } ?? name }
}

/// An action of a plugin, with everything about it that is the same for each attempt.
public final class PluginAction: Sendable {
    public let plugin: String
    public let version: PluginVersion?
    public let name: String
    public let manifest: Manifest.Action
    /// Why it cannot be started, if so.
    public let problem: String?
    let program: StepProgram

    init(
        plugin: String,
        version: PluginVersion?,
        manifest: Manifest.Action,
        problem: String?,
        program: StepProgram
    ) {
        self.plugin = plugin
        self.version = version
        name = manifest.name
        self.manifest = manifest
        self.problem = problem
        self.program = program
    }

    /// SHA-256 of the manifest and the executable.
    public var digest: String? { program.digest }
    /// The program and its arguments, with absolute paths.
    public var arguments: [String] { program.arguments }
}

/// What is wrong with something in a plugin folder; the plugins beside it work.
public struct PluginProblem: Sendable, Hashable, CustomStringConvertible {
    public var path: String
    /// The place in the manifest, if it has one.
    public var diagnostic: Diagnostic?
    public var message: String

    public var description: String {
        diagnostic.map { "\(path):\($0)" } ?? "\(path): \(message)"
    }
}
