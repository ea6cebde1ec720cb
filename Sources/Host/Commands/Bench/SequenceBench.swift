import JSON
import Linux

/// `seq`: runs of five sequential steps, submitted by several clients; steps a second until the last has
/// ended.
struct SequenceBench {
    let runs: Int

    func measure(_ bench: Bench) throws -> BenchFigures {
        var figures = BenchFigures(workload: "seq", unit: "steps/s")
        let sizes = [max(1, runs / 10), runs]
        _ = try round(bench, runs: sizes[0])
        var ours: [Double] = []
        var cpu: [Double] = []
        var floor: [JSONValue] = []
        var small: [Double] = []
        for number in 1...bench.rounds {
            BenchProgress.show("seq", number, of: bench.rounds)
            floor.append(
                try bench.floors.spawnCommits(inFlight: bench.inFlight, count: runs * Bench.chainSteps)
            )
            let before = bench.cpuMilliseconds
            ours.append(try round(bench, runs: runs))
            cpu.append((bench.cpuMilliseconds - before) / Double(runs * Bench.chainSteps))
            small.append(try round(bench, runs: sizes[0]))
        }
        BenchProgress.clear()
        figures.stepsPerSecond = ours.median
        figures.cpuMillisecondsPerStep = cpu.median
        figures.floor = BenchFigures.medians(floor)
        figures.ratio = ours.median / (figures.floor["spawn_commits_per_s"]?.doubleValue ?? .infinity)
        figures.target = "at least 0.5 of the floor"
        figures.isMet = figures.ratio >= 0.5
        figures.sizes = [
            ["runs": .integer(Int64(sizes[0])), "steps_per_s": .real(small.median)],
            ["runs": .integer(Int64(runs)), "steps_per_s": .real(ours.median)],
        ]
        return figures
    }

    /// Steps a second of one round: as many clients as steps run at once, each with its share of the runs.
    private func round(_ bench: Bench, runs: Int) throws -> Double {
        let clients = min(runs, bench.inFlight)
        let failure = Locked<(any Error)?>(nil)
        let start = MonotonicTime.now
        let threads = (0..<clients).map { index in
            DedicatedThread("client-\(index)") {
                do {
                    try Self.share(of: bench, runs: runs / clients + (index < runs % clients ? 1 : 0))
                } catch {
                    failure.withLock { $0 = error }
                }
            }
        }
        for thread in threads { thread.join() }
        if let error = failure.withLock({ $0 }) { throw error }
        let seconds = Double((MonotonicTime.now - start).wholeNanoseconds) / 1e9
        return Double(runs * Bench.chainSteps) / seconds
    }

    /// Submits all of its runs, then waits for each.
    private static func share(of bench: Bench, runs: Int) throws {
        let client = try bench.client()
        var names: [String] = []
        for _ in 0..<runs { names.append(try bench.start(client)) }
        for name in names.reversed() { try bench.wait(for: name, client) }
    }
}
