import TestSupport
import Testing

/// `PAWL_CRASH_ROUNDS`, `PAWL_CHAOS_RUNS` and `PAWL_CHAOS_SEED` say how many rounds, how large, and from
/// which seed on.
@Suite("Chaos rounds", .serialized)
struct CrashRoundTests {
    @Test(
        "200 runs: the worker killed every 2 s, Redis flushed and stopped, Postgres restarted twice"
    )
    func rounds() async throws {
        let rounds = TestSettings.number("PAWL_CRASH_ROUNDS") ?? 1
        let first = TestSettings.number("PAWL_CHAOS_SEED") ?? .random(in: 0...UInt64.max / 2)
        for round in 0..<rounds {
            let plan = CrashRound.Plan(
                runs: Int(TestSettings.number("PAWL_CHAOS_RUNS") ?? 200),
                kills: 100,
                postgresRestarts: 2,
                seed: first + round
            )
            let installation = try await Installation.start()
            defer { installation.remove() }
            let report = try await onOwnThread { try CrashRound(plan, on: installation).run() }
            print(report)
            #expect(report.kills < plan.kills, "some runs did not end while workers were killed")
            #expect(report.violations.isEmpty, "\(report.violations.prefix(10)), seed \(plan.seed)")
        }
    }
}
