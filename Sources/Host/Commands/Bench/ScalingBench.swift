import JSON
import Linux
import Postgres

/// `scaling`: queued steps of 100 ms, against the time that so many slots would ideally take.
struct ScalingBench {
    let steps: Int
    private static let stepSeconds = 0.1
    /// With few slots all of the steps would take minutes.
    private static let mostInEach = 100

    func measure(_ setup: Bench.Setup) throws -> BenchFigures {
        var figures = BenchFigures("scaling")
        let slots = [2, 10, 50, 100, setup.inFlight].filter { $0 <= setup.inFlight }
        let cases = slots.map { ($0, 1) } + [(min(100, setup.inFlight), 4)]
        for (number, (slots, workers)) in cases.enumerated() {
            BenchProgress.show("scaling", number + 1, of: cases.count)
            var own = setup
            own.inFlight = slots
            own.workers = workers
            let share = try Bench.with(own) { try self.share(ofIdeal: $0) }
            let note = "\(slots) slots in \(workers) \(workers == 1 ? "worker" : "workers")"
            figures.aim("of_ideal", share, .atLeast(slots > 100 ? 0.9 : 0.97), note: note)
            let rate = Double(slots) / Self.stepSeconds * share
            figures.stepsPerSecond = rate
            figures.sizes.append(
                [
                    "slots": .integer(Int64(slots)), "workers": .integer(Int64(workers)),
                    "of_ideal": .real(share), "steps_per_s": .real(rate),
                ]
            )
        }
        return figures
    }

    /// The ideal time over ours, from the first start to the last end.
    private func share(ofIdeal bench: Bench) throws -> Double {
        let database = try bench.database()
        let slots = bench.setup.inFlight
        let inEach = min(Self.mostInEach, max(1, steps / slots))
        try bench.apply("pause", steps: ["{ id: pause, uses: probe/run, with: { sleep_ms: 100 } }"])
        // Slots that have run something have their supervisors.
        try run(bench, database, count: slots)
        let mark = try bench.mark(database)
        try run(bench, database, count: slots * inEach)
        let sql = """
            select extract(epoch from max(ended_at) - min(started_at))::float8 from step s
            where \(mark.condition("s"))
            """
        let seconds = try database.query(sql).first?.double(0) ?? .infinity
        return Self.stepSeconds * Double(inEach) / seconds
    }

    /// Queues all runs before the first of them starts.
    private func run(_ bench: Bench, _ database: PostgresConnection, count: Int) throws {
        let mark = try bench.mark(database)
        let client = try bench.client()
        try bench.send(client, "/v1/queues/default/pause")
        try bench.share(count, among: 16) { client, _ in _ = try bench.start(client, "pause") }
        try bench.send(client, "/v1/queues/default/resume")
        try bench.waitForAll(database, since: mark)
    }
}
