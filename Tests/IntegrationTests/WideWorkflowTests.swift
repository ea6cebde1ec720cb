import JSON
import Linux
import TestSupport
import Testing

@Suite("Wide workflows arrive")
struct WideWorkflowTests {
    @Test("traces of scientific workflows, up to 60 steps, arrive at their digests")
    func traces() async throws {
        try await APIFixture.serve { api in
            for trace in try TracedWorkflow.all() where trace.count <= 60 {
                let run = try api.run(trace.yaml)
                #expect(run["status"] == "succeeded", "\(trace)")
                let steps = try api.steps(run["id"]?.stringValue ?? "")
                #expect(trace.digest(of: steps) == trace.expected, "\(trace)")
            }
        }
    }

    @Test("300 items, 20 at once: never more in the database, in order, with a small state")
    func window() async throws {
        let installation = try await Installation.start()
        defer { installation.remove() }
        let outcome = try await onOwnThread { try WideRun(items: 300, width: 20, on: installation).run() }
        #expect(outcome.status == "succeeded")
        #expect(outcome.widest == 20)
        #expect(outcome.largestState < 2_048)
        #expect(outcome.outputs == (0..<300).map { .integer($0) })
    }
}
