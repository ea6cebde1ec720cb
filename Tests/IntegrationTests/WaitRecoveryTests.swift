import JSON
import Linux
import TestSupport
import Testing

extension OwnProcessTests {
    @Suite("Signals and answers survive the worker")
    struct WaitRecoveryTests {
        /// The token that the step of a workflow with a `context` file was given.
        private static func token(_ path: String) throws -> String {
            try eventually("the step has its context", within: PawlProcess.patience) {
                (try? Files.read(path)) != nil
            }
            let context = try JSONValue.parse(try Files.read(path))
            return context["callback"]?["token"]?.stringValue ?? ""
        }

        @Test("what is sent or answered while no worker lives counts, and no step runs twice for it")
        func withoutWorker() async throws {
            let installation = try await Installation.start(lease: "3s")
            defer { installation.remove() }
            let folder = try TestServers.folder()
            try await onOwnThread {
                let api = installation.api
                let name = try api.apply(
                    """
                    name: outlives-workers
                    steps:
                      - id: early
                        run: |
                          echo start >> \(folder)/starts
                          cp "$PAWL_CONTEXT" \(folder)/early.tmp
                          mv \(folder)/early.tmp \(folder)/early
                          echo '{"type": "defer"}' >&3
                          sleep 600
                      - id: approve
                        wait: { signal: approval }
                      - id: after
                        run: echo done
                    output: "${ [steps.early.output, steps.approve.output, steps.after.output] }"
                    """
                )
                let run = try api.start(name)
                let token = try Self.token("\(folder)/early")
                let body: JSONValue = ["output": "answered"]
                #expect(try api.call("POST", "/v1/callbacks/\(token)/complete", body).status == 200)
                installation.killWorker()
                #expect(try api.call("POST", "/v1/runs/\(run)/signals/approval", "yes").status == 200)
                try eventually("its processes are gone") { installation.survivors.isEmpty }
                try installation.startWorker()
                #expect(try api.end(of: run)["output"] == ["answered", "yes", "done"])
                let starts = String(decoding: try Files.read("\(folder)/starts"), as: UTF8.self)
                #expect(starts == "start\n")
                #expect(try api.steps(run)[0]["attempts"]?[0]?["status"] == "lost")
                #expect(HistoryCheck.violations(try api.history(run)).isEmpty)
            }
        }
    }
}
