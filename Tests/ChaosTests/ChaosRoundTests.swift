import TestSupport
import Testing

/// `PAWL_CHAOS_ROUNDS` and `PAWL_CHAOS_SEED` say how many rounds, and from which seed on.
@Suite("Chaos rounds of a minute", .serialized)
struct ChaosRoundTests {
    @Test("50 rounds of six faults, 5 s each and 5 s between: nothing lost, nothing twice, nothing left")
    func rounds() async throws {
        let rounds = TestSettings.number("PAWL_CHAOS_ROUNDS") ?? 50
        let first = TestSettings.number("PAWL_CHAOS_SEED") ?? .random(in: 0...UInt64.max / 2)
        for round in 0..<rounds {
            for report in try await ChaosRound.play([ChaosRound.Plan(seed: first &+ round, faults: 6)]) {
                #expect(report.violations.isEmpty, "\(report.violations.prefix(10)), seed \(report.seed)")
            }
        }
    }
}
