import JSON
import Linux
import TestSupport
import Testing

extension OwnProcessTests {
    @Suite("A worker that is told to stop")
    struct DrainTests {
        @Test("lets what it runs end, and claims nothing more")
        func endsWhatRuns() async throws {
            let installation = try await Installation.start()
            defer { installation.remove() }
            let starts = "\(try TestServers.folder())/starts"
            try await onOwnThread {
                let api = installation.api
                let run = try api.start(
                    try api.apply(
                        """
                        name: drained
                        steps:
                          - { id: slow, run: 'echo slow >> \(starts); sleep 1.5' }
                          - { id: next, run: 'echo next >> \(starts)' }
                        """
                    )
                )
                try eventually("the step runs", within: PawlProcess.patience) { Files.exists(starts) }
                try installation.stopWorker()
                #expect(String(decoding: try Files.read(starts), as: UTF8.self) == "slow\n")
                #expect(try api.steps(run).first?["status"] == "succeeded")
                try installation.startWorker()
                #expect(try api.end(of: run)["status"] == "succeeded")
                #expect(String(decoding: try Files.read(starts), as: UTF8.self) == "slow\nnext\n")
            }
        }
    }
}
