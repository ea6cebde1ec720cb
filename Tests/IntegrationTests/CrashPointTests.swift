import TestSupport
import Testing

extension OwnProcessTests {
    @Suite("Crash points")
    struct CrashPointTests {
        @Test("the process dies once at each, and another ends the run as if nothing had been")
        func onceEach() async throws {
            let seed = TestSettings.number("PAWL_CHAOS_SEED") ?? .random(in: 0...UInt64.max / 2)
            let postgres = try await TestServers.ownPostgres()
            defer { postgres.remove() }
            let report = try await onOwnThread {
                var random = SeededGenerator(seed: seed)
                let sweep = try CrashSweep(postgres)
                let passings = try sweep.passings()
                let unpassed = try CrashSweep.pointsInSources().subtracting(passings.keys)
                #expect(unpassed.isEmpty, "no process comes to \(unpassed)")
                return sweep.play(CrashSweep.sample(passings, &random))
            }
            print("crash points, seed \(seed): \(report)")
            #expect(report.violations.isEmpty, "seed \(seed)")
            #expect(report.reached >= report.points * 9 / 10, "these did not come: \(report.missed)")
        }
    }
}
