import JSON
import Linux

/// `seq`: runs of five sequential steps, submitted by several clients; steps a second until the last has
/// ended.
struct SequenceBench {
    let runs: Int

    func measure(_ bench: Bench) throws -> BenchFigures {
        var figures = BenchFigures("seq")
        let sizes = [max(1, runs / 10), runs]
        _ = try Self.round(bench, runs: sizes[0])
        var ours: [Double] = []
        var cpu: [Double] = []
        var floor: [JSONObject] = []
        var small: [Double] = []
        for number in 1...bench.setup.rounds {
            BenchProgress.show("seq", number, of: bench.setup.rounds)
            floor.append(
                try bench.floors.all(inFlight: bench.setup.inFlight, count: runs * Bench.chainSteps)
            )
            let before = bench.cpuMilliseconds
            ours.append(try Self.round(bench, runs: runs))
            cpu.append((bench.cpuMilliseconds - before) / Double(runs * Bench.chainSteps))
            small.append(try Self.round(bench, runs: sizes[0]))
        }
        figures.stepsPerSecond = ours.median
        figures.cpuMillisecondsPerStep = cpu.median
        figures.floor = BenchFigures.medians(floor)
        let best = figures.floor["spawn_commits_per_s"]?.doubleValue
        figures.ratio = best.map { ours.median / $0 }
        figures.aim("steps_per_s", ours.median, .atLeast(0.75), of: .floor, floor: best)
        figures.aim("steps_per_s", ours.median, .atLeast(2), of: .peer)
        figures.aim("cpu_ms_per_step", cpu.median, .atMost(1.1))
        figures.sizes = [
            ["runs": .integer(Int64(sizes[0])), "steps_per_s": .real(small.median)],
            ["runs": .integer(Int64(runs)), "steps_per_s": .real(ours.median)],
        ]
        return figures
    }

    /// Steps a second of one round: as many clients as steps run at once, each with its share of the runs.
    ///
    /// Each submits all of its runs, then waits for the last one first, which costs the fewest questions.
    static func round(_ bench: Bench, runs: Int, of workflow: String = "chain") throws -> Double {
        let clients = min(runs, bench.setup.inFlight)
        let start = MonotonicTime.now
        try bench.share(clients, among: clients) { client, index in
            let count = runs / clients + (index < runs % clients ? 1 : 0)
            let names = try (0..<count).map { _ in try bench.start(client, workflow) }
            for name in names.reversed() { try bench.wait(for: name, client) }
        }
        return Double(runs * Bench.chainSteps) / start.secondsAgo
    }
}
