import JSON
import JSONSchema
import Scheduler
import YAML

/// Reads a `plugin.yaml`; what is wrong with it is listed in full, each with line and column.
public struct ManifestReader {
    private let diagnostics: Diagnostics

    /// The manifest, or nil if the diagnostics have errors.
    public static func read(_ bytes: [UInt8], _ diagnostics: Diagnostics) -> Manifest? {
        let root: YAMLNode
        do {
            root = try YAMLNode.parse(bytes)
        } catch {
            diagnostics.add(.error, error.message, at: error.mark, path: .root)
            return nil
        }
        let manifest = ManifestReader(diagnostics: diagnostics).manifest(
            SourceValue(root: root, diagnostics: diagnostics)
        )
        return diagnostics.hasErrors ? nil : manifest
    }

    private func manifest(_ value: SourceValue) -> Manifest? {
        let known = ["name", "version", "protocol", "actions", "warm"]
        guard let fields = value.fields("a manifest", known: known) else { return nil }
        let name = fields.required("name", of: "a manifest")?.name(.plugin)
        let version = fields.required("version", of: "a manifest").flatMap(version)
        if let release = fields["protocol"], release.node.scalar?.value.integerValue != 1 {
            release.mismatch("1, the only version of the protocol there is")
        }
        let actions = fields.required("actions", of: "a manifest").flatMap(actions) ?? []
        let warm = fields["warm"].flatMap(warm)
        guard let name, let version else { return nil }
        return Manifest(name: name, version: version, actions: actions, warm: warm)
    }

    private func version(_ value: SourceValue) -> PluginVersion? {
        guard let version = value.node.scalar.flatMap({ PluginVersion($0.text) }) else {
            value.mismatch("a version such as 1.4.0")
            return nil
        }
        return version
    }

    private func actions(_ value: SourceValue) -> [Manifest.Action]? {
        guard let members = value.members("a mapping of actions") else { return nil }
        if members.isEmpty { value.error("`actions` is empty; a plugin has at least one") }
        return members.compactMap { name, value in
            if !NamePattern.action.matches(name) {
                value.keyError("\"\(name)\" cannot name an action: it must be \(NamePattern.action)")
            }
            return action(name, value)
        }
    }

    private func action(_ name: String, _ value: SourceValue) -> Manifest.Action? {
        let own = ["summary", "exec", "mode", "input", "output", "exit_codes", "examples"]
        let known = own + SettingsReader.manifestKeys
        guard let fields = value.fields("an action", known: known) else { return nil }
        let mode = fields["mode"]?.choice(Manifest.Mode.self) ?? .oneshot
        if mode == .warm { refuseProcessorTime(fields["limits"]) }
        return Manifest.Action(
            name: name,
            summary: fields["summary"]?.text(),
            exec: fields.required("exec", of: "an action").flatMap(exec) ?? [],
            mode: mode,
            input: fields["input"].flatMap(schema),
            output: fields["output"].flatMap(schema),
            settings: SettingsReader.manifest.settings(fields),
            exitCodes: fields["exit_codes"].flatMap(exitCodes) ?? [:],
            examples: fields["examples"].flatMap(examples) ?? [],
            line: value.keyMark.line
        )
    }

    /// Processor time is counted by process, and a warm one lives longer than any attempt.
    private func refuseProcessorTime(_ limits: SourceValue?) {
        guard let limits, let members = limits.members("a mapping of limits") else { return }
        for (key, value) in members where key == "cpu_time" {
            value.keyError("`cpu_time` binds one-shot actions only; a warm action has its `timeout`")
        }
    }

    private func exec(_ value: SourceValue) -> [String]? {
        let expected = "the program and its arguments, such as [./charge.py]"
        guard let elements = value.elements(expected) else { return nil }
        let words = elements.compactMap { $0.text("text") }
        if elements.isEmpty || words.first == "" { value.mismatch(expected) }
        for (element, word) in zip(elements, words) where word.utf8.contains(0) {
            element.error("\(word.debugDescription) holds a NUL character, which no argument can")
        }
        return words
    }

    private func schema(_ value: SourceValue) -> Schema? {
        if let schema = try? Schema.compile(value.node.json) { return schema }
        SchemaCheck.check(value)
        return nil
    }

    private func exitCodes(_ value: SourceValue) -> [Int32: Manifest.ExitRule]? {
        guard let members = value.members("a mapping of exit statuses") else { return nil }
        var rules: [Int32: Manifest.ExitRule] = [:]
        for (key, value) in members {
            guard let status = Int32(key), (1...255).contains(status) else {
                value.keyError("\"\(key)\" is no exit status from 1 to 255; 0 is success")
                continue
            }
            guard let fields = value.fields("an exit code", known: ["type", "retryable"]) else { continue }
            rules[status] = Manifest.ExitRule(
                type: fields["type"]?.name(.errorType),
                retryable: fields["retryable"]?.bool()
            )
        }
        return rules
    }

    private func examples(_ value: SourceValue) -> [Manifest.Example]? {
        guard let elements = value.elements("a list of examples") else { return nil }
        return elements.compactMap { element in
            let what = "an example"
            guard let fields = element.fields(what, known: ["name", "input", "output"]) else { return nil }
            let name = fields.required("name", of: what)?.text()
            let input = fields.required("input", of: what)?.node.json
            guard let name, let input else { return nil }
            return Manifest.Example(name: name, input: input, output: fields["output"]?.node.json)
        }
    }

    private func warm(_ value: SourceValue) -> Manifest.WarmRules? {
        let known = ["concurrency", "max_requests", "idle", "start_timeout", "max_rss"]
        guard let fields = value.fields("`warm`", known: known) else { return nil }
        return Manifest.WarmRules(
            concurrency: fields["concurrency"]?.integer(in: 1...10_000),
            maxRequests: fields["max_requests"]?.integer(in: 1...Int.max),
            idleMilliseconds: fields["idle"]?.duration(),
            startTimeoutMilliseconds: fields["start_timeout"]?.duration(),
            maxResidentBytes: fields["max_rss"]?.size()
        )
    }
}
