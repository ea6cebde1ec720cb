import Executors
import JSON
import Linux
import Scheduler
import TestSupport
import Testing

@Suite("The harness tells authors what a worker would do")
struct ExecutorHarnessTests {
    private static let harness = makeHarness()

    private static func makeHarness() -> Harness {
        _ = ExecutorFixture.sandbox
        do {
            return try Harness(scratch: "\(ExecutorFixture.folder)-harness")
        } catch {
            fatalError("no harness: \(error)")
        }
    }

    /// A folder with a plugin of one shell script, removed after `body`.
    private func withPlugin<Result>(
        _ name: String,
        script: String,
        manifest: String = "",
        _ body: (String) throws -> Result
    ) throws -> Result {
        let number = Random.bytes(4).hexadecimal
        let folder = "\(ExecutorFixture.folder)-plugin-\(name)-\(number)"
        try Files.makeFolders("\(folder)/tests")
        defer { try? Files.removeTree(folder) }
        let head = "name: \(name)\nversion: 1.0.0\nactions:\n  run:\n"
        let text = "\(head)    exec: [./run]\n    timeout: 5s\n\(manifest)"
        try Files.write("\(folder)/plugin.yaml", Array(text.utf8))
        try Files.write("\(folder)/run", Array("#!/bin/sh\n\(script)\n".utf8), mode: 0o755)
        return try body(folder)
    }

    @Test("a new plugin passes its test and the checklist", arguments: PluginLanguage.allCases)
    func templates(language: PluginLanguage) async throws {
        try await onOwnThread {
            let folder = "\(ExecutorFixture.folder)-new-\(language.rawValue)-\(ThisProcess.id)"
            defer { try? Files.removeTree(folder) }
            try PluginTemplate(name: "greet", language: language).write(to: folder)
            let suite = GoldenSuite(folder: folder)
            #expect(suite.tests.count == 1)
            for test in suite.tests {
                #expect(suite.run(test, in: Self.harness).differences == [])
            }
            let lint = PluginLint(PluginRegistry(folders: [folder]))
            #expect(lint.findings == [])
            let reference = try PluginReference("\(folder)/run", folders: [])
            let conformance = Conformance(
                reference,
                input: ["name": "Ada"],
                secrets: GivenSecrets([:], folder: nil),
                in: Self.harness
            )
            for finding in conformance.run() { #expect(finding.passed, "\(finding)") }
        }
    }

    @Test(
        "a fault fails its item of the checklist and no other",
        arguments: [
            ("valid input", "read -r x || exit 65; case $x in *ok*) echo garbage; exit 0; esac; exit 65"),
            ("closed stdin", "x=$(cat); [ -n \"$x\" ] || sleep 60; echo 1"),
            ("large input", "head -c 1000 | grep -q ok && echo 1 && cat >/dev/null || exit 65"),
            ("same key twice", "cat >/dev/null; date +1%N"),
            ("no control channel", "cat >/dev/null; echo '{\"type\":\"heartbeat\"}' >&3 || exit 1; echo 1"),
            ("invalid input", "x=$(cat); case $x in *ok*|'') echo 1;; *) exit 1;; esac"),
            ("no stray processes", "cat >/dev/null; setsid sleep 100 >/dev/null 2>&1 </dev/null & echo 1"),
            ("SIGTERM", "trap '' TERM; cat >/dev/null; sleep 1.5; echo 1"),
            ("no files left", "cat >/dev/null; touch \"$PAWL_PLUGIN_DIR/left\"; echo 1"),
        ]
    )
    func faults(item: String, script: String) async throws {
        try await onOwnThread {
            try withPlugin("faulty", script: script, manifest: "    grace: 300ms\n") { folder in
                let reference = try PluginReference("\(folder)/run", folders: [])
                let conformance = Conformance(
                    reference,
                    input: ["ok": 1],
                    secrets: GivenSecrets([:], folder: nil),
                    in: Self.harness
                )
                let failed = conformance.run().filter { !$0.passed }.map(\.item)
                #expect(failed.contains(item))
                if item != "valid input" { #expect(failed == [item]) }
            }
        }
    }

    @Test("a golden test: matchers, ignored places, errors, logs, update")
    func goldenTests() async throws {
        try await onOwnThread {
            let script = "echo \"tried $PAWL_ATTEMPT\" >&2; cat"
            try withPlugin("golden", script: script) { folder in
                let test = """
                    input: { id: 5, list: [1, 2], when: now }
                    attempt: 3
                    ignore: [/when]
                    logs: [tried 3]
                    exit: { code: 0 }
                    output: { id: { $matches: { type: integer, minimum: 1 } }, list: [1, 2] }
                    """
                try Files.write("\(folder)/tests/good.yaml", Array(test.utf8))
                let other = test.replacing("[1, 2] }", with: "[1, 3] }").replacing(
                    "minimum: 1",
                    with: "minimum: 9"
                )
                try Files.write("\(folder)/tests/other.yaml", Array(other.utf8))
                let suite = GoldenSuite(folder: folder)
                #expect(suite.run(suite.tests[0], in: Self.harness).differences == [])
                let result = suite.run(suite.tests[1], in: Self.harness)
                #expect(result.differences.count == 2)
                #expect(JUnitReport.text([result], suite: "golden").contains("<failure>"))
                try suite.tests[1].update(from: result.trial)
                let updated = GoldenSuite(folder: folder, filter: "other")
                #expect(updated.tests.count == 1)
                #expect(updated.run(updated.tests[0], in: Self.harness).differences == [])
            }
        }
    }

    @Test(
        "the golden tests of the plugins and helpers that come with Pawl",
        arguments: [
            "plugins/shell", "plugins/http", "plugins/sql", "plugins/file", "plugins/email",
            "plugins/wait-for", "examples/helpers/plugins/tally-sh", "examples/helpers/plugins/tally-python",
            "examples/helpers/plugins/tally-node",
        ]
    )
    func shippedPlugins(folder: String) async throws {
        try await onOwnThread {
            let suite = GoldenSuite(folder: "\(ExecutorFixture.root)/\(folder)")
            #expect(suite.problems == [])
            #expect(!suite.tests.isEmpty)
            for test in suite.tests {
                #expect(suite.run(test, in: Self.harness).differences == [], "\(test.name)")
            }
        }
    }

    @Test("mistakes of a golden test have a place")
    func malformedTests() throws {
        try withPlugin("malformed", script: "cat") { folder in
            let test = "inptu: {}\noutput: { a: { $matches: { typ: x } } }\nignore: [a]\n"
            try Files.write("\(folder)/tests/bad.yaml", Array(test.utf8))
            let problems = GoldenSuite(folder: folder).problems
            #expect(problems.contains { $0.contains("bad.yaml:1:1: error:") && $0.contains("\"input\"") })
            #expect(problems.contains { $0.contains("bad.yaml:2:") && $0.contains("typ") })
            #expect(problems.contains { $0.contains("bad.yaml:3:") })
            #expect(PluginLint(PluginRegistry(folders: [folder])).hasErrors)
        }
    }

    @Test("the JSON of an attempt has the documented shape")
    func shape() async throws {
        try await onOwnThread {
            try withPlugin(
                "shape",
                script: "echo hello >&2; exit 3",
                manifest: "    limits: { processes: 20 }\n"
            ) { folder in
                let reference = try PluginReference(folder, folders: [])
                let trial = Self.harness.run(reference, .emptyObject, secrets: GivenSecrets([:], folder: nil))
                let json = trial.json
                let keys = ["status", "output", "error", "exit", "receipt", "enforced", "logs"]
                #expect(json.objectValue?.keys == keys)
                #expect(json["status"] == "failed")
                #expect(json["error"]?.objectValue?.keys == ["type", "message", "retryable", "details"])
                #expect(json["error"]?["retryable"] == true)
                #expect(json["exit"] == ["code": 3])
                #expect(json["receipt"]?.objectValue?.keys.count == 6)
                #expect(json["enforced"]?.arrayValue?.contains { $0["limit"] == "processes" } == true)
                #expect(json["logs"] == [["level": "info", "message": "hello"]])
            }
        }
    }

    @Test("limits given one by one are read as a manifest reads them")
    func limits() throws {
        let limits = try GivenLimits.limits(["memory=64MiB", "cpus=0.5", "network=none"])
        #expect(limits?.memoryBytes == 64 << 20)
        #expect(limits?.cpus == 0.5)
        #expect(limits?.network == "none")
        #expect(throws: GivenLimits.Failure.self) { try GivenLimits.limits(["memry=64MiB"]) }
        #expect(throws: GivenLimits.Failure.self) { try GivenLimits.limits(["memory"]) }
    }
}
