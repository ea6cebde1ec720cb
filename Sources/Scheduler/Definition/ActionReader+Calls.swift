import JSON
import YAML

/// Actions that call something outside: a plugin, a script, a child run.
extension ActionReader {
    /// The programs that those who run a script bring with them, by the name of the shell.
    private static let shells: [String: [String]] = [
        "sh": ["sh", "-e"],
        "bash": ["bash", "-eo", "pipefail"],
        "python3": ["python3"],
        "node": ["node"],
    ]

    /// `uses: plugin/action[@version]`.
    func plugin(_ value: SourceValue, with: SourceValue?) -> Action? {
        let with = with.map(programs.template)
        guard let text = value.text("plugin/action, such as payments/charge") else { return nil }
        let (name, version) = Self.split(text)
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard
            parts.count == 2, NamePattern.plugin.matches(parts[0]), NamePattern.action.matches(parts[1])
        else {
            value.mismatch("plugin/action, such as payments/charge")
            return nil
        }
        if let version, !Self.isVersion(version) {
            value.error(
                "\"@\(version)\" is no version",
                hint: "@1 is the newest 1.x, @1.4.0 exactly that one"
            )
            return nil
        }
        let call = PluginCall(
            plugin: String(parts[0]),
            action: String(parts[1]),
            version: version,
            with: with
        )
        return .plugin(call)
    }

    /// `workflow: NAME[@version]`.
    func child(_ value: SourceValue, with: SourceValue?) -> Action? {
        let with = with.map(programs.template)
        guard let text = value.text("the name of a workflow") else { return nil }
        let (name, version) = Self.split(text)
        guard NamePattern.workflow.matches(name) else {
            value.mismatch("NAME or NAME@VERSION, the name of a workflow")
            return nil
        }
        if let version, !Self.isNumber(version[...]) || Int(version) == 0 {
            value.error(
                "\"@\(version)\" is no version of a workflow",
                hint: "they are whole numbers from 1, such as \(name)@3"
            )
            return nil
        }
        return .child(ChildCall(workflow: name, version: version, with: with))
    }

    /// `run:`, literal text; a plain `true` or `1` is the command of that name.
    func script(_ value: SourceValue, _ fields: Fields) -> Action? {
        let with = fields["with"].map(programs.template)
        let shell = fields["shell"].flatMap(shell) ?? Self.shells["sh"] ?? []
        let capture = fields["capture"]?.choice(Script.Capture.self) ?? .text
        guard let scalar = value.node.scalar, !scalar.value.isNull else {
            value.mismatch("the text of a script")
            return nil
        }
        return .script(Script(shell: shell, source: scalar.text, capture: capture, with: with))
    }

    private func shell(_ value: SourceValue) -> [String]? {
        guard let elements = value.node.sequence else {
            let names = ["sh", "bash", "python3", "node"]
            return value.choice(of: names).flatMap { Self.shells[$0] }
        }
        let words = elements.enumerated().compactMap { value.element($0.offset, $0.element).text() }
        if elements.isEmpty { value.error("`shell` needs the name of a program") }
        return words
    }

    private static func split(_ text: String) -> (name: String, version: String?) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), parts.count == 2 ? String(parts[1]) : nil)
    }

    /// `1`, `1.4` or `1.4.0`, the last also with a suffix such as `-rc1`.
    private static func isVersion(_ text: String) -> Bool {
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        guard (1...3).contains(numbers.count), numbers.allSatisfy(isNumber) else { return false }
        guard parts.count == 2 else { return true }
        let suffix = parts[1].utf8
        return numbers.count == 3 && !suffix.isEmpty && suffix.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    private static func isNumber(_ text: Substring) -> Bool {
        (1...9).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}
