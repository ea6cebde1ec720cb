import Glibc
import JSON
import Linux
import TestSupport
import Testing

extension OwnProcessTests {
    @Suite("pawl dev")
    struct DevTests {
        private static func start(_ folder: String) throws -> PawlProcess {
            try PawlProcess(
                ["dev", "--port", "0", "--data", folder],
                environment: ["PAWL_PLUGIN_PATH": APIFixture.pluginPath, "PAWL_SHUTDOWN_GRACE": "1s"]
            )
        }

        /// The processes whose command line names a folder; each says what it is.
        private static func processes(of folder: String) -> [String] {
            let ids = ((try? Files.names(in: "/proc")) ?? []).compactMap { Int32($0) }
            return ids.filter { $0 != ThisProcess.id }.compactMap { id in
                let line = String(decoding: (try? Files.read("/proc/\(id)/cmdline")) ?? [], as: UTF8.self)
                return line.contains(folder) ? "\(id) \(line.replacing("\0", with: " "))" : nil
            }
        }

        @Test("one data folder has one pawl dev; the second is told so and harms nothing")
        func oneFolder() async throws {
            let folder = "\(try TestServers.folder())/data"
            try await onOwnThread {
                let first = try Self.start(folder)
                let api = PawlAPI(try first.ready())
                let second = try Self.start(folder)
                #expect(try second.exit() == .exited(1))
                #expect(second.errors.readToEnd(within: PawlProcess.patience)?.contains(folder) == true)
                #expect(second.output.text.isEmpty)
                #expect(try api.run(script("undisturbed"))["status"] == "succeeded")
                #expect(try api.get("/readyz")["status"] == "ready")
                try first.stop()
            }
        }

        @Test("SIGTERM ends it in order, with no process left, also those of steps")
        func termination() async throws {
            let folder = "\(try TestServers.folder())/data"
            try await onOwnThread {
                let dev = try Self.start(folder)
                let api = PawlAPI(try dev.ready())
                let run = try api.start(try api.apply(script("interrupted", "exec sleep 4242.\(dev.pid)")))
                try api.waitForStep(run, "only", "running")
                try eventually("the step's process") { !Self.processes(of: "4242.\(dev.pid)").isEmpty }
                #expect(try dev.stop() == .exited(0), "\(dev.errors.text)")
                #expect(Self.processes(of: folder).isEmpty)
                #expect(Self.processes(of: "4242.\(dev.pid)").isEmpty)
            }
        }

        @Test(
            "killed with -9 it starts again on its data, and the run goes on; a timer is not early, nor twice"
        )
        func killed() async throws {
            let folder = "\(try TestServers.folder())/data"
            try await onOwnThread {
                let first = try Self.start(folder)
                let before = PawlAPI(try first.ready())
                let workflow = try before.apply(
                    """
                    name: survivor
                    steps:
                      - id: before
                        run: echo before
                      - id: nap
                        sleep: 2s
                      - id: after
                        run: echo after
                    output: "${ steps.after.output }"
                    """
                )
                let run = try before.start(workflow)
                try before.waitForStep(run, "nap", "waiting")
                first.kill()

                let second = try Self.start(folder)
                let api = PawlAPI(try second.ready())
                let ended = try api.end(of: run)
                #expect(ended["output"] == "after", "\(ended.serialized())")
                let history = try api.history(run)
                APILanguageTests.expectWhole(history)
                let began = try #require(history.events("step.waiting").first)
                let fired = history.events("timer.fired")
                #expect(fired.count == 1)
                let due = try #require(Timestamp(rfc3339: began["at"]?.stringValue ?? "")) + .seconds(2)
                #expect(try #require(Timestamp(rfc3339: fired[0]["at"]?.stringValue ?? "")) >= due)
                #expect(try second.stop() == .exited(0), "\(second.errors.text)")
                #expect(Self.processes(of: folder).isEmpty)
            }
        }

        @Test("a new plugin and a changed one are used without a restart")
        func reload() async throws {
            let folder = try TestServers.folder()
            try Files.makeFolder("\(folder)/plugins")
            try await onOwnThread {
                let dev = try PawlProcess(
                    ["dev", "--port", "0", "--data", "\(folder)/data"],
                    environment: ["PAWL_PLUGIN_PATH": "\(folder)/plugins"]
                )
                let api = PawlAPI(try dev.ready())
                let workflow = try api.apply(
                    "name: reloads\nsteps:\n  - id: a\n    uses: fresh/run\noutput: \"${ steps.a.output }\""
                )
                let missing = try api.end(of: api.start(workflow))
                #expect(missing["error"]?["type"] == "PluginUnavailable")
                for text in ["one", "two"] {
                    let source = Array("#!/bin/sh\ncat >/dev/null\necho '\"\(text)\"'\n".utf8)
                    try Files.writeAtomically("\(folder)/plugins/fresh", source, mode: 0o755)
                    try eventually("the plugin says \(text)", within: PawlProcess.patience) {
                        try api.end(of: api.start(workflow))["output"]?.stringValue == text
                    }
                }
                try dev.stop()
            }
        }
    }
}
