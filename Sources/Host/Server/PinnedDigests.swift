import JSON
import Postgres
import Scheduler

/// The executables that there are now of actions, for runs with pinned steps.
struct PinnedDigests: Sendable {
    /// Nil where this process runs no steps: then those of all live workers count, as each has told with its
    /// last heartbeat.
    let steps: StepExecution?
    let database: PostgresConfiguration

    func look(_ actions: [String]) -> Pins {
        var pins = Pins()
        let others = steps == nil ? workers : []
        for action in actions {
            let name = ActionName(action)
            let found = steps?.digest(of: name).map { [$0] } ?? others.compactMap(name.digest)
            pins.digests[action] = Array(Set(found)).sorted()
        }
        return pins
    }

    /// What each live worker says of its plugins; nothing while the database does not answer, and then the
    /// run is not accepted either.
    private var workers: [JSONValue] {
        guard let store = try? PostgresStore.open(database), let views = try? store.operations().workers()
        else { return [] }
        return views.filter(\.isAlive).compactMap { try? JSONValue.parse(Array($0.about.utf8))["plugins"] }
    }
}

/// An action as a step names it, `file/write@1`.
struct ActionName: Sendable {
    let plugin: String
    let action: String
    let version: String?

    init(_ text: String) {
        let parts = text.split(separator: "@", maxSplits: 1)
        let names = parts.first?.split(separator: "/", maxSplits: 1) ?? []
        plugin = names.first.map(String.init) ?? ""
        action = names.count > 1 ? String(names[1]) : ""
        version = parts.count > 1 ? String(parts[1]) : nil
    }

    /// The digest in a worker's list of plugins, in which the newest version of each comes first.
    func digest(in plugins: JSONValue) -> String? {
        let found = plugins.arrayValue?.first { entry in
            guard entry["name"]?.stringValue == plugin else { return false }
            guard let version else { return true }
            let known = entry["version"]?.stringValue ?? ""
            return known == version || known.hasPrefix("\(version).")
        }
        let actions = found?["actions"]?.arrayValue ?? []
        return actions.first { $0["name"]?.stringValue == action }?["digest"]?.stringValue
    }
}

extension StepExecution {
    fileprivate func digest(of name: ActionName) -> String? {
        try? executor.registry.action(name.action, of: name.plugin, version: name.version, mustBeFresh: true)
            .digest
    }
}
