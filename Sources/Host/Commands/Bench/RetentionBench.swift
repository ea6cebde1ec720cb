import JSON
import Linux
import Postgres

/// `retention`: `seq` while finished runs of the same workflow age out beside it, against `seq` for as many
/// rounds just before; how long no step ended, at the longest, in both.
///
/// What the machine itself does to every program (a checkpoint, a neighbour) shows in both. The finished runs
/// are copies of one that ran, of the same day as those that run, so that they are deleted and not dropped.
struct RetentionBench {
    let finished: Int
    private static let runs = 300

    /// A time without the end of a step.
    private typealias Gap = (milliseconds: Double, until: Timestamp)

    /// `seq` for some time.
    private struct Phase {
        var perSecond: Double
        /// The longest first.
        var gaps: [Gap]
        var seconds: Double

        var longest: Double { gaps.first?.milliseconds ?? 0 }

        func json(aging count: Int) -> JSONValue {
            [
                "runs_that_age_out": .integer(Int64(count)), "steps_per_s": .real(perSecond),
                "seconds": .real(seconds),
                "longest_gaps": .array(
                    gaps.map { ["ms": .real($0.milliseconds), "until": .string($0.until.rfc3339)] }
                ),
            ]
        }
    }

    func measure(_ bench: Bench) throws -> BenchFigures {
        var figures = BenchFigures("retention")
        let database = try bench.database()
        BenchProgress.show("retention", 1, of: 3)
        let client = try bench.client()
        try bench.wait(for: try bench.start(client), client)
        let mark = try bench.mark(database)
        try age(mark.run, database)
        BenchProgress.show("retention", 2, of: 3)
        let without = try phase(bench, database) { round in round < bench.setup.rounds }
        BenchProgress.show("retention", 3, of: 3)
        let pruner = try bench.anotherWorker(settings: ["PAWL_RETENTION=1h", "PAWL_QUEUES=none"])
        defer { pruner.stop() }
        let aged = "select exists (select from run where run_id < '\(mark.run)')"
        let with = try phase(bench, database) { _ in try database.query(aged).first?.bool(0) == true }
        figures.stepsPerSecond = with.perSecond
        figures.others = [
            ("longest_gap_ms", with.longest), ("without_longest_gap_ms", without.longest),
            ("aged_out_runs_per_s", Double(finished) / with.seconds),
            ("without_steps_per_s", without.perSecond),
            ("of_the_rate_without", with.perSecond / without.perSecond),
        ]
        figures.sizes = [without.json(aging: 0), with.json(aging: finished)]
        figures.aim("longest_gap_ms", with.longest, .atMost(100), note: "\(finished) runs age out")
        return figures
    }

    /// Rounds of `seq` for as long as `goesOn` says, asked after each, and one at least.
    private func phase(
        _ bench: Bench,
        _ database: PostgresConnection,
        while goesOn: (Int) throws -> Bool
    ) throws -> Phase {
        _ = try SequenceBench.round(bench, runs: Self.runs)
        try database.execute("checkpoint")
        let start = MonotonicTime.now
        var phase = Phase(perSecond: 0, gaps: [], seconds: 0)
        var rates: [Double] = []
        repeat {
            let mark = try bench.mark(database)
            rates.append(try SequenceBench.round(bench, runs: Self.runs))
            phase.gaps += try gaps(since: mark, database)
            guard start.secondsAgo < 600 else { throw CommandFailure(.failed, "the runs do not age out") }
        } while try goesOn(rates.count)
        phase.perSecond = rates.median
        phase.seconds = start.secondsAgo
        phase.gaps = Array(phase.gaps.sorted { $0.milliseconds > $1.milliseconds }.prefix(5))
        return phase
    }

    /// The longest of one round: between rounds nothing is to be done.
    private func gaps(since mark: Bench.Mark, _ database: PostgresConnection) throws -> [Gap] {
        let gaps = """
            select ended_at,
                extract(epoch from ended_at - lag(ended_at) over (order by ended_at))::float8 * 1000 as gap
            from step s where \(mark.condition("s"))
            """
        let longest = try database.query(
            "select gap, ended_at from (\(gaps)) g where gap is not null order by gap desc limit 5"
        )
        return try longest.map { (try $0.double(0), try $0.timestamp(1)) }
    }

    /// Makes copies of a run that has ended, as if all of it had been two hours ago.
    private func age(_ run: String, _ database: PostgresConnection) throws {
        let past = try database.query("select (clock_timestamp() - interval '2 hours')::text").first?.text(0)
        guard let past else { throw CommandFailure(.failed, "the database has no clock") }
        for table in ["run", "step", "history", "run_end"] {
            try database.execute(
                """
                insert into \(table) select n.* from \(table) t, generate_series(1, \(finished)) i,
                    lateral (select '\(past)'::timestamptz as past) w,
                    lateral (select lpad(to_hex((extract(epoch from past) * 1000)::bigint), 12, '0') || '7'
                        || lpad(to_hex(i % 4096), 3, '0') || '8' || substr(md5(i::text), 1, 15) as id) d,
                    lateral jsonb_populate_record(t,
                        jsonb_build_object('run_id', id, 'at', past, 'started_at', past, 'ended_at', past)) n
                where t.run_id = '\(run)'
                """
            )
        }
        try database.execute("analyze run, run_end, step, history")
    }
}
