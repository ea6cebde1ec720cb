import HTTP
import JSON
import Linux

/// `latency`: one run of five steps at a time, from submission to the answer that it has ended.
struct LatencyBench {
    let runs: Int

    func measure(_ bench: Bench) throws -> BenchFigures {
        var figures = BenchFigures("latency")
        let client = try bench.client()
        _ = try Self.times(bench, client, runs: 10)
        var times: [Double] = []
        var floor: [JSONObject] = []
        for number in 1...bench.setup.rounds {
            BenchProgress.show("latency", number, of: bench.setup.rounds)
            floor.append(try bench.floors.all(inFlight: 1, count: runs * Bench.chainSteps))
            times += try Self.times(bench, client, runs: runs)
        }
        figures.floor = BenchFigures.medians(floor)
        let (p50, p99) = (times.percentile(50), times.percentile(99))
        figures.p50Milliseconds = p50
        figures.p99Milliseconds = p99
        let best = figures.floor["spawn_commit_p50_ms"]?.doubleValue
        figures.ratio = best.map { p50 / $0 }
        let commit = figures.floor["commit_p99_ms"]?.doubleValue ?? 0
        figures.aim("p50_ms", p50, .atMost(1.25), of: .floor, floor: best)
        figures.aim("p99_ms", p99, .atMost(p50 + 2 * commit), note: "its p50 and two commits' p99")
        let few = Array(times.prefix(max(1, runs / 10)))
        figures.sizes = [
            ["runs": .integer(Int64(few.count)), "p50_ms": .real(few.median)],
            ["runs": .integer(Int64(times.count)), "p50_ms": .real(p50)],
        ]
        return figures
    }

    /// Milliseconds of each of so many runs, one after another.
    private static func times(_ bench: Bench, _ client: HTTPClient, runs: Int) throws -> [Double] {
        try (0..<runs).map { _ in
            let start = MonotonicTime.now
            try bench.wait(for: bench.start(client), client)
            return start.secondsAgo * 1e3
        }
    }
}
