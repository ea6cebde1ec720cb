import JSON
import Linux

/// `flow10`: ten steps of work in Python, all at once, against the same ten programs without an engine.
struct FlowBench {
    let number: Int
    private static let steps = 10

    func measure(_ bench: Bench) throws -> BenchFigures {
        var figures = BenchFigures("flow10")
        let script = "f = lambda n: n if n < 2 else f(n - 1) + f(n - 2); print(f(\(number)))"
        let call = "shell: python3, capture: json, run: \"\(script)\""
        try bench.apply("flow", steps: (1...Self.steps).map { "{ id: f\($0), needs: [], \(call) }" })
        let client = try bench.client()
        var (ours, floor): ([Double], [Double]) = ([], [])
        for round in 1...bench.setup.rounds {
            BenchProgress.show("flow10", round, of: bench.setup.rounds)
            floor.append(try direct(script, atOnce: bench.setup.inFlight))
            let start = MonotonicTime.now
            try bench.wait(for: bench.start(client, "flow"), client)
            ours.append(start.secondsAgo * 1e3)
        }
        let overhead = ours.median / floor.median - 1
        figures.p50Milliseconds = ours.median
        figures.p99Milliseconds = ours.percentile(99)
        figures.floor = ["without_engine_p50_ms": .real(floor.median)]
        figures.ratio = ours.median / floor.median
        figures.others = [("overhead_percent", overhead * 100)]
        figures.aim("overhead_percent", overhead * 100, .atMost(0.5))
        figures.sizes = [["steps": .integer(Int64(Self.steps)), "p50_ms": .real(ours.median)]]
        return figures
    }

    /// Milliseconds that the programs take when only started, as many at once.
    private func direct(_ script: String, atOnce: Int) throws -> Double {
        let failure = Locked<(any Error)?>(nil)
        let start = MonotonicTime.now
        let threads = (0..<min(atOnce, Self.steps)).map { first in
            DedicatedThread("python-\(first)") {
                do {
                    for _ in stride(from: first, to: Self.steps, by: atOnce) {
                        _ = try CapturedProcess("/usr/bin/python3", ["-c", script]).output()
                    }
                } catch {
                    failure.withLock { $0 = error }
                }
            }
        }
        for thread in threads { thread.join() }
        if let error = failure.withLock({ $0 }) { throw error }
        return start.secondsAgo * 1e3
    }
}
