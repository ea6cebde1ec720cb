import Linux
import Sandbox
import Testing

/// What a command costs is mostly how often threads must be woken for it.
@Suite("Wake-ups")
struct WakeUpTests {
    /// Once for its start and once for its end: what it wrote is read then.
    ///
    /// The least of many counts, because on a busy host a command may take long enough for its pipes to be
    /// watched.
    @Test("a short command wakes the sandbox's thread twice at the most", .timeLimit(.minutes(1)))
    func twice() async throws {
        var counts: [Int] = []
        for _ in 0..<40 { counts.append(try await sleepsAtEnd()) }
        let least = zip(counts, counts.dropFirst()).map { $1 - $0 }.min()
        #expect((least ?? .max) <= 2, "\(counts)")
    }

    /// How often the sandbox's thread had gone to sleep when a command ended, by proc(5).
    private func sleepsAtEnd() async throws -> Int {
        let command = Command(
            ["/bin/echo", "x"],
            in: try Fixture.sandbox.makeScratch(),
            timeout: .seconds(60)
        )
        let status = await withCheckedContinuation { continuation in
            Fixture.sandbox.start(command) { _ in
                continuation.resume(returning: (try? Files.read("/proc/thread-self/status")) ?? [])
            }
        }
        let name = "voluntary_ctxt_switches:"
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(name) }
        return try #require(line?.dropFirst(name.count).split(separator: "\t").first.flatMap { Int($0) })
    }
}
