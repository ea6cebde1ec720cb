import Linux
import Scheduler
import Wording
import YAML

/// What this process was told, and where each value came from: flags, then variables, then a file, then us.
struct Configuration: Sendable {
    struct Entry: Sendable {
        var value: String
        /// `flag --listen`, `variable PAWL_LISTEN`, `file /etc/pawl.yaml, line 3`, `default`.
        var origin: String
    }

    private(set) var entries: [Setting: Entry] = [:]

    /// Gathers all values.
    ///
    /// Nothing is checked but the configuration file.
    init(flags: Invocation, environment: [String: String]) throws(CommandFailure) {
        var file: [Setting: Entry] = [:]
        if let path = flags.value("config") ?? environment["PAWL_CONFIG"] { file = try Self.read(file: path) }
        for setting in Setting.allCases {
            if let value = flags.value(setting.flag) {
                entries[setting] = Entry(value: value, origin: "flag --\(setting.flag)")
            } else if let value = environment[setting.variable] {
                entries[setting] = Entry(value: value, origin: "variable \(setting.variable)")
            } else if let path = environment[setting.variable + "_FILE"] {
                entries[setting] = try Self.readSecret(path, for: setting)
            } else if let entry = file[setting] {
                entries[setting] = entry
            } else if let value = setting.fallback {
                entries[setting] = Entry(value: value, origin: "default")
            }
        }
    }

    subscript(setting: Setting) -> String? {
        get { entries[setting]?.value }
        set { entries[setting] = newValue.map { Entry(value: $0, origin: "this command") } }
    }

    /// Fails with what to do when a value that the command cannot do without is missing.
    func required(_ setting: Setting) throws(CommandFailure) -> String {
        if let value = self[setting], !value.isEmpty { return value }
        throw CommandFailure(
            .configuration,
            "\(setting.variable) is not set",
            hint: "set \(setting.variable), --\(setting.flag), or \(setting.key) in the configuration file"
        )
    }

    func duration(_ setting: Setting) throws(CommandFailure) -> Duration {
        let text = try required(setting)
        guard let milliseconds = DurationText.milliseconds(text), milliseconds > 0 else {
            throw malformed(setting, text, "a duration such as 10s or 1m30s")
        }
        return .milliseconds(milliseconds)
    }

    func integer(_ setting: Setting, in range: ClosedRange<Int>) throws(CommandFailure) -> Int? {
        guard let text = self[setting] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw malformed(setting, text, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// How long runs are kept; nil for ever.
    func retention() throws(CommandFailure) -> Retention? {
        guard let text = self[.retention] else { return nil }
        guard let retention = Retention(text) else {
            throw malformed(.retention, text, "a duration such as 30d, off, or 30d,failed=90d")
        }
        return retention.shortest == nil ? nil : retention
    }

    func list(_ setting: Setting, separator: Character) -> [String] {
        (self[setting] ?? "").split(separator: separator).map(String.init)
    }

    func malformed(_ setting: Setting, _ text: String, _ expected: String) -> CommandFailure {
        let shown = setting.isSecret ? "its value" : "“\(text)”"
        let origin = entries[setting]?.origin ?? "unset"
        return CommandFailure(.configuration, "\(setting.variable) (\(origin)): \(shown) is not \(expected)")
    }
}

extension Configuration {
    private static func read(file path: String) throws(CommandFailure) -> [Setting: Entry] {
        let root: YAMLNode
        do {
            root = try YAMLNode.parse(String(decoding: try Files.read(path, limit: 1 << 20), as: UTF8.self))
        } catch {
            throw CommandFailure(.configuration, "configuration file \(path): \(error)")
        }
        var entries: [Setting: Entry] = [:]
        guard case .mapping(let members) = root.content else {
            throw CommandFailure(
                .configuration,
                "configuration file \(path): it is no mapping of keys to values"
            )
        }
        for member in members {
            let line = member.keyMark.line
            guard let setting = Setting.allCases.first(where: { $0.key == member.key }) else {
                let hint = NearestName.hint(for: member.key, among: Setting.allCases.map(\.key))
                let message = "configuration file \(path), line \(line): unknown key “\(member.key)”"
                throw CommandFailure(.configuration, message, hint: hint)
            }
            guard case .scalar(let scalar) = member.value.content else {
                let message = "configuration file \(path), line \(line): \(setting.key) takes one value"
                throw CommandFailure(.configuration, message)
            }
            entries[setting] = Entry(value: scalar.text, origin: "file \(path), line \(line)")
        }
        return entries
    }

    private static func readSecret(_ path: String, for setting: Setting) throws(CommandFailure) -> Entry {
        do {
            let bytes = try Files.read(path, limit: 64 << 10)
            let text = String(decoding: bytes, as: UTF8.self)
            let value = text.hasSuffix("\n") ? String(text.dropLast()) : text
            return Entry(value: value, origin: "file \(path), by \(setting.variable)_FILE")
        } catch {
            throw CommandFailure(.configuration, "\(setting.variable)_FILE: \(error)")
        }
    }
}
