import JSON
import Linux
import TestSupport
import Testing

@Suite("Charts are drawn from roll-ups")
struct APIChartTests {
    private static func total(_ charts: APIAnswer, _ status: String) -> Int64 {
        (charts["runs"].arrayValue ?? []).reduce(0) { $0 + ($1[status]?.integerValue ?? 0) }
    }

    @Test("runs by status over time, and how long they, waits and attempts took")
    func charts() async throws {
        try await APIFixture.serve { api in
            let good = try api.apply(script("charted"))
            let bad = try api.apply(script("charted-bad", "exit 1"))
            for run in try (0..<5).map({ _ in try api.start(good) }) + [try api.start(bad)] {
                _ = try api.end(of: run)
            }
            var charts = try api.get("/v1/charts?workflow=charted")
            try eventually("five runs are rolled up", within: PawlProcess.patience) {
                charts = try api.get("/v1/charts?workflow=charted")
                return Self.total(charts, "succeeded") == 5
            }
            #expect(Self.total(charts, "failed") == 0)
            #expect(charts["bucket_seconds"] == 120 || charts["bucket_seconds"] == 60)
            let counts = charts["run_duration"]["counts"]?.arrayValue?.compactMap(\.integerValue) ?? []
            #expect(counts.reduce(0, +) == 5)
            #expect(counts.count == (charts["run_duration"]["bounds"]?.arrayValue?.count ?? 0) + 1)
            #expect(charts["run_duration"]["seconds"]?.doubleValue ?? 0 > 0)

            let all = try api.get("/v1/charts?buckets=5")
            #expect(Self.total(all, "failed") >= 1)
            try eventually("attempts are counted", within: PawlProcess.patience) {
                let counts = try api.get("/v1/charts")["attempt_duration"]["counts"]?.arrayValue ?? []
                return counts.compactMap(\.integerValue).reduce(0, +) >= 6
            }
            #expect((all["runs"].arrayValue?.count ?? 99) <= 6)
        }
    }

    @Test("what is wrong is told")
    func wrong() async throws {
        let wrong = [
            "buckets=0": 422, "since=yesterday": 422, "workflow=never-applied": 404,
            "since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z": 422,
        ]
        try await APIFixture.serve { api in
            for (query, status) in wrong {
                let answer = try api.get("/v1/charts?\(query)")
                #expect(answer.status == status, "\(answer.text)")
            }
        }
    }
}
