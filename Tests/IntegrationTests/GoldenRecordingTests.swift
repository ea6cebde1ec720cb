import Linux
import Postgres
import TestSupport
import Testing

extension OwnProcessTests {
    /// With `PAWL_GOLDEN=1`, as `make golden` says it, the histories are kept under the release's name.
    @Suite("Each state that is stored is what the history before it replays to")
    struct GoldenRecordingTests {
        @Test("of workflows that use the whole language, and of what people do to runs")
        func played() async throws {
            let keeps = TestSettings.number("PAWL_GOLDEN") == 1
            let installation = try await Installation.start(lease: "2s")
            defer { installation.remove() }
            try await onOwnThread {
                let release = try PawlProcess.run(["version"]).output.split(whereSeparator: \.isWhitespace)[1]
                let database = try PostgresConfiguration(installation.postgres.url(database: "pawl"))
                let connection = try PostgresConnection.open(database)
                try GoldenHistory.watch(connection)
                for scenario in GoldenScenario.all {
                    let run = try scenario.play(on: installation)
                    let name = "\(release)/\(scenario)"
                    let golden = try GoldenHistory(of: run, named: name, in: connection)
                    let violations = try golden.violations()
                    #expect(violations.isEmpty, "\(scenario): \(violations)")
                    if keeps { try golden.write() }
                }
            }
        }
    }
}
