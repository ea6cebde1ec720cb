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
        let (postgres, redis) = (try await TestServers.ownPostgres(), try await TestServers.ownRedis())
        defer {
            postgres.remove()
            redis.remove()
        }
        let samples = try await onOwnThread {
            try Soak(minutes: minutes, on: postgres, redis, program: program).run()
        }
        let memory = samples.course(\.megabytes)
        let descriptors = samples.course(\.descriptors)
        let dead = samples.course(\.deadTuples)
        let claims = samples.course(\.claimP99)
        print(
            "soak: \(minutes) minutes, \(Int(samples.last?.runs ?? 0)) runs, memory \(memory) MB, "
                + "descriptors \(descriptors), dead tuples \(dead), claims p99 \(claims) ms"
        )
        #expect(memory.late <= memory.early * 1.1 + 4, "MB: \(memory)")
        #expect(descriptors.late <= descriptors.early + 8, "descriptors: \(descriptors)")
        #expect(dead.late <= dead.early * 2 + 5_000, "dead tuples: \(dead)")
        #expect(claims.late <= max(claims.early * 2, 50), "claim p99 in ms: \(claims)")
    }
}
