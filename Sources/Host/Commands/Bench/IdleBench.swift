import JSON
import Linux

/// `idle`: processor time and memory of the engine with its servers while nothing happens.
struct IdleBench {
    let seconds: Int

    func measure(_ bench: Bench) throws -> BenchFigures {
        var figures = BenchFigures("idle")
        // As after work, not as after a start: every connection is open, every thread has run.
        _ = try SequenceBench.round(bench, runs: 20)
        let pause = Waker()
        pause.wait(until: .now + .seconds(3))
        var shares: [Double] = []
        for number in 1...bench.setup.rounds {
            BenchProgress.show("idle", number, of: bench.setup.rounds)
            let (start, before) = (MonotonicTime.now, bench.cpuMilliseconds)
            pause.wait(until: start + .seconds(seconds) / bench.setup.rounds)
            shares.append((bench.cpuMilliseconds - before) / start.secondsAgo / 10)
        }
        let mean = shares.reduce(0, +) / Double(shares.count)
        let resident = bench.residentMegabytes
        figures.others = [("cpu_percent_of_a_core", mean), ("resident_mb", resident)]
        figures.aim("cpu_percent_of_a_core", mean, .atMost(0.5), note: "servers included")
        figures.aim("resident_mb", resident, .atMost(60), note: "servers included")
        return figures
    }
}
