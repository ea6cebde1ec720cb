import Testing

@testable import Simulation

/// Servers that share a store under faults, as `pawl-sim` plays them.
@Suite("Several servers keep the promises, whatever fails")
struct SimulatedServerTests {
    @Test(
        "a schedule that broke a promise once keeps it",
        arguments: [53_446 as UInt64, 62_243, 64_375, 440_601, 455_625]
    )
    func regressions(seed: UInt64) {
        if let failure = Failure(seed: seed) { Issue.record("\(failure)") }
    }

    @Test("2,000 schedules", arguments: 0..<8)
    func schedules(part: UInt64) {
        let seed = 50_000 + part * 250
        for number in 0..<UInt64(250) {
            if let failure = Failure(seed: seed &+ number) { Issue.record("\(failure)") }
        }
    }
}
