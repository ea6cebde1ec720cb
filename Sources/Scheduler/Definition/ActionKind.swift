/// The keys that say what a step does, of which it has exactly one.
enum ActionKind: String, CaseIterable {
    case uses, run, sleep, until, wait, workflow, steps, set, `switch`, fail

    /// Which actions a key belongs to; a key that is not listed goes with all.
    static let owners: [String: [ActionKind]] = {
        var owners: [String: [ActionKind]] = [
            "with": [.uses, .run, .workflow],
            "shell": [.run],
            "capture": [.run],
            "output": [.steps],
            "timeout": [.uses, .run, .steps, .switch, .workflow],
            "priority": [.uses, .run, .workflow],
        ]
        for key in SettingsReader.stepKeys where owners[key] == nil { owners[key] = [.uses, .run] }
        return owners
    }()

    /// What to write instead of a key that does not belong to an action.
    static func hint(for key: String, on action: ActionKind) -> String? {
        switch (key, action) {
        case ("timeout", .wait): "write it within `wait: { signal, timeout }`"
        case ("output", _): "a `set` step after it can shape its output"
        case ("retry", .steps), ("retry", .switch): "give the steps inside their `retry`"
        default: nil
        }
    }
}
