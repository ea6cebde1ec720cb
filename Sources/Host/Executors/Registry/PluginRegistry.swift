import Linux
import Scheduler
import Wording

/// The plugins of some folders, read again when they change.
public final class PluginRegistry: Sendable {
    fileprivate struct State: Sendable {
        var catalogue: PluginCatalogue
        var byName: [String: [Plugin]]
        var looked: MonotonicTime
    }

    /// Absolute, in the order in which they are searched.
    public let folders: [String]
    private let cache = FileCache()
    private let state: Locked<State>

    /// How long a look at the files holds: one costs some 2 µs a file.
    private static let interval = Duration.milliseconds(250)

    /// Reads folders of plugins, or single plugins.
    ///
    /// Relative paths start at the working folder of this process.
    public init(folders: [String]) {
        let absolute = folders.map(Self.absolute)
        self.folders = absolute
        state = Locked(State(PluginScanner.scan(absolute, cache: cache)))
    }

    private static func absolute(_ path: String) -> String {
        let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        if trimmed.hasPrefix("/") { return trimmed }
        let relative = trimmed.hasPrefix("./") ? String(trimmed.dropFirst(2)) : trimmed
        return relative == "." ? ThisProcess.workingFolder : "\(ThisProcess.workingFolder)/\(relative)"
    }

    /// What the folders hold now.
    public var catalogue: PluginCatalogue {
        state.withLock { state in
            refresh(&state)
            return state.catalogue
        }
    }

    /// The action of a call, as the files are now if it `mustBeFresh`.
    ///
    /// Of the versions `1` is the newest 1.x, `1.4.0` exact, nil the newest of all.
    ///
    /// - Throws: `PluginUnavailable`, with what was looked for, where, and what there is.
    public func action(
        _ name: String,
        of plugin: String,
        version: String? = nil,
        mustBeFresh: Bool = false
    ) throws(StepError) -> PluginAction {
        let found = state.withLock { state in
            if mustBeFresh || .now - state.looked > Self.interval { refresh(&state) }
            if let action = state.find(name, plugin, version) { return action as PluginAction? }
            refresh(&state)
            return state.find(name, plugin, version)
        }
        guard let found else { throw unavailable(name, plugin, version) }
        if let problem = found.problem {
            throw Self.unavailable("\(plugin)/\(name) cannot be run: \(problem)")
        }
        return found
    }

    private func refresh(_ state: inout State) {
        if state.catalogue.isCurrent {
            state.looked = .now
        } else {
            state = State(PluginScanner.scan(folders, cache: cache))
        }
    }

    private func unavailable(_ action: String, _ plugin: String, _ version: String?) -> StepError {
        let state = state.withLock { $0 }
        guard let versions = state.byName[plugin], let newest = versions.first else {
            let places = folders.isEmpty ? "no folder, as none is given" : folders.joined(separator: ", ")
            var message = "there is no plugin \"\(plugin)\"; looked in \(places)"
            if let hint = NearestName.hint(for: plugin, among: state.byName.keys) { message += "; \(hint)" }
            let problem = state.catalogue.problems.first { problem in
                problem.path.split(separator: "/").contains { $0 == plugin }
            }
            if let told = problem?.description ?? notExecutable(plugin) { message += "; \(told)" }
            return Self.unavailable(message)
        }
        if let version, state.plugin(plugin, version) == nil {
            let known = versions.map { $0.version?.description ?? "one without a version" }
            let listed = known.joined(separator: ", ")
            return Self.unavailable("plugin \(plugin) has no version \(version); there is \(listed)")
        }
        let chosen = state.plugin(plugin, version) ?? newest
        let names = chosen.actions.map(\.name)
        let hint = NearestName.hint(for: action, among: names) ?? "it has \(names.joined(separator: ", "))"
        return Self.unavailable("plugin \(chosen.title) has no action \"\(action)\"; \(hint)")
    }

    /// What is wrong with a file that would be this plugin if it could be executed.
    private func notExecutable(_ plugin: String) -> String? {
        for folder in folders {
            let names = (try? Files.names(in: folder)) ?? []
            guard let name = names.first(where: { PluginScanner.name(ofExecutable: $0) == plugin }) else {
                continue
            }
            let path = "\(folder)/\(name)"
            if Files.kind(of: path) == .file { return Executable.problem(of: path) }
        }
        return nil
    }

    private static func unavailable(_ message: String) -> StepError {
        StepError(type: ErrorType.pluginUnavailable, message: message, retryable: false)
    }
}

extension PluginRegistry.State {
    init(_ catalogue: PluginCatalogue) {
        self.init(
            catalogue: catalogue,
            byName: Dictionary(grouping: catalogue.plugins, by: \.name),
            looked: .now
        )
    }

    /// The newest plugin that a version text asks for.
    func plugin(_ name: String, _ version: String?) -> Plugin? {
        guard let version else { return byName[name]?.first }
        guard let wanted = PluginVersion(version) else { return nil }
        return byName[name]?.first { $0.version?.satisfies(wanted) ?? false }
    }

    func find(_ action: String, _ name: String, _ version: String?) -> PluginAction? {
        plugin(name, version)?.action(action)
    }
}
