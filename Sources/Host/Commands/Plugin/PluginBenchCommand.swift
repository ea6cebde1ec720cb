import Executors
import JSON

/// `pawl plugin bench`: what an action takes, one-shot and warm.
enum PluginBenchCommand {
    static let command = Command(
        ["plugin", "bench"],
        "Measure an action: start, run, memory, one-shot against warm",
        operands: "PLUGIN/ACTION",
        count: 1...1,
        options: [
            Option("input", value: "FILE|-", "an input that it takes; the first example without it"),
            Option("runs", value: "N", "how often, in each mode; 50 without it"),
            PluginCommands.secretOption, PluginCommands.pathOption,
        ],
        run: run
    )

    private static func run(_ invocation: Invocation) throws -> ExitCode {
        let isJSON = try Output(invocation).format == .json
        let runs = try invocation.integer("runs", in: 1...1_000_000) ?? 50
        let configuration = try PluginCommands.configuration(invocation)
        let reference = try PluginCommands.reference(invocation.operands[0], configuration)
        let secrets = try PluginCommands.secrets(invocation, configuration)
        let input =
            try PluginCommands.input(invocation) ?? reference.action.manifest.examples.first?.input ?? [:]
        let series = try PluginCommands.withHarness(configuration) { harness in
            PluginBench.run(reference, input, runs: runs, secrets: secrets, in: harness)
        }
        if isJSON {
            Output.json(JSONValue.array(series.map(\.json)).pretty())
        } else {
            show(series)
        }
        for error in series.compactMap(\.error) {
            Output.tell("it failed with \(error.type): \(error.message)")
        }
        return series.allSatisfy { $0.error == nil } ? .ok : .failed
    }

    private static func show(_ series: [PluginBench.Series]) {
        Output.line("mode      milliseconds    p50      p95      p99   peak memory")
        for one in series {
            let rows = [("start", one.start), ("run", one.run), ("wall", one.wall)]
            for (name, times) in rows {
                let cells = [0.5, 0.95, 0.99].map { share in
                    let value = PluginBench.Series.quantile(share, of: times)
                    return String((value * 100).rounded() / 100).padded(to: 8)
                }
                let memory = name == "wall" ? "\(one.peakBytes >> 10) KiB" : ""
                let head = "\(one.mode.padded(to: 10))\(name.padded(to: 16))"
                Output.line("\(head)\(cells.joined(separator: " ")) \(memory)")
            }
        }
    }
}
