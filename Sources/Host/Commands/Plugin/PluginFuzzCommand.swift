import Executors
import JSON

/// `pawl plugin fuzz`: inputs drawn from an action's schema.
enum PluginFuzzCommand {
    static let command = Command(
        ["plugin", "fuzz"],
        "Run an action with inputs drawn from its schema, valid and invalid",
        operands: "PLUGIN/ACTION",
        count: 1...1,
        options: [
            Option("runs", value: "N", "how many inputs; 100 without it"),
            Option("seed", value: "S", "the same inputs again; drawn without it"),
            PluginCommands.secretOption, PluginCommands.pathOption,
        ],
        run: run
    )

    private static func run(_ invocation: Invocation) throws -> ExitCode {
        let isJSON = try Output(invocation).format == .json
        let runs = try invocation.integer("runs", in: 1...1_000_000) ?? 100
        let seed = try invocation.integer("seed", in: 0...Int.max) ?? Int.random(in: 0...999_999_999)
        let configuration = try PluginCommands.configuration(invocation)
        let reference = try PluginCommands.reference(invocation.operands[0], configuration)
        let secrets = try PluginCommands.secrets(invocation, configuration)
        Output.tell("seed \(seed)")
        var saved: [String] = []
        let result = try PluginCommands.withHarness(configuration) { harness in
            let fuzzer = Fuzzer(reference, seed: UInt64(seed), secrets: secrets, in: harness)
            return fuzzer.run(runs) { finding in
                if let path = try? finding.save(to: reference) { saved.append(path) }
                if !isJSON { show(finding, saved: saved.last) }
            }
        }
        if isJSON { Output.json(json(result, seed: seed, saved: saved).pretty()) }
        Output.tell(
            "\(result.valid) inputs were run, \(result.refused) refused by the schema, "
                + "\(result.findings.count) kinds of fault found"
        )
        return result.findings.isEmpty ? .ok : .failed
    }

    private static func show(_ finding: Fuzzer.Finding, saved: String?) {
        Output.line("FAILED  \(finding.kind): \(finding.message)")
        Output.line("        with \(finding.input.serialized())")
        if let saved { Output.line("        saved as \(saved)") }
    }

    private static func json(_ result: Fuzzer.Result, seed: Int, saved: [String]) -> JSONValue {
        [
            "seed": .integer(Int64(seed)), "valid": .integer(Int64(result.valid)),
            "refused": .integer(Int64(result.refused)),
            "findings": .array(result.findings.map(\.json)),
            "saved": .array(saved.map { .string($0) }),
        ]
    }
}
