import JSON
import Linux
import TestSupport
import Testing

/// What depends on the files of a plugin: pins, and tests made of attempts.
@Suite("A plugin's files")
struct APIPluginFileTests {
    private static func write(_ name: String, _ script: String) throws {
        let path = "\(APIFixture.ownPlugins)/\(name)"
        try Files.writeAtomically(path, Array("#!/bin/sh\n\(script)\n".utf8), mode: 0o755)
    }

    @Test("a pinned step refuses an executable that changed since the run started, any other takes it")
    func pinned() async throws {
        try await APIFixture.serve { api in
            try Self.write("pinned", "echo 1")
            let workflow = try api.apply(
                """
                name: pins-a-step
                defaults: { pin: true }
                steps:
                  - { id: before, uses: pinned/run }
                  - { id: hold, wait: { signal: go } }
                  - { id: free, uses: pinned/run, pin: false }
                  - { id: after, uses: pinned/run }
                """
            )
            let (unchanged, changed) = (try api.start(workflow), try api.start(workflow))
            for run in [unchanged, changed] { try api.waitForStep(run, "hold", "waiting") }
            let first = try #require(try api.history(changed).first)
            #expect(first["data"]?["pins"]?["pinned/run"]?.arrayValue?.count == 1)

            _ = try api.call("POST", "/v1/runs/\(unchanged)/signals/go", [:])
            #expect(try api.end(of: unchanged)["status"] == "succeeded")
            try Self.write("pinned", "echo 2")
            _ = try api.call("POST", "/v1/runs/\(changed)/signals/go", [:])
            let end = try api.end(of: changed)
            #expect(end["error"]?["type"] == "PluginUnavailable", "\(end["error"]?.serialized() ?? "")")
            #expect(end["error"]?["message"]?.stringValue?.contains("changed since the run started") == true)
            let steps = try api.steps(changed)
            #expect(steps.first { $0["path"] == "free" }?["output"] == 2)
            #expect(steps.last?["path"] == "after" && steps.last?["attempts"]?[0]?["exit"] == nil)
        }
    }

    @Test("an attempt of a run becomes a test that its plugin passes, and fails once it has changed")
    func exported() async throws {
        try await APIFixture.serve { api in
            let plugin = "\(APIFixture.ownPlugins)/made"
            try Files.makeFolders("\(plugin)/tests")
            let manifest = "name: made\nversion: 1.0.0\nactions: { say: { exec: [./say] } }\n"
            try Files.write("\(plugin)/plugin.yaml", Array(manifest.utf8))
            let script =
                "[ $PAWL_ATTEMPT = 1 ] && echo '{\"type\":\"Early\",\"message\":\"no\"}' && exit 9; cat"
            try Self.write("made/say", script)
            let end = try api.run(
                """
                name: makes-a-test
                steps:
                  - id: said
                    uses: made/say
                    with: { text: "a: \\"b\\"\\n# c", n: [1, 2.5] }
                    retry: { attempts: 2, delay: 1ms }
                  - { id: script, run: echo }
                """
            )
            let run = end["id"]?.stringValue ?? ""
            let server = ["--server", api.address]
            for (number, name) in [("1", "early"), ("2", "late")] {
                let picked = [
                    "--step", "said", "--attempt", number, "--file", "\(plugin)/tests/\(name).yaml",
                ]
                let result = try PawlProcess.run(["run", "export", run, "--as-test"] + picked + server)
                #expect(result.exit == 0, "\(result.errors)")
            }
            let passed = try PawlProcess.run(["plugin", "test", plugin])
            #expect(passed.exit == 0, "\(passed.output)\(passed.errors)")
            try Self.write("made/say", "echo 1")
            #expect(try PawlProcess.run(["plugin", "test", plugin]).exit == 1)

            let refused = [
                (["--step", "said"], 2), (["--as-test"], 2), (["--as-test", "--step", "nobody"], 3),
                (["--as-test", "--step", "said", "--attempt", "3"], 3),
                (["--as-test", "--step", "script"], 1),
            ]
            for (options, exit) in refused {
                #expect(try PawlProcess.run(["run", "export", run] + options + server).exit == Int32(exit))
            }
        }
    }
}
