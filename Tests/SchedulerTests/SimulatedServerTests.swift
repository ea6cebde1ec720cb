import Testing

@testable import Simulation

/// Servers that share a store under faults, as `pawl-sim` plays them.
@Suite("Several servers keep the promises, whatever fails")
struct SimulatedServerTests {
    @Test("2,000 schedules", arguments: 0..<8)
    func schedules(part: UInt64) {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("simulated schedules: first seed \(seed)")
        for number in 0..<UInt64(250) {
            if let failure = Failure(seed: seed &+ number) { Issue.record("\(failure)") }
        }
    }
}
