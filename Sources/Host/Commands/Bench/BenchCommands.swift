import JSON
import Linux

/// `pawl bench`: measures the engine on private servers, with the floors of the same machine beside it.
enum BenchCommands {
    static let all: [Command] = [
        workload(
            "seq",
            "Steps a second: runs of five sequential steps of a tiny program",
            options: [Option("runs", value: "N", "runs a round; default 300")]
        ) { bench, invocation in
            try SequenceBench(runs: try invocation.integer("runs", in: 1...100_000) ?? 300).measure(bench)
        },
        workload(
            "latency",
            "Milliseconds from submission to end: one such run at a time, through HTTP",
            options: [Option("runs", value: "N", "runs a round; default 100")]
        ) { bench, invocation in
            try LatencyBench(runs: try invocation.integer("runs", in: 1...100_000) ?? 100).measure(bench)
        },
        workload(
            "fanout",
            "Items a second: one run with many items, then a join, at three sizes",
            options: [Option("items", value: "N", "items of the largest run; default 20000")]
        ) { bench, invocation in
            try FanoutBench(items: try invocation.integer("items", in: 40...90_000) ?? 20_000).measure(bench)
        },
        Command(["bench", "expr"], "Expressions a second, on one core") { invocation in
            try ExpressionBench.run(try Output(invocation))
            return .ok
        },
    ]

    private static let options = [
        Option("rounds", value: "N", "rounds, of which the median counts; default 5"),
        Option("in-flight", value: "N", "steps that run at once; default 8"),
    ]

    private static func workload(
        _ name: String,
        _ summary: String,
        options own: [Option],
        measure: @escaping @Sendable (Bench, Invocation) throws -> BenchFigures
    ) -> Command {
        Command(["bench", name], summary, options: own + options) { invocation in
            let rounds = try invocation.integer("rounds", in: 1...100) ?? 5
            let inFlight = try invocation.integer("in-flight", in: 1...1_000) ?? 8
            let isJSON = try Output(invocation).format != .table
            let bench = try Bench(rounds: rounds, inFlight: inFlight)
            defer { bench.close() }
            let figures = try measure(bench, invocation)
            if isJSON { Output.line(figures.json.serialized()) } else { figures.printTable() }
            return .ok
        }
    }
}
