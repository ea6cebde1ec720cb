import HTTP
import JSON
import Linux

/// `submit`: `POST /v1/runs` until it is answered, for a queue that nobody serves.
struct SubmitBench {
    let runs: Int

    func measure(_ bench: Bench) throws -> BenchFigures {
        var figures = BenchFigures("submit")
        try bench.apply("parked", settings: "defaults: { queue: parked }", steps: [Self.step])
        try bench.share(500, among: 32) { client, _ in _ = try bench.start(client, "parked") }
        var alone: [Double] = []
        var rates: (one: [Double], few: [Double], many: [Double]) = ([], [], [])
        for number in 1...bench.setup.rounds {
            BenchProgress.show("submit", number, of: bench.setup.rounds)
            let times = try Self.times(bench, runs: max(10, runs / 10))
            alone += times
            rates.one.append(1e3 / times.median)
            rates.few.append(try Self.rate(bench, runs: max(32, runs / 10)))
            rates.many.append(try Self.rate(bench, runs: runs))
        }
        figures.p50Milliseconds = alone.median
        figures.p99Milliseconds = alone.percentile(99)
        figures.others = [("runs_per_s_1", rates.one.median), ("runs_per_s_32", rates.many.median)]
        figures.aim("runs_per_s_32", rates.many.median, .atLeast(3_000), note: "32 clients")
        figures.aim("p50_ms", alone.median, .atMost(1), note: "1 client")
        figures.sizes = [
            ["runs": .integer(Int64(runs / 10)), "runs_per_s": .real(rates.few.median)],
            ["runs": .integer(Int64(runs)), "runs_per_s": .real(rates.many.median)],
        ]
        return figures
    }

    static let step = "{ id: parked, uses: tiny/run }"

    private static func times(_ bench: Bench, runs: Int) throws -> [Double] {
        let client = try bench.client()
        return try (0..<runs).map { _ in
            let start = MonotonicTime.now
            _ = try bench.start(client, "parked")
            return start.secondsAgo * 1e3
        }
    }

    private static func rate(_ bench: Bench, runs: Int) throws -> Double {
        let start = MonotonicTime.now
        try bench.share(runs, among: 32) { client, _ in _ = try bench.start(client, "parked") }
        return Double(runs) / start.secondsAgo
    }
}
