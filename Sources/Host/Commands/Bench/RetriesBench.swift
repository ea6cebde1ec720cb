import JSON
import Linux
import Postgres

/// `retries`: how much later than its back-off says the next attempt of a failing step starts.
struct RetriesBench {
    let runs: Int
    private static let delay = 200

    func measure(_ bench: Bench) throws -> BenchFigures {
        var figures = BenchFigures("retries")
        let database = try bench.database()
        var worst = 0.0
        let cases = [10, 50].flatMap { percent in ["linear", "exponential"].map { (percent, $0) } }
        for (number, (percent, backoff)) in cases.enumerated() {
            BenchProgress.show("retries", number + 1, of: cases.count)
            let late = try round(bench, database, percent: percent, backoff: backoff)
            worst = max(worst, late.p99)
            figures.p50Milliseconds = late.p50
            figures.sizes.append(
                [
                    "failing_percent": .integer(Int64(percent)), "backoff": .string(backoff),
                    "p50_ms": .real(late.p50), "p99_ms": .real(late.p99), "least_ms": .real(late.least),
                ]
            )
        }
        figures.p99Milliseconds = worst
        figures.aim("p99 at most 50 ms late", worst <= 50)
        return figures
    }

    private func round(
        _ bench: Bench,
        _ database: PostgresConnection,
        percent: Int,
        backoff: String
    ) throws -> Bench.Percentiles {
        let name = "retry-\(backoff)-\(percent)"
        let retry =
            "{ attempts: 20, backoff: \(backoff), delay: \(Self.delay)ms, max_delay: 2s, jitter: none }"
        let input = "{ fail_percent: \(percent) }"
        try bench.apply(name, steps: ["{ id: probe, uses: probe/run, with: \(input), retry: \(retry) }"])
        let mark = try bench.mark(database)
        try bench.share(runs, among: 8) { client, _ in _ = try bench.start(client, name) }
        try bench.waitForAll(database, since: mark)
        let pause = backoff == "linear" ? "\(Self.delay) * n" : "\(Self.delay) * 2 ^ (n - 1)"
        let late = """
            select extract(epoch from starts - lag(ends) over (partition by run_id order by n)) * 1000
                - least(2000, lag(\(pause)) over (partition by run_id order by n)) as x
            from (
                select s.run_id, (a->>'number')::int as n, (a->>'started_at')::timestamptz as starts,
                    (a->>'ended_at')::timestamptz as ends
                from step s, jsonb_array_elements(s.attempts::jsonb) a where \(mark.condition("s"))) attempts
            """
        return try bench.percentiles(database, of: "select x::float8 from (\(late)) l where x is not null")
    }
}
