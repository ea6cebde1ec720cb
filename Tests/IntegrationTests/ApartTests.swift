import JSON
import Linux
import TestSupport
import Testing

/// What a server tells a worker that is another process, and the other way round.
@Suite("Server and worker apart")
struct ApartTests {
    @Test("a run pins the plugin as it is now, although its worker started with another")
    func pins() async throws {
        let plugins = try TestServers.folder()
        @Sendable func write(_ answer: Int) throws {
            let script = "#!/bin/sh\necho \(answer)\n"
            try Files.writeAtomically("\(plugins)/replaced", Array(script.utf8), mode: 0o755)
        }
        try write(1)
        let installation = try await Installation.start(lease: "3s", settings: ["PAWL_PLUGIN_PATH": plugins])
        try await onOwnThread {
            defer { installation.remove() }
            let api = installation.api
            let workflow = try api.apply(
                """
                name: pinned-apart
                output: "${ steps.only.output }"
                steps: [{ id: only, uses: replaced/run, pin: true }]
                """
            )
            #expect(try api.end(of: try api.start(workflow))["output"] == 1)
            let before = try api.get("/v1/workers").text
            try write(2)
            try eventually("the server hears of it") { try api.get("/v1/workers").text != before }
            let end = try api.end(of: try api.start(workflow))
            #expect(end["output"] == 2, "\(end.serialized())")
        }
    }

    @Test("a worker that dies leaves nothing of a frozen step, which runs again after the resume")
    func frozen() async throws {
        let installation = try await Installation.start(lease: "3s")
        try await onOwnThread {
            defer { installation.remove() }
            let api = installation.api
            let folder = installation.folder
            let loop = "until [ -e \(folder)/gate ]; do echo >> \(folder)/count; sleep 0.02; done; echo done"
            let run = try api.start(
                try api.apply(
                    "name: frozen-apart\nsteps:\n  - { id: only, run: \"\(loop)\", capture: text }"
                )
            )
            let count = { (try? Files.read("\(folder)/count").count) ?? 0 }
            try eventually("it counts") { count() > 3 }
            #expect(try api.call("POST", "/v1/runs/\(run)/pause", ["freeze": true]).status == 200)
            var (last, since) = (count(), MonotonicTime.now)
            try eventually("it stands still") {
                if count() != last { (last, since) = (count(), .now) }
                return MonotonicTime.now - since > .milliseconds(300)
            }
            installation.killWorker()
            try eventually("nothing is left") { installation.survivors.isEmpty }
            try installation.startWorker()
            try api.waitForEvent(run, "attempt.lost")
            #expect(try api.get("/v1/runs/\(run)")["status"] == "paused")
            #expect(count() == last)
            #expect(try api.call("POST", "/v1/runs/\(run)/resume").status == 200)
            try eventually("it counts again") { count() > last }
            try Files.write("\(folder)/gate", [])
            #expect(try api.end(of: run)["status"] == "succeeded")
        }
    }
}
