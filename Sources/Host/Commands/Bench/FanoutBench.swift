import HTTP
import JSON
import Linux

/// `fanout`: one run whose first step has so many items, each a tiny program, and whose second joins them; at
/// three sizes, for how the cost of an item grows.
struct FanoutBench {
    let items: Int

    private struct Round {
        var perSecond: Double
        var cpuMilliseconds: Double
    }

    func measure(_ bench: Bench) throws -> BenchFigures {
        var figures = BenchFigures("fanout")
        try bench.apply("fanout", steps: Self.steps)
        let client = try bench.client()
        _ = try round(bench, client, items: sizes[0])
        var rounds: [[Round]] = []
        var floor: [JSONObject] = []
        for number in 1...bench.setup.rounds {
            BenchProgress.show("fanout", number, of: bench.setup.rounds)
            floor.append(try bench.floors.all(inFlight: bench.setup.inFlight, count: sizes[1]))
            rounds.append(try sizes.map { try round(bench, client, items: $0) })
        }
        let rates = sizes.indices.map { size in rounds.map { $0[size].perSecond }.median }
        let costs = sizes.indices.map { size in rounds.map { $0[size].cpuMilliseconds }.median }
        figures.stepsPerSecond = rates[2]
        figures.cpuMillisecondsPerStep = costs[2]
        figures.floor = BenchFigures.medians(floor)
        let best = figures.floor["spawn_commits_per_s"]?.doubleValue
        figures.ratio = best.map { rates[2] / $0 }
        let spread = (costs.max() ?? 0) / (costs.min() ?? 1)
        figures.aim("steps_per_s", rates[2], .atLeast(1_800), floor: best)
        figures.aim("cost_growth", spread, .atMost(1.15), note: "from \(sizes[0]) to \(sizes[2]) items")
        figures.sizes = sizes.indices.map { size in
            [
                "items": .integer(Int64(sizes[size])), "steps_per_s": .real(rates[size]),
                "cpu_ms_per_step": .real(costs[size]),
            ]
        }
        return figures
    }

    /// 500, 5,000 and 20,000, when the last is what is asked for.
    private var sizes: [Int] { [max(1, items / 40), max(1, items / 4), items] }

    private func round(_ bench: Bench, _ client: HTTPClient, items: Int) throws -> Round {
        let (start, cpu) = (MonotonicTime.now, bench.cpuMilliseconds)
        let run = try bench.start(client, "fanout", input: ["n": .integer(Int64(items))])
        try bench.wait(for: run, client)
        return Round(
            perSecond: Double(items) / start.secondsAgo,
            cpuMilliseconds: (bench.cpuMilliseconds - cpu) / Double(items)
        )
    }

    private static let steps = [
        #"{ id: each, foreach: { items: "${ [1..input.n] }" }, uses: tiny/run, with: { n: "${ item }" } }"#,
        #"{ id: join, uses: tiny/run, with: { count: "${ $count(steps.each.output) }" } }"#,
    ]
}
