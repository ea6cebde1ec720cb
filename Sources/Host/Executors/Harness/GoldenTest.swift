import JSON
import JSONSchema
import Linux
import Scheduler
import YAML

/// A golden test of a plugin: `tests/NAME.yaml`, an input and what comes of it.
public struct GoldenTest: Sendable {
    public var name: String
    public var path: String
    /// Nil where the plugin has only one.
    var action: String?
    var input: Payload
    var wishes = Harness.Wishes()
    var secrets: [String: [UInt8]] = [:]
    var expected: Expectation

    struct Expectation: Sendable {
        var output: JSONValue?
        /// The members that the error must have.
        var error: JSONValue?
        var exit: JSONValue?
        /// Nil where `output` or `error` says enough.
        var status: Trial.Status?
        /// Each must stand in a line of the log.
        var logs: [String] = []
        /// What may differ.
        var ignored: [JSONPointer] = []
    }

    private static let keys = [
        "action", "input", "attempt", "timeout", "env", "secrets", "checkpoint", "output", "error", "exit",
        "status", "logs", "ignore",
    ]

    /// Reads a test; nil with everything that is wrong in `diagnostics`.
    public static func read(_ path: String, _ diagnostics: Diagnostics) -> GoldenTest? {
        let root: YAMLNode
        do {
            root = try YAMLNode.parse(Files.read(path, limit: YAMLNode.sizeLimit))
        } catch let error as YAMLError {
            diagnostics.add(.error, error.message, at: error.mark, path: .root)
            return nil
        } catch {
            diagnostics.add(.error, "\(error)", at: Mark(line: 1, column: 1), path: .root)
            return nil
        }
        let value = SourceValue(root: root, diagnostics: diagnostics)
        guard let fields = value.fields("a test", known: keys) else { return nil }
        let test = GoldenTest(path, fields)
        return diagnostics.hasErrors ? nil : test
    }

    private init(_ path: String, _ fields: Fields) {
        let file = path.split(separator: "/").last ?? ""
        name = String(file.dropLast(".yaml".count))
        self.path = path
        action = fields["action"]?.text()
        input = Payload(fields["input"]?.node.json ?? [:])
        expected = Expectation(fields)
        wishes.attempt = fields["attempt"]?.integer(in: 1...1_000_000) ?? 1
        wishes.timeoutMilliseconds = fields["timeout"]?.duration()
        wishes.checkpoint = fields["checkpoint"]?.node.json
        for (name, value) in fields["env"]?.members("a mapping of variables to values") ?? [] {
            wishes.environment[name] = value.node.json.variableText
        }
        for (name, value) in fields["secrets"]?.members("a mapping of secrets to values") ?? [] {
            secrets[name] = Array(value.node.json.variableText.utf8)
        }
    }

    /// What is not as expected; empty if the test passes.
    public func differences(from trial: Trial) -> [String] {
        var differences: [String] = []
        if let status = expected.status, status != trial.status {
            differences.append("status is \(trial.status.rawValue), expected \(status.rawValue)")
        }
        let matcher = GoldenMatcher(ignored: expected.ignored)
        if let error = expected.error {
            guard let found = trial.error else { return ["expected an error, got \(trial.status.rawValue)"] }
            let members = error.objectValue ?? JSONObject()
            for (key, value) in members {
                differences += matcher.differences(
                    found.json[key] ?? .null,
                    value,
                    JSONPointer(["error", key])
                )
            }
        } else if let found = trial.error {
            differences.append("failed with \(found.type): \(found.message)")
        } else if let output = expected.output {
            differences += matcher.differences(trial.output ?? .null, output, .root)
        }
        if let exit = expected.exit {
            differences += matcher.differences(trial.report.exit ?? .null, exit, JSONPointer(["exit"]))
        }
        for text in expected.logs where !trial.logs.contains(where: { $0.message.contains(text) }) {
            differences.append("no line of the log holds \(text.debugDescription)")
        }
        return differences
    }
}

extension GoldenTest.Expectation {
    fileprivate init(_ fields: Fields) {
        output = fields["output"]?.node.json
        error = fields["error"]?.node.json
        exit = fields["exit"]?.node.json
        status = fields["status"]?.choice(Trial.Status.self)
        logs = fields["logs"]?.elements("a list of texts")?.compactMap { $0.text() } ?? []
        for value in fields["ignore"]?.elements("a list of JSON pointers such as /id") ?? [] {
            guard let text = value.text("a JSON pointer"), let pointer = JSONPointer(parsing: text) else {
                value.mismatch("a JSON pointer such as /id")
                continue
            }
            ignored.append(pointer)
        }
        if output != nil && error != nil {
            fields["error"]?.keyError("a test expects an output or an error, not both")
        }
        checkMatchers(fields["output"])
        checkMatchers(fields["error"])
    }

    /// A matcher's schema is compiled here, so that its mistakes have a place.
    private func checkMatchers(_ value: SourceValue?) {
        guard let value else { return }
        if let elements = value.node.sequence, !elements.isEmpty {
            for element in value.elements("a list") ?? [] { checkMatchers(element) }
        }
        guard value.node.mapping != nil else { return }
        for (key, member) in value.members("a mapping") ?? [] {
            if key == GoldenMatcher.key { SchemaCheck.check(member) } else { checkMatchers(member) }
        }
    }
}
