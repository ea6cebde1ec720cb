import Executors
import Linux
import Scheduler
import Wording

/// `pawl plugin new`: a plugin to begin with.
enum PluginNewCommand {
    private static let languages = PluginLanguage.allCases.map(\.rawValue)

    static let command = Command(
        ["plugin", "new"],
        "Make a folder with a plugin that works, and a test that passes",
        operands: "NAME",
        count: 1...1,
        options: [Option("lang", value: languages.joined(separator: "|"), "the language; sh without it")],
        run: run
    )

    private static func run(_ invocation: Invocation) throws -> ExitCode {
        let path = invocation.operands[0]
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        guard NamePattern.plugin.matches(name) else {
            throw CommandFailure.usage("“\(name)” cannot name a plugin: it must be \(NamePattern.plugin)")
        }
        let wanted = invocation.value("lang") ?? "sh"
        guard let language = PluginLanguage(rawValue: wanted) else {
            let hint = NearestName.hint(for: wanted, among: languages)
            throw CommandFailure.usage("--lang takes \(languages.joined(separator: ", "))", hint: hint)
        }
        guard !Files.exists(path) else { throw CommandFailure(.conflict, "\(path) is already there") }
        try PluginTemplate(name: name, language: language).write(to: path)
        Output.line(path)
        Output.tell("try it: pawl plugin test \(path)")
        return .ok
    }
}
