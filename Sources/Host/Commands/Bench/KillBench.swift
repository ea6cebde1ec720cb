import HTTP
import JSON
import Linux

/// `kill`: runs are cancelled whose steps ignore SIGTERM and have a daemon of their own.
struct KillBench {
    let runs: Int
    private static let grace = 200.0
    /// How long the processes would live; also what they are known by, since nothing else sleeps so long.
    private static let sleep = "86399.\(ThisProcess.id)"

    func measure(_ bench: Bench) throws -> BenchFigures {
        var figures = BenchFigures("kill")
        let script = "trap '' TERM; setsid sleep \(Self.sleep) & exec sleep \(Self.sleep)"
        let step = "{ id: stubborn, grace: \(Int(Self.grace))ms, run: \"\(script)\" }"
        try bench.apply("stubborn", steps: [step])
        let batches = max(1, runs / bench.setup.inFlight)
        var times: [Double] = []
        for number in 1...batches {
            BenchProgress.show("kill", number, of: batches)
            times += try batch(bench)
        }
        let survivors = ProcessTree.count(withArgument: Self.sleep)
        figures.p50Milliseconds = times.median
        figures.p99Milliseconds = times.percentile(99)
        figures.others = [("runs", Double(times.count)), ("survivors", Double(survivors))]
        figures.aim("p99_ms", times.percentile(99), .atMost(Self.grace + 100), note: "the grace and 100")
        figures.aim("survivors", Double(survivors), .atMost(0))
        let first = Array(times.prefix(max(1, times.count / 10)))
        figures.sizes = [
            ["runs": .integer(Int64(first.count)), "p99_ms": .real(first.percentile(99))],
            ["runs": .integer(Int64(times.count)), "p99_ms": .real(times.percentile(99))],
        ]
        return figures
    }

    /// Milliseconds from asking for the cancel to the answer that the run has ended, of one run in each slot.
    private func batch(_ bench: Bench) throws -> [Double] {
        let count = bench.setup.inFlight
        let names = Locked<[String]>([])
        try bench.share(count, among: 8) { client, _ in
            let name = try bench.start(client, "stubborn")
            names.withLock { $0.append(name) }
        }
        let pause = Waker()
        while ProcessTree.count(withArgument: Self.sleep) < 2 * count {
            pause.wait(until: .now + .milliseconds(20))
        }
        let times = Locked<[Double]>([])
        let started = names.withLock { $0 }
        try bench.share(count, among: count) { client, number in
            let start = MonotonicTime.now
            try bench.send(client, "/v1/runs/\(started[number])/cancel")
            try bench.wait(for: started[number], status: "cancelled", client)
            let time = start.secondsAgo * 1e3
            times.withLock { $0.append(time) }
        }
        return times.withLock { $0 }
    }
}
