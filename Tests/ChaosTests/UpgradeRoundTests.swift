import Linux
import TestSupport
import Testing

/// `PAWL_PREVIOUS` is the program of the release before this one; `scripts/build-previous` makes it.
@Suite("Upgrades", .serialized)
struct UpgradeRoundTests {
    private static let previous = ThisProcess.environment("PAWL_PREVIOUS")

    @Test(
        "the release before and this one side by side, with the migration between, under load",
        .enabled(if: previous != nil, "PAWL_PREVIOUS names no program")
    )
    func sideBySide() async throws {
        let previous = try #require(Self.previous)
        let postgres = try await TestServers.ownPostgres()
        defer { postgres.remove() }
        let report = try await onOwnThread { try UpgradeRound(from: previous, on: postgres).run() }
        print(report)
        #expect(report.violations.isEmpty, "\(report.violations.prefix(10))")
    }
}
