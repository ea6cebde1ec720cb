import Executors
import JSON
import Linux
import Scheduler
import TestSupport
import Testing

@Suite("The warm plugins csv and intl do what their pages say")
struct WarmPluginTests {
    private static let folder = "\(ExecutorFixture.root)/plugins"
    private static let executor = PluginExecutor(
        sandbox: ExecutorFixture.sandbox,
        registry: PluginRegistry(folders: [folder]),
        secrets: ExecutorFixture.Secrets()
    )

    private func run(_ plugin: String, _ action: String, _ input: JSONValue) async -> ExecutorFixture.Told {
        await WarmFixture.run(input, action: action, of: plugin, by: Self.executor)
    }

    @Test("CSV is read and written")
    func csv() async {
        let text: JSONValue = "name;n\r\n\"Ada; Countess\";1\r\n"
        let read = await run("csv", "parse", ["text": text, "delimiter": ";"])
        #expect(read.output?["rows"] == [["name": "Ada; Countess", "n": "1"]])
        let rows = read.output?["rows"] ?? .null
        let written = await run("csv", "format", ["rows": rows, "delimiter": ";"])
        #expect(written.output?["text"] == text)
        let ragged = await run("csv", "parse", ["text": "a,b\n1\n"])
        #expect(ragged.error?.type == "InvalidCSV")
        #expect(ragged.error?.retryable == false)
    }

    @Test("numbers and dates for people")
    func intl() async {
        let share = await run("intl", "number", ["value": 0.25, "style": "percent"])
        #expect(share.output?["text"] == "25%")
        let day = await run(
            "intl",
            "date",
            ["at": "2026-03-01T23:30:00Z", "locale": "en-GB", "zone": "Asia/Tokyo"]
        )
        #expect(day.output?["text"] == "2 Mar 2026")
        let nowhere = await run("intl", "date", ["at": "2026-03-01T23:30:00Z", "zone": "Moon/Base"])
        #expect(nowhere.error?.type == "InvalidRequest")
    }

    @Test("the harness runs them too, their examples first")
    func harness() async throws {
        try await onOwnThread {
            let harness = try Harness(scratch: "\(ExecutorFixture.folder)-warm-harness")
            defer { harness.close() }
            for name in ["csv/parse", "intl/date"] {
                let reference = try PluginReference("\(Self.folder)/\(name)", folders: [])
                let example = try #require(reference.action.manifest.examples.first)
                let trial = harness.run(
                    reference,
                    Payload(example.input),
                    secrets: GivenSecrets([:], folder: nil)
                )
                #expect(trial.output == example.output)
            }
        }
    }

    @Test("they pass the checklist, through a pool", arguments: ["csv/parse", "intl/date"])
    func conformance(name: String) async throws {
        try await onOwnThread {
            let harness = try Harness(scratch: "\(ExecutorFixture.folder)-warm-conformance")
            defer { harness.close() }
            let reference = try PluginReference("\(Self.folder)/\(name)", folders: [])
            let example = try #require(reference.action.manifest.examples.first)
            let secrets = GivenSecrets([:], folder: nil)
            let conformance = Conformance(reference, input: example.input, secrets: secrets, in: harness)
            for finding in conformance.run() { #expect(finding.passed, "\(finding)") }
        }
    }

    @Test(
        "a fault of a warm plugin fails its item of the checklist and no other",
        arguments: [
            ("same key twice", ["do": "count"]), ("cancel", ["do": "sleep", "for": 0.6]),
        ] as [(String, JSONValue)]
    )
    func faults(item: String, input: JSONValue) async throws {
        try await onOwnThread {
            let harness = try Harness(scratch: "\(ExecutorFixture.folder)-warm-conformance")
            defer { harness.close() }
            let fixtures = "\(ExecutorFixture.root)/Tests/Fixtures/warm"
            let reference = try PluginReference("\(fixtures)/keeper/do", folders: [])
            let secrets = GivenSecrets(["stripe_key": [1]], folder: nil)
            let findings = Conformance(reference, input: input, secrets: secrets, in: harness).run()
            #expect(findings.filter { !$0.passed }.map(\.item) == [item], "\(findings)")
        }
    }

    @Test("a warm Python step costs a fiftieth of a one-shot one at most")
    func cost() async throws {
        let input: JSONValue = ["text": "a,b\n1,2\n"]
        _ = await run("csv", "parse", input)
        let (rounds, starts) = (200, 5)
        let warm = await time { for _ in 0..<rounds { _ = await run("csv", "parse", input) } }
        let cold = await time {
            for _ in 0..<starts {
                _ = await ExecutorFixture.shell(
                    "python3 \(Self.folder)/csv/csv_rows.py parse",
                    Payload(input)
                )
            }
        }
        let ratio = Double(cold / Int64(starts)) / Double(warm / Int64(rounds))
        print("a warm step takes \(warm / Int64(rounds) / 1_000) µs, a one-shot one \(ratio) times as much")
        #expect(ratio > 5)
    }

    private func time(_ body: () async -> Void) async -> Int64 {
        let start = MonotonicTime.now
        await body()
        return (MonotonicTime.now - start).wholeNanoseconds
    }
}
