import HTTP
import JSON
import Linux

/// `queue`: from just before `POST /v1/runs` until the step's program runs, by the program's own clock.
struct QueueBench {
    let runs: Int

    func measure(_ bench: Bench) throws -> BenchFigures {
        var figures = BenchFigures("queue")
        try bench.apply("probe", steps: ["{ id: probe, uses: probe/run }"])
        let full = try SequenceBench.round(bench, runs: max(runs / 2, 20))
        var idle: [Double] = []
        var half: [Double] = []
        for number in 1...bench.setup.rounds {
            BenchProgress.show("queue", number, of: bench.setup.rounds)
            let client = try bench.client()
            let pause = Waker()
            for _ in 0..<max(1, runs / 10) {
                idle.append(try Self.delay(bench, client))
                // Idle: nothing of the run before is under way any more.
                pause.wait(until: .now + .milliseconds(5))
            }
            half += try atRate(full / 2, bench)
        }
        figures.p50Milliseconds = idle.median
        figures.p99Milliseconds = idle.percentile(99)
        figures.others = [
            ("half_load_steps_per_s", full / 2), ("half_load_p50_ms", half.median),
            ("half_load_p99_ms", half.percentile(99)),
        ]
        figures.aim("p50 at most 3 ms when idle", idle.median <= 3)
        figures.aim("p99 at most 25 ms at half load", half.percentile(99) <= 25)
        figures.sizes = [
            ["load": 0, "p50_ms": .real(idle.median)], ["load": 0.5, "p50_ms": .real(half.median)],
        ]
        return figures
    }

    /// Delays of so many runs that begin at a steady pace, whatever becomes of those before.
    private func atRate(_ perSecond: Double, _ bench: Bench) throws -> [Double] {
        let delays = Locked<[Double]>([])
        let start = MonotonicTime.now
        try bench.share(runs, among: 4 * bench.setup.inFlight) { client, number in
            Waker().wait(until: start + .microseconds(Int64(Double(number) * 1e6 / perSecond)))
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
