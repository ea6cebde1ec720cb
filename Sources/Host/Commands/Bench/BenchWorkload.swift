/// A workload as data: its name, what it says of itself, how many steps run at once, its own option.
struct BenchWorkload: Sendable {
    var name: String
    var summary: String
    var inFlight = 8
    /// What `--size` counts here, and how many by default.
    var size: (what: String, count: Int)
    var measure: @Sendable (Bench.Setup, _ size: Int) throws -> BenchFigures
}

extension BenchWorkload {
    static let all = [
        BenchWorkload(
            name: "seq",
            summary: "Steps a second: runs of five sequential steps of a tiny program",
            size: ("runs a round", 300),
            measure: { setup, size in try Bench.with(setup) { try SequenceBench(runs: size).measure($0) } }
        ),
        BenchWorkload(
            name: "latency",
            summary: "Milliseconds from submission to end: one such run at a time, through HTTP",
            size: ("runs a round", 100),
            measure: { setup, size in try Bench.with(setup) { try LatencyBench(runs: size).measure($0) } }
        ),
        BenchWorkload(
            name: "fanout",
            summary: "Items a second: one run with many items, then a join, at three sizes",
            size: ("items of the largest run", 20_000),
            measure: { setup, size in try Bench.with(setup) { try FanoutBench(items: size).measure($0) } }
        ),
        BenchWorkload(
            name: "warm",
            summary: "Steps a second of a light step in Python that is kept warm, against one-shot",
            size: ("runs a round", 1_000),
            measure: { setup, size in try Bench.with(setup) { try WarmBench(runs: size).measure($0) } }
        ),
        BenchWorkload(
            name: "queue",
            summary: "Milliseconds from submission until the program runs, idle and at five loads",
            size: ("runs a round", 500),
            measure: { setup, size in try Bench.with(setup) { try QueueBench(runs: size).measure($0) } }
        ),
        BenchWorkload(
            name: "submit",
            summary: "Runs accepted a second, with 1 client and with 32",
            size: ("runs a round with 32 clients", 5_000),
            measure: { setup, size in try Bench.with(setup) { try SubmitBench(runs: size).measure($0) } }
        ),
        BenchWorkload(
            name: "timers",
            summary: "How late timers are, at one instant and spread over ten seconds",
            size: ("timers", 10_000),
            measure: { setup, size in try Bench.with(setup) { try TimersBench(timers: size).measure($0) } }
        ),
        BenchWorkload(
            name: "retries",
            summary: "How late the next attempts of failing steps are",
            size: ("runs", 2_000),
            measure: { setup, size in try Bench.with(setup) { try RetriesBench(runs: size).measure($0) } }
        ),
        BenchWorkload(
            name: "backlog",
            summary: "Steps a second while many runs are queued",
            size: ("runs that are queued", 1_000_000),
            measure: { setup, size in try Bench.with(setup) { try BacklogBench(queued: size).measure($0) } }
        ),
        BenchWorkload(
            name: "retention",
            summary: "The longest time without the end of a step, while finished runs age out",
            size: ("finished runs", 100_000),
            measure: { setup, size in
                try Bench.with(setup) { try RetentionBench(finished: size).measure($0) }
            }
        ),
        BenchWorkload(
            name: "slots",
            summary: "Steps a second of the same runs, with 1 to 32 at once",
            size: ("runs a round", 200),
            measure: { setup, size in try SlotsBench(runs: size).measure(setup) }
        ),
        BenchWorkload(
            name: "scaling",
            summary: "How near to the ideal steps of 100 ms come, from 2 to 200 at once",
            inFlight: 200,
            size: ("steps, but 100 in each slot at most", 10_000),
            measure: { setup, size in try ScalingBench(steps: size).measure(setup) }
        ),
        BenchWorkload(
            name: "kill",
            summary: "How soon steps that ignore SIGTERM are dead, with their daemons",
            inFlight: 64,
            size: ("runs", 1_000),
            measure: { setup, size in try Bench.with(setup) { try KillBench(runs: size).measure($0) } }
        ),
        BenchWorkload(
            name: "flow10",
            summary: "What the engine adds to ten steps of work in Python",
            size: ("the number whose Fibonacci number is computed", 33),
            measure: { setup, size in try Bench.with(setup) { try FlowBench(number: size).measure($0) } }
        ),
        BenchWorkload(
            name: "idle",
            summary: "Processor and memory with nothing to do",
            size: ("seconds", 20),
            measure: { setup, size in try Bench.with(setup) { try IdleBench(seconds: size).measure($0) } }
        ),
    ]
}
