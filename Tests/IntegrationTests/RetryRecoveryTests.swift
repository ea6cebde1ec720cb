import JSON
import Linux
import Postgres
import TestSupport
import Testing

extension OwnProcessTests {
    @Suite("A retry survives the kill of the worker that takes the run up")
    struct RetryRecoveryTests {
        @Test("the run ends right, nothing succeeds twice, and its history replays to its rows")
        func killed() async throws {
            let installation = try await Installation.start(lease: "3s")
            defer { installation.remove() }
            let folder = try TestServers.folder()
            try await onOwnThread {
                let api = installation.api
                let failed = try api.run(
                    """
                    name: retried-and-killed
                    steps:
                      - { id: first, run: 'echo first >> \(folder)/marks' }
                      - id: second
                        foreach: { items: [0, 1, 2] }
                        run: 'echo second >> \(folder)/marks; test -e \(folder)/mended; sleep 1'
                      - { id: last, run: 'echo last >> \(folder)/marks' }
                    """
                )
                let run = failed["id"]?.stringValue ?? ""
                #expect(failed["status"] == "failed")
                try Files.write("\(folder)/mended", [])
                #expect(try api.call("POST", "/v1/runs/\(run)/retry").status == 200)
                installation.killWorker()
                try installation.startWorker()
                #expect(try api.end(of: run)["status"] == "succeeded")
                let text = String(decoding: try Files.read("\(folder)/marks"), as: UTF8.self)
                let marks = text.split(separator: "\n")
                #expect(marks.count { $0 == "first" } == 1 && marks.count { $0 == "last" } == 1, "\(marks)")
                #expect(HistoryCheck.violations(try api.history(run)).isEmpty)
                let database = try PostgresConfiguration(installation.postgres.url(database: "pawl"))
                let audit = try RunAudit(try PostgresConnection.open(database))
                #expect(audit.violations.isEmpty, "\(audit.violations)")
            }
        }
    }
}
