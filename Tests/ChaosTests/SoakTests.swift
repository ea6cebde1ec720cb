import Linux
import TestSupport
import Testing

/// `PAWL_SOAK_MINUTES` says for how long; `make soak` takes an hour, and the program that it was told.
@Suite("Soak", .serialized)
struct SoakTests {
    @Test("memory, descriptors, dead tuples and the p99 of claims stay as they are under a steady load")
    func steady() async throws {
        let minutes = Int(TestSettings.number("PAWL_SOAK_MINUTES") ?? 2)
        let program = ThisProcess.environment("PAWL_SOAK_PROGRAM")
        let postgres = try await TestServers.ownPostgres()
        defer { postgres.remove() }
        let samples = try await onOwnThread {
            try Soak(minutes: minutes, on: postgres, program: program).run()
        }
        let memory = samples.course(\.megabytes)
        #expect(memory.late <= memory.early * 1.2 + 8, "MB: \(memory)")
        let descriptors = samples.course(\.descriptors)
        #expect(descriptors.late <= descriptors.early + 8, "descriptors: \(descriptors)")
        let dead = samples.course(\.deadTuples)
        #expect(dead.late <= dead.early * 2 + 5_000, "dead tuples: \(dead)")
        let claims = samples.course(\.claimP99)
        #expect(claims.late <= max(claims.early * 2, 50), "claim p99 in ms: \(claims)")
    }
}
