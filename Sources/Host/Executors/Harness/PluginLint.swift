import JSON
import JSONSchema
import Linux
import Scheduler
import YAML

/// Says everything about plugins that can be said without running them.
public struct PluginLint: Sendable {
    /// `path:line:column: error: …` or `path: error: …`, in the order of the files.
    public private(set) var findings: [String] = []
    public private(set) var hasErrors = false

    public init(_ registry: PluginRegistry) {
        let catalogue = registry.catalogue
        for problem in catalogue.problems {
            let isPlaced = problem.diagnostic != nil
            add(isPlaced ? problem.description : "\(problem.path): error: \(problem.message)", isError: true)
        }
        for plugin in catalogue.plugins { lint(plugin) }
        if catalogue.plugins.isEmpty && catalogue.problems.isEmpty {
            add("\(registry.folders.joined(separator: ", ")): error: there is no plugin", isError: true)
        }
    }

    private mutating func add(_ finding: String, isError: Bool) {
        findings.append(finding)
        hasErrors = hasErrors || isError
    }

    private mutating func lint(_ plugin: Plugin) {
        for action in plugin.actions where plugin.version != nil {
            let place = "\(plugin.path):\(action.manifest.line)"
            for message in Self.errors(action) {
                add("\(place): error: action \(action.name): \(message)", isError: true)
            }
            for message in Self.warnings(action) {
                add("\(place): warning: action \(action.name): \(message)", isError: false)
            }
        }
        for problem in GoldenSuite(folder: plugin.folder).problems where plugin.version != nil {
            add(problem, isError: true)
        }
    }

    private static func errors(_ action: PluginAction) -> [String] {
        var errors: [String] = []
        for example in action.manifest.examples {
            let input = action.manifest.input?.violations(of: example.input) ?? []
            errors += input.map { "the input of example \"\(example.name)\" does not fit: \($0)" }
            guard let output = example.output else { continue }
            let violations = action.manifest.output?.violations(of: output) ?? []
            errors += violations.map { "the output of example \"\(example.name)\" does not fit: \($0)" }
        }
        let settings = action.manifest.settings
        if let heartbeat = settings.heartbeatMilliseconds, let timeout = settings.timeoutMilliseconds,
            heartbeat >= timeout
        {
            errors.append(
                "`heartbeat` (\(DurationText.text(heartbeat))) is not shorter than `timeout` "
                    + "(\(DurationText.text(timeout))), so it never comes into play"
            )
        }
        return errors
    }

    private static func warnings(_ action: PluginAction) -> [String] {
        var warnings: [String] = []
        let settings = action.manifest.settings
        if settings.timeoutMilliseconds == nil { warnings.append("has no `timeout`, so it may run forever") }
        if let program = action.arguments.first, let missing = missingInterpreter(of: program) {
            warnings.append("\(program) needs \(missing), which is not in PATH (\(StepProgram.path))")
        }
        return warnings
    }

    /// The program that `#!/usr/bin/env NAME` asks for, if it is not there.
    private static func missingInterpreter(of program: String) -> String? {
        guard let file = try? Files.read(program, limit: 64 << 20), file.starts(with: Array("#!".utf8)) else {
            return nil
        }
        let line = String(decoding: file.dropFirst(2).prefix { $0 != 0x0A }, as: UTF8.self)
        let words = line.split(separator: " ").map(String.init).filter { $0 != "-S" }
        guard words.count > 1, words[0].hasSuffix("/env") else { return nil }
        return Executable.lookUp(words[1], in: StepProgram.path) == nil ? words[1] : nil
    }
}
