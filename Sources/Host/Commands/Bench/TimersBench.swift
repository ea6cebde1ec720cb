import JSON
import Linux
import Postgres

/// `timers`: how late `until` steps end, as the history says, that are due together or spread over a time.
struct TimersBench {
    let timers: Int
    private static let spread = Duration.seconds(10)

    func measure(_ bench: Bench) throws -> BenchFigures {
        var figures = BenchFigures("timers")
        let nap = #"{ id: nap, until: "${ input.at }" }"#
        try bench.apply("nap", steps: [nap, "{ id: probe, uses: probe/run }"])
        let database = try bench.database()
        for (number, count) in [timers / 10, timers].enumerated() {
            BenchProgress.show("timers", number + 1, of: 2)
            let together = try round(bench, database, count: count, over: .zero)
            let apart = try round(bench, database, count: count, over: Self.spread)
            figures.p50Milliseconds = apart.p50
            figures.p99Milliseconds = apart.p99
            figures.others = [
                ("least_ms", min(apart.least, together.least)), ("one_instant_p50_ms", together.p50),
                ("one_instant_p99_ms", together.p99),
            ]
            figures.sizes.append(
                [
                    "timers": .integer(Int64(count)), "spread_p99_ms": .real(apart.p99),
                    "one_instant_p99_ms": .real(together.p99),
                ]
            )
            figures.aims = []
            figures.aim("least_ms", min(apart.least, together.least), .atLeast(0), note: "never early")
            figures.aim("p99_ms", apart.p99, .atMost(50), note: "spread")
            figures.aim("one_instant_p99_ms", together.p99, .atMost(800))
        }
        return figures
    }

    /// Starts the runs first, and has all timers due later than that is done.
    private func round(
        _ bench: Bench,
        _ database: PostgresConnection,
        count: Int,
        over spread: Duration
    ) throws -> Bench.Percentiles {
        let first = Timestamp.now + .seconds(3) + .milliseconds(count)
        let step = spread.wholeMilliseconds * 1_000 / Int64(count)
        let mark = try bench.mark(database)
        try bench.share(count, among: 32) { client, number in
            let due = first + .microseconds(Int64(number) * step)
            _ = try bench.start(client, "nap", input: ["at": .string(due.description)])
        }
        try bench.waitForAll(database, since: mark)
        let late = """
            select extract(epoch from s.ended_at - (r.input::jsonb->>'at')::timestamptz)::float8 * 1000 as x
            from step s join run r using (run_id) where s.path = 'nap' and \(mark.condition("s"))
            """
        return try bench.percentiles(database, of: late)
    }
}
