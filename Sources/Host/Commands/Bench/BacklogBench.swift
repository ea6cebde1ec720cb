import JSON
import Linux
import Postgres

/// `backlog`: `seq` beside queued runs that nobody takes, against `seq` in the same engine before they came;
/// at last while a snapshot is held open, which keeps every version of a claimed task.
///
/// The queued runs are copies of one that was submitted, so that making a million takes a minute.
struct BacklogBench {
    let queued: Int
    private static let runs = 200
    /// How long the snapshot is held beside a million runs; beside fewer, less.
    private static let hold = Duration.seconds(120)

    private struct Rate {
        var perSecond: Double
        var claimP99: Double
    }

    func measure(_ bench: Bench) throws -> BenchFigures {
        var figures = BenchFigures("backlog")
        let database = try bench.database()
        try bench.apply("parked", settings: "defaults: { queue: parked }", steps: [SubmitBench.step])
        _ = try bench.start(bench.client(), "parked")
        let template = try bench.mark(database).run
        _ = try SequenceBench.round(bench, runs: Self.runs)
        let empty = try rate(bench)
        var last = empty
        for (number, count) in [queued / 10, queued - queued / 10].enumerated() {
            BenchProgress.show("backlog", number + 1, of: 3)
            try copy(template, count: count, from: number * queued, database)
            last = try rate(bench)
            figures.sizes.append(size(number == 0 ? count : queued, last, empty))
        }
        BenchProgress.show("backlog", 3, of: 3)
        let held = try rateWithSnapshot(bench)
        figures.sizes.append(size(queued, held, empty, isHeld: true))
        let ratio = last.perSecond / empty.perSecond
        figures.stepsPerSecond = last.perSecond
        figures.others = [
            ("empty_steps_per_s", empty.perSecond), ("of_the_empty_rate", ratio),
            ("claim_p99_ms", last.claimP99), ("held_steps_per_s", held.perSecond),
            ("held_claim_p99_ms", held.claimP99),
        ]
        figures.aim("of_the_empty_rate", ratio, .atLeast(0.9), note: "\(queued) runs queued")
        figures.aim("claim_p99_ms", last.claimP99, .atMost(5))
        figures.aim("held_claim_p99_ms", held.claimP99, .atMost(5), note: "a snapshot held")
        return figures
    }

    private func size(_ queued: Int, _ rate: Rate, _ empty: Rate, isHeld: Bool = false) -> JSONValue {
        [
            "queued": .integer(Int64(queued)), "snapshot_held": .bool(isHeld),
            "steps_per_s": .real(rate.perSecond), "claim_p99_ms": .real(rate.claimP99),
            "of_the_empty_rate": .real(rate.perSecond / empty.perSecond),
        ]
    }

    private func rate(_ bench: Bench) throws -> Rate {
        try claims(bench) {
            try (1...bench.setup.rounds).map { _ in try SequenceBench.round(bench, runs: Self.runs) }.median
        }
    }

    private func rateWithSnapshot(_ bench: Bench) throws -> Rate {
        let snapshot = try bench.database()
        try snapshot.execute("begin isolation level repeatable read; select from run limit 1")
        defer { try? snapshot.execute("rollback") }
        let end = MonotonicTime.now + Self.hold * min(queued, 1_000_000) / 1_000_000
        return try claims(bench) {
            var rates: [Double] = []
            repeat { rates.append(try SequenceBench.round(bench, runs: Self.runs)) } while .now < end
            return rates.suffix(bench.setup.rounds).map { $0 }.median
        }
    }

    /// The rate that `body` gives, with the p99 of the claims meanwhile.
    private func claims(_ bench: Bench, _ body: () throws -> Double) throws -> Rate {
        let client = try bench.client()
        let before = try BenchHistogram("pawl_claim_duration_seconds", of: client)
        let rate = try body()
        let after = try BenchHistogram("pawl_claim_duration_seconds", of: client)
        return Rate(perSecond: rate, claimP99: after.percentile99(since: before))
    }

    /// Copies the rows of a run under ids of the same instant.
    private func copy(_ run: String, count: Int, from first: Int, _ database: PostgresConnection) throws {
        for table in ["run", "run_live", "task", "history"] {
            let sql = """
                insert into \(table) select n.* from \(table) t, generate_series($1::bigint, $2::bigint) i,
                    lateral (select md5(i::text) as h) h,
                    lateral jsonb_populate_record(t, jsonb_build_object('run_id', left(t.run_id::text, 15)
                        || left(h, 3) || '-8' || substr(h, 4, 3) || '-' || substr(h, 7, 12))) n
                where t.run_id = '\(run)'
                """
            let bounds = [PostgresValue.int64(Int64(first)), .int64(Int64(first + count - 1))]
            try database.query(sql, bounds)
        }
        try database.execute("analyze run_live, task, run, history")
    }
}
