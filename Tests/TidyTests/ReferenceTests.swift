import Linux
import Testing

/// The documents and the program name the same commands, options, calls and settings.
@Suite("The references are complete and true")
struct ReferenceTests {
    /// The built program, which stands beside the tests.
    static let pawl = Result {
        try ThisProcess.executablePath().split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/pawl"
    }

    static let host = Tree.current.files.filter { $0.isIn("Sources/Host") }.map(\.text)
        .joined(separator: "\n")

    @Test("every pawl command that is shown exists, and so do its options")
    func shownCommands() throws {
        let commands = try Self.commands()
        for document in Tree.current.files where document.ends(in: "md") {
            for (line, shown) in document.commands where shown.hasPrefix("pawl ") {
                let words = shown.split(separator: " ").dropFirst().map(String.init)
                guard let command = commands.filter(words.starts).max(by: { $0.count < $1.count }) else {
                    report(document, line: line, "there is no such command: \(shown)")
                    continue
                }
                let help = try Program.run(Self.pawl.get(), command + ["--help"]).output
                for match in shown.matches(of: /(?:^| )(--[a-z-]+)/) where !help.contains("\(match.1) ") {
                    report(document, line: line, "pawl \(command.joined(separator: " ")) has no \(match.1)")
                }
            }
        }
    }

    @Test("every pawl command is told of")
    func toldCommands() throws {
        let document = try Tree.current.file("docs/command-line.md").text
        for command in try Self.commands() {
            let name = command.joined(separator: " ")
            #expect(document.contains("`pawl \(name)"), "docs/command-line.md tells nothing of pawl \(name)")
        }
    }

    @Test("every call of the API is told of, and no other")
    func calls() throws {
        let document = try Tree.current.file("docs/http-api.md").text
        let told = Set(document.matches(of: /\| `([A-Z]+ \/[^`]*)` \|/).map { String($0.1) })
        let served = Self.host.matches(of: /Route\(\s*"([A-Z]+)",\s*"([^"\\]+)(\\\()?/)
            .map { (call: "\($0.1) \($0.2)", isPrefix: $0.3 != nil) }
        for (call, isPrefix) in served
        where !told.contains(where: { isPrefix ? $0.hasPrefix(call) : $0 == call }) {
            Issue.record("docs/http-api.md tells nothing of \(call)")
        }
        for call in told
        where !served.contains(where: { $0.isPrefix ? call.hasPrefix($0.call) : call == $0.call }) {
            Issue.record("docs/http-api.md tells of \(call), which is not served")
        }
    }

    @Test("every setting is told of, and no other")
    func settings() throws {
        let document = try Tree.current.file("docs/operations.md").text
        let settings = Self.variables
        let told = Set(
            document.matches(of: /^\| `([A-Z_]+)` \|/.anchorsMatchLineEndings()).map { String($0.1) }
        )
        for name in settings.symmetricDifference(told) {
            Issue.record("\(name) is in only one of docs/operations.md and the settings")
        }
    }

    /// The variables that are settings.
    static let variables = Set(
        host.matches(of: /case \w+ = "([A-Z]+_[A-Z_]+)"/).map { String($0.1) }
    )

    /// The commands that `pawl help` lists, as words.
    static func commands() throws -> [[String]] {
        try Program.run(pawl.get(), ["help"]).output.split(separator: "\n").compactMap { line in
            line.firstMatch(of: /^ {2}([a-z]+(?: [a-z]+)*) {2}/).map {
                $0.1.split(separator: " ").map(String.init)
            }
        }
    }
}
