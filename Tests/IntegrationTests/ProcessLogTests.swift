import JSON
import Linux
import Postgres
import TestSupport
import Testing

extension OwnProcessTests {
    @Suite("What a process logs")
    struct ProcessLogTests {
        private static let trace = "0af7651916cd43dd8448eb211c80319c"

        @Test("carries run, step and trace id where it is about a step")
        func lateResult() async throws {
            let installation = try await Installation.start()
            defer { installation.remove() }
            try await onOwnThread {
                let api = installation.api
                let go = "\(try TestServers.folder())/go"
                let text =
                    "name: late\nsteps:\n  - { id: only, run: 'until [ -e \(go) ]; do sleep 0.02; done' }"
                try installation.stopWorker()
                let worker = try installation.anotherWorker([:])
                let started = try api.call(
                    "POST",
                    "/v1/runs",
                    ["workflow": .string(try api.apply(text))],
                    headers: [("traceparent", "00-\(Self.trace)-b7ad6b7169203331-01")]
                )
                let run = try #require(started["id"].stringValue)
                try api.waitForStep(run, "only", "running")
                // As if the step had been given to another worker meanwhile.
                let database = try installation.postgres.configuration(database: "pawl")
                _ = try PostgresConnection.open(database).query("update task set token = token + 1")
                try Files.write(go, [])
                try eventually("the late result is rejected", within: PawlProcess.patience) {
                    worker.errors.text.contains("late result")
                }
                let line = worker.errors.text.split(separator: "\n").first { $0.contains("late result") }
                let event = try JSONValue.parse(String(try #require(line)))
                #expect(event["level"] == "warning")
                #expect(event["run"] == .string(run))
                #expect(event["step"] == 1)
                #expect(event["trace_id"] == .string(Self.trace))
            }
        }
    }
}
