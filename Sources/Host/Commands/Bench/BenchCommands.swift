import JSON
import Linux

/// `pawl bench`: measures the engine on private servers, with the floors of the same machine beside it.
enum BenchCommands {
    /// A workload as data: its name, what it says of itself, how many steps run at once, its own option.
    private struct Workload: Sendable {
        var name: String
        var summary: String
        var inFlight = 8
        /// What `--size` counts here, and how many by default.
        var size: (what: String, count: Int)
        var measure: @Sendable (Bench.Setup, _ size: Int) throws -> BenchFigures
    }

    private static let workloads = [
        Workload(
            name: "seq",
            summary: "Steps a second: runs of five sequential steps of a tiny program",
            size: ("runs a round", 300),
            measure: { setup, size in try Bench.with(setup) { try SequenceBench(runs: size).measure($0) } }
        ),
        Workload(
            name: "latency",
            summary: "Milliseconds from submission to end: one such run at a time, through HTTP",
            size: ("runs a round", 100),
            measure: { setup, size in try Bench.with(setup) { try LatencyBench(runs: size).measure($0) } }
        ),
        Workload(
            name: "fanout",
            summary: "Items a second: one run with many items, then a join, at three sizes",
            size: ("items of the largest run", 20_000),
            measure: { setup, size in try Bench.with(setup) { try FanoutBench(items: size).measure($0) } }
        ),
        Workload(
            name: "warm",
            summary: "Steps a second of a light step in Python that is kept warm, against one-shot",
            size: ("runs a round", 1_000),
            measure: { setup, size in try Bench.with(setup) { try WarmBench(runs: size).measure($0) } }
        ),
        Workload(
            name: "queue",
            summary: "Milliseconds from submission until the program runs, idle and at half load",
            size: ("runs a round", 500),
            measure: { setup, size in try Bench.with(setup) { try QueueBench(runs: size).measure($0) } }
        ),
        Workload(
            name: "submit",
            summary: "Runs accepted a second, with 1 client and with 32",
            size: ("runs a round with 32 clients", 5_000),
            measure: { setup, size in try Bench.with(setup) { try SubmitBench(runs: size).measure($0) } }
        ),
        Workload(
            name: "timers",
            summary: "How late timers are, at one instant and spread over ten seconds",
            size: ("timers", 10_000),
            measure: { setup, size in try Bench.with(setup) { try TimersBench(timers: size).measure($0) } }
        ),
        Workload(
            name: "retries",
            summary: "How late the next attempts of failing steps are",
            size: ("runs", 1_000),
            measure: { setup, size in try Bench.with(setup) { try RetriesBench(runs: size).measure($0) } }
        ),
        Workload(
            name: "backlog",
            summary: "Steps a second while many runs are queued",
            size: ("runs that are queued", 1_000_000),
            measure: { setup, size in try Bench.with(setup) { try BacklogBench(queued: size).measure($0) } }
        ),
        Workload(
            name: "scaling",
            summary: "How near to the ideal steps of 100 ms come, from 2 to 200 at once",
            inFlight: 200,
            size: ("steps in each slot", 30),
            measure: { setup, size in try ScalingBench(stepsInEach: size).measure(setup) }
        ),
        Workload(
            name: "kill",
            summary: "How soon steps that ignore SIGTERM are dead, with their daemons",
            inFlight: 64,
            size: ("runs", 1_000),
            measure: { setup, size in try Bench.with(setup) { try KillBench(runs: size).measure($0) } }
        ),
        Workload(
            name: "flow10",
            summary: "What the engine adds to ten steps of work in Python",
            size: ("the number whose Fibonacci number is computed", 27),
            measure: { setup, size in try Bench.with(setup) { try FlowBench(number: size).measure($0) } }
        ),
        Workload(
            name: "idle",
            summary: "Processor and memory with nothing to do",
            size: ("seconds", 20),
            measure: { setup, size in try Bench.with(setup) { try IdleBench(seconds: size).measure($0) } }
        ),
    ]

    static let all: [Command] =
        workloads.map(command) + [
            Command(
                ["bench", "all"],
                "Every workload, one after another",
                options: options.filter { $0.name != "size" && $0.name != "in-flight" }
            ) { invocation in
                for workload in workloads { try run(workload, invocation) }
                return .ok
            },
            Command(["bench", "expr"], "Expressions a second, on one core") { invocation in
                try ExpressionBench.run(try Output(invocation))
                return .ok
            },
        ]

    private static let options = [
        Option("rounds", value: "N", "rounds, of which the median counts; default 5"),
        Option("in-flight", value: "N", "steps that run at once"),
        Option("size", value: "N", "how much of it"),
        Option("step", value: "PROGRAM", "the step: tiny, with a C library, or bare, without; default tiny"),
        Option("compare", value: "FILE", "figures of an earlier `-o json`, shown beside"),
    ]

    private static func command(_ workload: Workload) -> Command {
        let own = options.map { option in
            var option = option
            if option.name == "size" { option.help = "\(workload.size.what); default \(workload.size.count)" }
            if option.name == "in-flight" { option.help += "; default \(workload.inFlight)" }
            return option
        }
        return Command(["bench", workload.name], workload.summary, options: own) { invocation in
            try run(workload, invocation)
            return .ok
        }
    }

    private static func run(_ workload: Workload, _ invocation: Invocation) throws {
        var setup = Bench.Setup()
        setup.rounds = try invocation.integer("rounds", in: 1...100) ?? setup.rounds
        setup.inFlight = try invocation.integer("in-flight", in: 1...1_000) ?? workload.inFlight
        setup.step = invocation.value("step") ?? setup.step
        guard ["tiny", "bare"].contains(setup.step) else {
            throw CommandFailure.usage("--step takes tiny or bare, not “\(setup.step)”")
        }
        let size = try invocation.integer("size", in: 1...10_000_000) ?? workload.size.count
        let isJSON = try Output(invocation).format != .table
        let before = try invocation.value("compare").map { try Self.earlier(workload.name, in: $0) } ?? nil
        let figures = try workload.measure(setup, size)
        BenchProgress.clear()
        if isJSON {
            Output.line(figures.json(comparedWith: before).serialized())
        } else {
            figures.printTable(comparedWith: before)
        }
    }

    /// The object of this workload in a file of objects, a line each; nil where there is none.
    private static func earlier(_ workload: String, in path: String) throws -> JSONValue? {
        do {
            let lines = try Files.read(path).split(separator: UInt8(ascii: "\n"))
            return try lines.map { try JSONValue.parse(Array($0)) }.last {
                $0["workload"]?.stringValue == workload
            }
        } catch {
            throw CommandFailure(
                .usage,
                "\(path) cannot be compared with: \(error)",
                hint: "it should hold what `pawl bench NAME -o json` has printed"
            )
        }
    }
}
