import Executors
import JSON
import JSONSchema
import Linux
import Scheduler
import TestSupport
import Testing

@Suite("The harness finds inputs that nobody thought of, and measures")
struct HarnessFuzzTests {
    private static let manifest = """
        name: dividing
        version: 1.0.0
        actions:
          run:
            exec: [./run.py]
            timeout: 10s
            input:
              type: object
              required: [n, name]
              properties:
                n: { type: integer, minimum: 0, maximum: 20 }
                name: { type: string, pattern: '^[a-z]{2,5}(-[0-9]+)?$' }
                tags: { type: array, items: { type: string } }
        """
    private static let program = """
        #!/usr/bin/env python3
        import json, sys
        order = json.load(sys.stdin)
        print(100 // (order["n"] - 2) if order.get("tags") else 0)
        """

    /// A harness, and a plugin that fails with a tag and the number 2 alone.
    private func withPlugin(_ body: @escaping @Sendable (String, Harness) throws -> Void) async throws {
        _ = ExecutorFixture.sandbox
        try await onOwnThread {
            let folder = try TestServers.folder()
            try Files.write("\(folder)/plugin.yaml", Array(Self.manifest.utf8))
            try Files.write("\(folder)/run.py", Array(Self.program.utf8), mode: 0o755)
            let harness = try Harness(scratch: "\(ExecutorFixture.folder)-fuzz")
            defer { harness.close() }
            try body(folder, harness)
        }
    }

    @Test("a fault is found, made small, and saved as a golden test that fails")
    func fault() async throws {
        try await withPlugin { folder, harness in
            let reference = try PluginReference("\(folder)/run", folders: [])
            let secrets = GivenSecrets([:], folder: nil)
            let result = Fuzzer(reference, seed: 1, secrets: secrets, in: harness).run(90)
            #expect(result.valid > 30 && result.refused > 5, "\(result)")
            #expect(result.findings.map(\.kind) == ["Exit"])
            let finding = try #require(result.findings.first)
            #expect(finding.input["n"] == 2)
            #expect(finding.input["tags"]?.arrayValue?.count == 1)
            #expect(try finding.save(to: reference)?.hasSuffix("/tests/fuzz-run-exit.yaml") == true)
            let suite = GoldenSuite(folder: folder)
            #expect(suite.problems == [])
            let test = try #require(suite.tests.first)
            #expect(!suite.run(test, in: harness).passed)
        }
    }

    @Test("an action is measured in the modes that it has")
    func bench() async throws {
        try await withPlugin { folder, harness in
            let secrets = GivenSecrets([:], folder: nil)
            let reference = try PluginReference("\(folder)/run", folders: [])
            let input: JSONValue = ["n": 3, "name": "ab"]
            let single = PluginBench.run(reference, input, runs: 2, secrets: secrets, in: harness)
            #expect(single.map(\.mode) == ["oneshot"])
            #expect(single[0].error == nil && single[0].wall.count == 2 && single[0].peakBytes > 0)
            let warm = try PluginReference("\(ExecutorFixture.root)/plugins/csv/parse", folders: [])
            let both = PluginBench.run(warm, ["text": "a\n1\n"], runs: 3, secrets: secrets, in: harness)
            #expect(both.map(\.mode) == ["oneshot", "warm"])
            #expect(both.allSatisfy { $0.error == nil })
        }
    }
}
