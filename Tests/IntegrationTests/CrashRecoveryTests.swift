import JSON
import Linux
import TestSupport
import Testing

extension OwnProcessTests {
    @Suite("Crashes lose nothing and do nothing twice")
    struct CrashRecoveryTests {
        @Test(
            "runs survive kills of the worker, restarts of Postgres, and Redis flushed, stopped and started"
        )
        func crashRound() async throws {
            let installation = try await Installation.start(lease: "3s")
            defer { installation.remove() }
            let plan = CrashRound.Plan(
                runs: 60,
                kills: 5,
                postgresRestarts: 1,
                seed: .random(in: 0...UInt64.max)
            )
            let report = try await onOwnThread { try CrashRound(plan, on: installation).run() }
            print(report)
            #expect(report.violations.isEmpty, "\(report.violations.prefix(10)), seed \(plan.seed)")
        }

        @Test("an orphaned step runs again within 12 s of its worker's kill")
        func rescue() async throws {
            let installation = try await Installation.start()
            defer { installation.remove() }
            let starts = "\(try TestServers.folder())/starts"
            try await onOwnThread {
                let api = installation.api
                let run = try api.start(
                    try api.apply(
                        """
                        name: orphan
                        steps:
                          - id: only
                            run: |
                              date +%s.%N >> \(starts)
                              [ "$(wc -l < \(starts))" -gt 1 ] || sleep 600
                            retry: { attempts: 1 }
                        """
                    )
                )
                try eventually("the step runs", within: PawlProcess.patience) {
                    (try? Files.read(starts))?.contains(UInt8(ascii: "\n")) == true
                }
                let killed = Timestamp.now
                installation.killWorker()
                try eventually("its processes are gone") { installation.survivors.isEmpty }
                try installation.startWorker()
                #expect(try api.end(of: run)["status"] == "succeeded")
                let lines = String(decoding: try Files.read(starts), as: UTF8.self).split(separator: "\n")
                #expect(lines.count == 2)
                let again = (lines.last.flatMap { Double($0) } ?? 0) - Double(killed.microseconds) / 1e6
                print("an orphaned step ran again \(again) s after its worker's kill")
                #expect(again < 12)
                let attempts = try api.steps(run).first?["attempts"]?.arrayValue ?? []
                #expect(attempts.map { $0["status"] } == ["lost", "succeeded"])
            }
        }
    }
}
