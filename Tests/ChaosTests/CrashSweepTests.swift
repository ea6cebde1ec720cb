import TestSupport
import Testing

@Suite("Crash points, every passing", .serialized)
struct CrashSweepTests {
    @Test("the process dies at every passing of every point, before and after each commit")
    func everyPassing() async throws {
        let postgres = try await TestServers.ownPostgres()
        defer { postgres.remove() }
        let report = try await onOwnThread {
            let sweep = try CrashSweep(postgres)
            let passings = try sweep.passings()
            #expect(try CrashSweep.pointsInSources().subtracting(passings.keys).isEmpty)
            return sweep.play(CrashSweep.exhaustive(passings))
        }
        print("crash points: \(report)")
        #expect(report.violations.isEmpty)
    }
}
