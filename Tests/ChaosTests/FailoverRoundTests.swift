import TestSupport
import Testing

@Suite("Postgres fails over to a standby that missed the last second", .serialized)
struct FailoverRoundTests {
    @Test("what is left ends as it should, and lost ends of steps come again under the same key")
    func round() async throws {
        let fleet = try await Fleet.start()
        defer { fleet.remove() }
        let (report, survivors) = try await onOwnThread {
            (try FailoverRound(on: fleet).run(), fleet.killAll())
        }
        print(report)
        #expect(report.violations.isEmpty, "\(report.violations.prefix(10))")
        #expect(report.forgotten > 0, "nothing was lost, so nothing was tried")
        #expect(survivors.isEmpty)
    }
}
