import JSON
import Linux

/// `slots`: `seq` with 1 to 32 steps at once, each beside the floor with as many.
struct SlotsBench {
    let runs: Int
    private static let slots = [1, 2, 4, 8, 16, 32]

    func measure(_ setup: Bench.Setup) throws -> BenchFigures {
        var figures = BenchFigures("slots")
        for (number, slots) in Self.slots.enumerated() {
            BenchProgress.show("slots", number + 1, of: Self.slots.count)
            var own = setup
            own.inFlight = slots
            let (ours, floor) = try Bench.with(own) { try rates($0) }
            figures.stepsPerSecond = max(figures.stepsPerSecond ?? 0, ours)
            figures.sizes.append(
                [
                    "slots": .integer(Int64(slots)), "steps_per_s": .real(ours),
                    "floor_steps_per_s": .real(floor),
                ]
            )
        }
        return figures
    }

    private func rates(_ bench: Bench) throws -> (ours: Double, floor: Double) {
        _ = try SequenceBench.round(bench, runs: max(1, runs / 5))
        var (ours, floor): ([Double], [Double]) = ([], [])
        for _ in 1...bench.setup.rounds {
            let best = try bench.floors.spawnCommits(
                inFlight: bench.setup.inFlight,
                count: runs * Bench.chainSteps
            )
            floor.append(best["spawn_commits_per_s"]?.doubleValue ?? 0)
            ours.append(try SequenceBench.round(bench, runs: runs))
        }
        return (ours.median, floor.median)
    }
}
