import JSON
import TestSupport
import Testing

@Suite("Wide runs at full size", .serialized)
struct WideRunTests {
    @Test("10,000 items, 50 at once: never more in the database, in order, with a small state")
    func window() async throws {
        let installation = try await Installation.start()
        defer { installation.remove() }
        let outcome = try await onOwnThread { try WideRun(items: 10_000, width: 50, on: installation).run() }
        #expect(outcome.status == "succeeded")
        #expect(outcome.widest == 50)
        #expect(outcome.largestState < 2_048)
        #expect(outcome.outputs == (0..<10_000).map { .integer($0) })
    }

    @Test(
        "traces of more than 60 steps arrive at their digests while the worker is killed",
        arguments: [1, 2]
    )
    func traces(half: Int) async throws {
        let installation = try await Installation.start()
        defer { installation.remove() }
        try await onOwnThread {
            for (index, trace) in try TracedWorkflow.all().enumerated()
            where trace.count > 60 && index % 2 == half - 1 {
                let run = try installation.api.start(try installation.api.apply(trace.yaml))
                installation.killWorker()
                try installation.startWorker()
                let ended = try installation.api.end(of: run, within: .seconds(300))
                #expect(ended["status"] == "succeeded", "\(trace)")
                #expect(trace.digest(of: try installation.api.steps(run)) == trace.expected, "\(trace)")
            }
        }
    }
}
