import Executors
import JSON

/// `pawl plugin conformance`: the checklist that every plugin should stand.
enum PluginConformanceCommand {
    static let command = Command(
        ["plugin", "conformance"],
        "Try what every plugin should stand, item by item",
        operands: "PLUGIN/ACTION",
        count: 1...1,
        options: [
            Option("input", value: "FILE|-", "an input that it takes; the first example without it"),
            PluginCommands.secretOption, PluginCommands.pathOption,
        ],
        run: run
    )

    private static func run(_ invocation: Invocation) throws -> ExitCode {
        let isJSON = try Output(invocation).format == .json
        let configuration = try PluginCommands.configuration(invocation)
        let reference = try PluginCommands.reference(invocation.operands[0], configuration)
        let input =
            try PluginCommands.input(invocation) ?? reference.action.manifest.examples.first?.input ?? [:]
        let secrets = try PluginCommands.secrets(invocation, configuration)
        let findings = try PluginCommands.withHarness(configuration) { harness in
            Conformance(reference, input: input, secrets: secrets, in: harness).run { finding in
                if !isJSON { show(finding) }
            }
        }
        if isJSON { Output.json(JSONValue.array(findings.map(\.json)).pretty()) }
        return findings.allSatisfy(\.passed) ? .ok : .failed
    }

    private static func show(_ finding: Conformance.Finding) {
        Output.line("\(finding.passed ? "ok     " : "FAILED ") \(finding.item)")
        if !finding.passed {
            Output.line("        expected \(finding.expected)")
            Output.line("        seen     \(finding.seen)")
        }
    }
}
