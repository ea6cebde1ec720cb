import Linux
import Postgres

/// What no answer of the API tells is asked of the engine's database.
extension Bench {
    /// A point in time from which on runs are counted.
    struct Mark {
        let run: String

        /// As SQL: whether a row of the table with this alias belongs to a run that began later.
        func condition(_ alias: String) -> String { "\(alias).run_id > '\(run)'" }
    }

    /// In the unit of what was measured.
    struct Percentiles {
        var p50, p99, least: Double
    }

    func mark(_ database: PostgresConnection) throws -> Mark {
        let row = try database.query("select run_id::text from run order by run_id desc limit 1").first
        return Mark(run: try row?.text(0) ?? "00000000-0000-0000-0000-000000000000")
    }

    /// Waits until no run that began after the mark is live.
    func waitForAll(
        _ database: PostgresConnection,
        since mark: Mark,
        within limit: Duration = .seconds(900)
    ) throws {
        let live = "select exists (select from run_live l where \(mark.condition("l")))"
        let deadline = MonotonicTime.now + limit
        let pause = Waker()
        while try database.query(live).first?.bool(0) == true {
            guard .now < deadline else { throw CommandFailure(.failed, "the runs do not end") }
            pause.wait(until: .now + .milliseconds(50))
        }
    }

    /// The median, the 99th percentile and the least of what a query gives in a column `x`.
    func percentiles(_ database: PostgresConnection, of query: String) throws -> Percentiles {
        let sql = """
            select percentile_cont(0.5) within group (order by x), min(x),
                percentile_cont(0.99) within group (order by x) from (\(query)) as measured
            """
        guard let row = try database.query(sql).first, let p50 = try row.optionalDouble(0) else {
            throw CommandFailure(.failed, "nothing was measured")
        }
        return Percentiles(p50: p50, p99: try row.double(2), least: try row.double(1))
    }
}
