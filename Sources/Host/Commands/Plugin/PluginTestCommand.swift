import Executors
import JSON
import Linux

/// `pawl plugin test`: the golden tests of a plugin.
enum PluginTestCommand {
    static let command = Command(
        ["plugin", "test"],
        "Run the golden tests of a plugin, tests/*.yaml",
        operands: "[DIR]",
        count: 0...1,
        options: [
            Option("update", "write what came as what is expected"),
            Option("name", short: "k", value: "NAME", "only tests whose name holds this"),
            Option("junit", value: "FILE", "write the results as JUnit's XML"),
        ],
        run: run
    )

    private static func run(_ invocation: Invocation) throws -> ExitCode {
        let folder = invocation.operands.first ?? "."
        guard Files.exists("\(folder)/plugin.yaml") else {
            throw CommandFailure.usage(
                "\(folder) is no folder of a plugin: it has no plugin.yaml",
                hint: "pawl plugin new NAME --lang sh makes one"
            )
        }
        let suite = GoldenSuite(folder: folder, filter: invocation.value("name"))
        guard suite.problems.isEmpty else {
            throw CommandFailure(.failed, suite.problems.joined(separator: "\n"))
        }
        guard !suite.tests.isEmpty else {
            throw CommandFailure(.failed, "there is no such test in \(folder)/tests")
        }
        let results = try PluginCommands.withHarness(PluginCommands.configuration(invocation)) { harness in
            try suite.tests.map { test in
                let result = suite.run(test, in: harness)
                try show(result, updating: invocation.has("update"))
                return result
            }
        }
        if let path = invocation.value("junit") {
            try Files.writeAtomically(path, Array(JUnitReport.text(results, suite: folder).utf8))
        }
        let failed = results.filter { !$0.passed }.count
        Output.tell("\(results.count) tests, \(failed) failed")
        return failed == 0 || invocation.has("update") ? .ok : .failed
    }

    private static func show(_ result: GoldenSuite.Result, updating: Bool) throws {
        if !result.passed && updating {
            try result.test.update(from: result.trial)
            return Output.line("updated \(result.test.name)")
        }
        Output.line("\(result.passed ? "ok     " : "FAILED ") \(result.test.name)")
        for difference in result.differences { Output.line("        \(difference)") }
    }
}
