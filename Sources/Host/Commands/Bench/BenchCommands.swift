import JSON
import Linux

/// `pawl bench`: measures the engine on private servers, with the floors of the same machine beside it.
enum BenchCommands {
    static let all: [Command] =
        BenchWorkload.all.map(command) + [
            Command(
                ["bench", "all"],
                "Every workload, one after another, and all aims in one table",
                options: options.filter { !ofOneWorkload.contains($0.name) },
                run: measureAll
            ),
            Command(["bench", "expr"], "Expressions a second, on one core") { invocation in
                try ExpressionBench.run(try Output(invocation))
                return .ok
            },
        ]

    private static let ofOneWorkload: Set = ["size", "in-flight"]

    private static let options = [
        Option("rounds", value: "N", "rounds, of which the median counts; default 5"),
        Option("in-flight", value: "N", "steps that run at once"),
        Option("size", value: "N", "how much of it"),
        Option("step", value: "PROGRAM", "the step: tiny, with a C library, or bare, without; default tiny"),
        Option("compare", value: "FILE", "figures of an earlier `-o json`, shown beside"),
        Option("peers", value: "FILE", "what `bench/peers/bench` printed of other engines, shown beside"),
    ]

    private static func command(_ workload: BenchWorkload) -> Command {
        let own = options.map { option in
            var option = option
            if option.name == "size" { option.help = "\(workload.size.what); default \(workload.size.count)" }
            if option.name == "in-flight" { option.help += "; default \(workload.inFlight)" }
            return option
        }
        return Command(["bench", workload.name], workload.summary, options: own) { invocation in
            _ = try measure(workload, invocation)
            return .ok
        }
    }

    /// A workload that cannot be measured is told at once, and the table is of all others.
    private static func measureAll(_ invocation: Invocation) throws -> ExitCode {
        let output = try Output(invocation)
        var summary = BenchSummary()
        var code = ExitCode.ok
        for workload in BenchWorkload.all {
            do {
                summary.add(try measure(workload, invocation))
            } catch let failure as CommandFailure where failure.code != .usage {
                StandardStream.error.write("pawl bench \(workload.name): \(failure.message)\n")
                code = failure.code
            }
        }
        if output.format == .table {
            summary.printTable()
        } else {
            Output.line(summary.json.serialized())
        }
        return code
    }

    /// Measures, and prints what it measured.
    private static func measure(
        _ workload: BenchWorkload,
        _ invocation: Invocation
    ) throws -> BenchFigures {
        let setup = try setup(for: workload, invocation)
        let size = try invocation.integer("size", in: 1...10_000_000) ?? workload.size.count
        let isTable = try Output(invocation).format == .table
        let before = try invocation.value("compare").flatMap { file in
            try BenchFile.objects(file, from: "pawl bench NAME -o json").last {
                $0["workload"]?.stringValue == workload.name
            }
        }
        let peers = try BenchPeers(invocation.value("peers"))
        var figures = try workload.measure(setup, size)
        figures.compare(with: peers)
        BenchProgress.clear()
        if isTable {
            figures.printTable(comparedWith: before)
        } else {
            Output.line(figures.json(comparedWith: before).serialized())
        }
        return figures
    }

    private static func setup(
        for workload: BenchWorkload,
        _ invocation: Invocation
    ) throws -> Bench.Setup {
        var setup = Bench.Setup()
        setup.rounds = try invocation.integer("rounds", in: 1...100) ?? setup.rounds
        setup.inFlight = try invocation.integer("in-flight", in: 1...1_000) ?? workload.inFlight
        setup.step = invocation.value("step") ?? setup.step
        guard ["tiny", "bare"].contains(setup.step) else {
            throw CommandFailure.usage("--step takes tiny or bare, not “\(setup.step)”")
        }
        return setup
    }
}
