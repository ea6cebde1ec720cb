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
        let client = try bench.client()
        try apply(client)
        _ = try round(bench, client, items: sizes[0])
        var rounds: [[Round]] = []
        var floor: [JSONValue] = []
        for number in 1...bench.rounds {
            BenchProgress.show("fanout", number, of: bench.rounds)
            floor.append(try bench.floors.spawnCommits(inFlight: bench.inFlight, count: sizes[1]))
            rounds.append(try sizes.map { try round(bench, client, items: $0) })
        }
        BenchProgress.clear()
        let rates = sizes.indices.map { size in rounds.map { $0[size].perSecond }.median }
        let costs = sizes.indices.map { size in rounds.map { $0[size].cpuMilliseconds }.median }
        var figures = BenchFigures(workload: "fanout", unit: "items/s")
        figures.stepsPerSecond = rates[2]
        figures.cpuMillisecondsPerStep = costs[2]
        figures.floor = BenchFigures.medians(floor)
        figures.ratio = rates[2] / (figures.floor["spawn_commits_per_s"]?.doubleValue ?? .infinity)
        let spread = (costs.max() ?? 0) / (costs.min() ?? 1)
        figures.target = "at least 1,800 items a second, and a cost an item that differs by 15 % at most"
        figures.isMet = rates[2] >= 1_800 && spread <= 1.15
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

    private func apply(_ client: HTTPClient) throws {
        let headers: HTTPHeaders = ["Content-Type": "application/yaml"]
        let body = Array(Self.definition.utf8)
        _ = try answer(client.send("PUT", "/v1/workflows/fanout", headers: headers, body: body))
    }

    private func round(_ bench: Bench, _ client: HTTPClient, items: Int) throws -> Round {
        let (start, cpu) = (MonotonicTime.now, bench.cpuMilliseconds)
        let body: JSONValue = ["workflow": "fanout", "input": ["n": .integer(Int64(items))]]
        let headers: HTTPHeaders = ["Content-Type": "application/json"]
        let started = try answer(client.send("POST", "/v1/runs", headers: headers, body: body.bytes()))
        var ended: JSONValue = .null
        repeat {
            let target = "/v1/runs/\(Output.text(started["id"]))?wait=60s"
            ended = try answer(client.send("GET", target, timeout: .seconds(90)))
        } while ended["times"]?["ended_at"]?.stringValue == nil
        guard ended["status"]?.stringValue == "succeeded" else {
            throw CommandFailure(.failed, "a run of \(items) items is \(Output.text(ended["status"]))")
        }
        let seconds = Double((MonotonicTime.now - start).wholeNanoseconds) / 1e9
        return Round(
            perSecond: Double(items) / seconds,
            cpuMilliseconds: (bench.cpuMilliseconds - cpu) / Double(items)
        )
    }

    private func answer(_ response: HTTPResponse) throws -> JSONValue {
        let value = try JSONValue.parse(response.bytes)
        guard response.status < 300 else { throw CommandFailure(status: response.status, problem: value) }
        return value
    }

    private static let definition = """
        name: fanout
        steps:
          - id: each
            foreach: { items: "${ [1..input.n] }" }
            uses: tiny/run
            with: { n: "${ item }" }
          - id: join
            uses: tiny/run
            with: { count: "${ $count(steps.each.output) }" }
        """
}
