import JSON
import Linux
import Postgres
import TestSupport
import Testing

@testable import Scheduler

@Suite("A run that is taken up again is charted once")
struct RollupRevivalTests {
    /// Runs by status, and how many durations were counted, in the last six hours.
    private static func charted(_ api: PawlAPI, _ workflow: String) throws -> [String: Int64] {
        let since = (Timestamp.now - .seconds(6 * 3_600)).rfc3339
        let charts = try api.get("/v1/charts?workflow=\(workflow)&since=\(since)")
        var totals: [String: Int64] = [:]
        for (status, count) in (charts["runs"].arrayValue ?? []).flatMap({ $0.objectValue ?? [:] }) {
            if let count = count.integerValue, count != 0 { totals[status, default: 0] += count }
        }
        let counts = charts["run_duration"]["counts"]?.arrayValue ?? []
        totals["durations"] = counts.compactMap(\.integerValue).reduce(0, +)
        return totals
    }

    @Test("whether its first end was gathered just now or hours ago", arguments: [0, 3])
    func retried(hours: Int) async throws {
        let installation = try await Installation.start()
        try await onOwnThread {
            defer { installation.remove() }
            let api = installation.api
            let database = try installation.postgres.configuration(database: "pawl")
            let store = try PostgresStore.open(database)
            func gather(until expected: [String: Int64]) throws {
                try eventually("\(expected)", within: PawlProcess.patience) {
                    try store.rollUpRuns()
                    return try Self.charted(api, "charted-once") == expected
                }
            }
            let yard = try MarkYard()
            let failed = try api.run(
                """
                name: charted-once
                steps:
                  - { id: a, run: '\(yard.script("a", needs: "b"))', retry: { attempts: 1 } }
                """
            )
            #expect(failed["status"] == "failed")
            try gather(until: ["failed": 1, "durations": 1])
            let connection = try PostgresConnection.open(database)
            for (table, column) in [("run_end", "ended_at"), ("rollup_run", "at")] {
                let shift = "set \(column) = \(column) - interval '\(hours) hours'"
                try connection.query(PostgresStatement("shift_\(table)", "update \(table) \(shift)"))
            }
            // What is older than the last end by minutes is not gathered again.
            _ = try api.run(script("charted-later"))
            try gather(until: ["failed": 1, "durations": 1])
            try yard.mend("b")
            let id = failed["id"]?.stringValue ?? ""
            #expect(try api.call("POST", "/v1/runs/\(id)/retry").status == 200)
            #expect(try api.end(of: id)["status"] == "succeeded")
            try gather(until: ["succeeded": 1, "durations": 1])
        }
    }
}
