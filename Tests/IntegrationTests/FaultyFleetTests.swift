import TestSupport
import Testing

extension OwnProcessTests {
    /// What `make test-long` does for an hour, for less than a minute.
    @Suite("Three workers under faults")
    struct FaultyFleetTests {
        @Test("3 short chaos rounds: nothing lost, nothing twice, nothing left")
        func rounds() async throws {
            let first = TestSettings.number("PAWL_CHAOS_SEED") ?? .random(in: 0...UInt64.max / 2)
            let plans = (0..<3 as Range<UInt64>).map { round in
                var plan = ChaosRound.Plan(seed: first &+ round, faults: 2)
                (plan.fault, plan.heal) = (.seconds(3), .seconds(2))
                return plan
            }
            for report in try await ChaosRound.play(plans) {
                #expect(report.violations.isEmpty, "\(report.violations.prefix(10)), seed \(report.seed)")
            }
        }
    }
}
