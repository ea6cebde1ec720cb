import JSON
import Linux
import Postgres

/// `backlog`: `seq` beside queued runs that nobody takes, against `seq` in the same engine before they came.
///
/// The queued runs are copies of one that was submitted, so that making a million takes a minute.
struct BacklogBench {
    let queued: Int
    private static let runs = 200

    func measure(_ bench: Bench) throws -> BenchFigures {
        var figures = BenchFigures("backlog")
        let database = try bench.database()
        try bench.apply("parked", settings: "defaults: { queue: parked }", steps: [SubmitBench.step])
        _ = try bench.start(bench.client(), "parked")
        let template = try bench.mark(database).run
        _ = try SequenceBench.round(bench, runs: Self.runs)
        let empty = try rates(bench).median
        var ratio = 1.0
        for (number, count) in [queued / 10, queued - queued / 10].enumerated() {
            BenchProgress.show("backlog", number + 1, of: 2)
            try copy(template, count: count, from: number * queued, database)
            let rate = try rates(bench).median
            ratio = rate / empty
            figures.stepsPerSecond = rate
            figures.sizes.append(
                [
                    "queued": .integer(Int64(number == 0 ? count : queued)), "steps_per_s": .real(rate),
                    "of_the_empty_rate": .real(ratio),
                ]
            )
        }
        figures.others = [("empty_steps_per_s", empty), ("of_the_empty_rate", ratio)]
        figures.aim("of_the_empty_rate", ratio, .atLeast(0.9), note: "\(queued) runs queued")
        return figures
    }

    private func rates(_ bench: Bench) throws -> [Double] {
        try (1...bench.setup.rounds).map { _ in try SequenceBench.round(bench, runs: Self.runs) }
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
