import TestSupport
import Testing

/// `PAWL_RESTART_RUNS` and `PAWL_CHAOS_SEED` say how many runs, and which restarts.
@Suite("Postgres restarted every 5 to 40 s", .serialized)
struct RestartRoundTests {
    @Test("5,000 runs of 3 steps: 5,000 exact, and work goes on within 2 s of each return")
    func exact() async throws {
        let installation = try await Installation.start()
        defer { installation.remove() }
        let plan = RestartRound.Plan(
            runs: Int(TestSettings.number("PAWL_RESTART_RUNS") ?? 5_000),
            seed: TestSettings.number("PAWL_CHAOS_SEED") ?? .random(in: 0...UInt64.max / 2)
        )
        let report = try await onOwnThread { try RestartRound(plan, on: installation).run() }
        print(report)
        #expect(report.violations.isEmpty, "\(report.violations.prefix(10)), seed \(plan.seed)")
        #expect(report.exact == plan.runs)
        #expect(report.recoveries.allSatisfy { $0 < .seconds(2) }, "\(report.recoveries)")
    }
}
