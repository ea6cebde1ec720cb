import HTTP
import JSON
import Linux

/// `queue`: from just before `POST /v1/runs` until the step's program runs, by the program's own clock; idle,
/// and at shares of the most runs a second that the same clients get done.
struct QueueBench {
    let runs: Int

    private static let half = 0.5
    private static let loads = [0.1, 0.25, half, 0.75, 0.9]

    func measure(_ bench: Bench) throws -> BenchFigures {
        var figures = BenchFigures("queue")
        try bench.apply("probe", steps: ["{ id: probe, uses: probe/run }"])
        _ = try mostRunsPerSecond(bench)
        var idle: [Double] = []
        var most: [Double] = []
        var delays = [[Double]](repeating: [], count: Self.loads.count)
        for number in 1...bench.setup.rounds {
            BenchProgress.show("queue", number, of: bench.setup.rounds)
            idle += try whenIdle(bench)
            most.append(try mostRunsPerSecond(bench))
            for (index, load) in Self.loads.enumerated() {
                delays[index] += try self.delays(bench, perSecond: load * most.median)
            }
        }
        let half = delays[Self.loads.firstIndex(of: Self.half) ?? 0]
        figures.p50Milliseconds = idle.median
        figures.p99Milliseconds = idle.percentile(99)
        figures.others = [
            ("most_runs_per_s", most.median), ("half_load_p50_ms", half.median),
            ("half_load_p99_ms", half.percentile(99)),
        ]
        figures.aim("p50_ms", idle.median, .atMost(3), note: "idle")
        figures.aim("half_load_p99_ms", half.percentile(99), .atMost(25))
        figures.sizes = ([(0, idle)] + zip(Self.loads, delays)).map { load, delays in
            ["load": .real(load), "p50_ms": .real(delays.median), "p99_ms": .real(delays.percentile(99))]
        }
        return figures
    }

    /// One run at a time, with nothing of the one before under way any more.
    private func whenIdle(_ bench: Bench) throws -> [Double] {
        let client = try bench.client()
        let pause = Waker()
        return try (0..<max(1, runs / 10)).map { _ in
            pause.wait(until: .now + .milliseconds(5))
            return try Self.delay(bench, client)
        }
    }

    private func mostRunsPerSecond(_ bench: Bench) throws -> Double {
        let start = MonotonicTime.now
        try bench.share(runs, among: 2 * bench.setup.inFlight) { client, _ in
            _ = try Self.delay(bench, client)
        }
        return Double(runs) / start.secondsAgo
    }

    private func delays(_ bench: Bench, perSecond rate: Double) throws -> [Double] {
        let delays = Locked<[Double]>([])
        try bench.share(runs, among: 4 * bench.setup.inFlight, perSecond: rate) { client, _ in
            let delay = try Self.delay(bench, client)
            delays.withLock { $0.append(delay) }
        }
        return delays.withLock { $0 }
    }

    private static func delay(_ bench: Bench, _ client: HTTPClient) throws -> Double {
        let submitted = Timestamp.now.microseconds
        let run = try bench.start(client, "probe")
        try bench.wait(for: run, client)
        return Double(try bench.probed(run, client) - submitted) / 1e3
    }
}
