import JSON
import Linux
import Postgres

/// `retries`: how much later than its back-off says the next attempt of a failing step starts.
///
/// Runs come at the pace that keeps half of the slots busy with attempts: what a retry waits for when more
/// is queued than the slots can take is the queue, which is measured by itself, with all runs at once.
struct RetriesBench {
    let runs: Int

    private struct Case {
        var percent: Int
        var backoff: String
        var isPaced = true
    }

    private static let cases =
        [10, 50].flatMap { percent in
            ["linear", "exponential"].map { Case(percent: percent, backoff: $0) }
        } + [Case(percent: 50, backoff: "exponential", isPaced: false)]
    private static let delay = 200

    func measure(_ bench: Bench) throws -> BenchFigures {
        var figures = BenchFigures("retries")
        let database = try bench.database()
        let most = try mostAttemptsPerSecond(bench, database)
        var worst = 0.0
        for (number, one) in Self.cases.enumerated() {
            BenchProgress.show("retries", number + 1, of: Self.cases.count + 1)
            let late = try lateness(bench, database, one, attemptsPerSecond: most / 2)
            if one.isPaced {
                worst = max(worst, late.p99)
                figures.p50Milliseconds = late.p50
            } else {
                figures.others.append(("all_at_once_p99_ms", late.p99))
            }
            figures.sizes.append(
                [
                    "failing_percent": .integer(Int64(one.percent)), "backoff": .string(one.backoff),
                    "paced": .bool(one.isPaced), "p50_ms": .real(late.p50), "p99_ms": .real(late.p99),
                    "least_ms": .real(late.least),
                ]
            )
        }
        figures.p99Milliseconds = worst
        figures.aim("p99_ms", worst, .atMost(50), note: "late, at half load")
        let herd = try herd(bench, database)
        figures.others.append(("herd", herd))
        figures.aim("herd", herd, .atMost(2), note: "the busiest tenth of a jittered second to the mean")
        return figures
    }

    private func mostAttemptsPerSecond(_ bench: Bench, _ database: PostgresConnection) throws -> Double {
        try bench.apply("retry-none", steps: ["{ id: probe, uses: probe/run }"])
        let mark = try bench.mark(database)
        let start = MonotonicTime.now
        try bench.share(runs, among: 8) { client, _ in _ = try bench.start(client, "retry-none") }
        try bench.waitForAll(database, since: mark)
        return Double(runs) / start.secondsAgo
    }

    private func lateness(
        _ bench: Bench,
        _ database: PostgresConnection,
        _ one: Case,
        attemptsPerSecond rate: Double
    ) throws -> Bench.Percentiles {
        let name = "retry-\(one.backoff)-\(one.percent)"
        let retry =
            "{ attempts: 20, backoff: \(one.backoff), delay: \(Self.delay)ms, max_delay: 2s, jitter: none }"
        try apply(bench, name, failing: one.percent, retry: retry)
        let mark = try bench.mark(database)
        let pace = one.isPaced ? rate * (1 - Double(one.percent) / 100) : .infinity
        try bench.share(runs, among: 8, perSecond: pace) { client, _ in _ = try bench.start(client, name) }
        try bench.waitForAll(database, since: mark)
        let pause = one.backoff == "linear" ? "\(Self.delay) * n" : "\(Self.delay) * 2 ^ (n - 1)"
        let late = """
            select extract(epoch from starts - lag(ends) over (partition by run_id order by n)) * 1000
                - least(2000, lag(\(pause)) over (partition by run_id order by n)) as x
            from (\(Self.attempts(since: mark))) attempts
            """
        return try bench.percentiles(database, of: "select x::float8 from (\(late)) l where x is not null")
    }

    /// Second attempts in the busiest tenth of the second over which full jitter spreads them, to the mean.
    private func herd(_ bench: Bench, _ database: PostgresConnection) throws -> Double {
        let retry = "{ attempts: 2, delay: 1s, jitter: full }"
        try apply(bench, "retry-jitter", failing: 100, retry: retry)
        let mark = try bench.mark(database)
        try bench.share(runs, among: 8) { client, _ in _ = try bench.start(client, "retry-jitter") }
        try bench.waitForAll(database, since: mark)
        let busiest = """
            select max(count)::float8 * 10 / sum(count)::float8 from (
                select count(*) from (
                    select starts - lag(ends) over (partition by run_id order by n) as wait
                    from (\(Self.attempts(since: mark))) attempts) waits
                where wait is not null group by width_bucket(extract(epoch from wait), 0, 1, 10)) tenths
            """
        return try database.query(busiest).first?.double(0) ?? 0
    }

    private func apply(_ bench: Bench, _ name: String, failing percent: Int, retry: String) throws {
        let input = "{ fail_percent: \(percent) }"
        try bench.apply(name, steps: ["{ id: probe, uses: probe/run, with: \(input), retry: \(retry) }"])
    }

    private static func attempts(since mark: Bench.Mark) -> String {
        """
        select s.run_id, (a->>'number')::int as n, (a->>'started_at')::timestamptz as starts,
            (a->>'ended_at')::timestamptz as ends
        from step s, jsonb_array_elements(s.attempts::jsonb) a where \(mark.condition("s"))
        """
    }
}
