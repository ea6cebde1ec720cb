import JSON
import Linux

/// `latency`: one run of five steps at a time, from submission to the answer that it has ended.
struct LatencyBench {
    let runs: Int

    func measure(_ bench: Bench) throws -> BenchFigures {
        var figures = BenchFigures(workload: "latency", unit: "ms")
        let client = try bench.client()
        for _ in 0..<10 { try bench.runOnce(client) }
        var times: [Double] = []
        var floor: [JSONValue] = []
        for number in 1...bench.rounds {
            BenchProgress.show("latency", number, of: bench.rounds)
            floor.append(try bench.floors.spawnCommits(inFlight: 1, count: runs * Bench.chainSteps))
            for _ in 0..<runs {
                let start = MonotonicTime.now
                try bench.runOnce(client)
                times.append(Double((MonotonicTime.now - start).wholeNanoseconds) / 1e6)
            }
        }
        BenchProgress.clear()
        figures.floor = BenchFigures.medians(floor)
        figures.p50Milliseconds = times.percentile(50)
        figures.p99Milliseconds = times.percentile(99)
        figures.ratio = times.percentile(50) / (figures.floor["spawn_commit_p50_ms"]?.doubleValue ?? 0)
        figures.target = "p50 at most 1.25 of the floor"
        figures.isMet = figures.ratio <= 1.25
        figures.sizes = [["runs": .integer(Int64(times.count)), "p50_ms": .real(times.percentile(50))]]
        return figures
    }
}
