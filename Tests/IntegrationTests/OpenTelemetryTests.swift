import JSON
import Linux
import TestSupport
import Testing

@Suite("OpenTelemetry's own programs understand our traces")
struct OpenTelemetryTests {
    private static let fixtures = "\(TestPrograms.repository)/Tests/Fixtures/otel"

    private static let workflow = """
        name: observed
        steps:
          - id: flaky
            run: '[ "$PAWL_ATTEMPT" = 2 ]'
            retry: { attempts: 2, delay: 10ms, jitter: none }
          - { id: child, workflow: observed-child }
          - { id: own, uses: spanned/run }
        """

    /// Each span with the one that it hangs under; the run's own hangs under none.
    private static let expected: Set = [
        "run observed < nothing", "step flaky < run observed", "queue of flaky < step flaky",
        "attempt 1 of flaky < step flaky", "attempt 2 of flaky < step flaky",
        "step child < run observed", "run observed-child < step child", "step only < run observed-child",
        "queue of only < step only", "attempt 1 of only < step only", "step own < run observed",
        "queue of own < step own", "attempt 1 of own < step own", "plugin's own < attempt 1 of own",
    ]

    @Test(
        "oteltest's receiver gets a retry, a child and a Python plugin's own span, parents right",
        .timeLimit(.minutes(5))
    )
    func wholeTrace() async throws {
        try await onOwnThread {
            let sink = try PawlProcess(["python3", "\(Self.fixtures)/sink.py"], program: "/usr/bin/env")
            guard let ready = sink.output.line(with: "ready ", within: .seconds(240)) else {
                #expect(try sink.exit() == .exited(75), "\(sink.errors.text)")
                return print("skipped: oteltest cannot be installed here: \(sink.output.text)")
            }
            let words = ready.split(separator: " ").map(String.init)
            let address = "http://127.0.0.1:\(words[1])"
            let process = try PawlProcess(
                ["dev", "--port", "0", "--data", "\(try TestServers.folder())/dev"],
                environment: [
                    "OTEL_EXPORTER_OTLP_ENDPOINT": address,
                    "PAWL_PLUGIN_PATH": try Self.plugins(python: words[2], collector: address),
                ]
            )
            defer { _ = try? process.stop() }
            let api = PawlAPI(try process.ready())
            try api.apply(script("observed-child"))
            let run = try api.run(Self.workflow)
            #expect(run["status"] == "succeeded", "\(run.serialized())")
            try eventually("the run's span has arrived", within: PawlProcess.patience) {
                sink.output.text.contains(#""run observed""#)
            }
            let spans = try sink.output.text.split(separator: "\n").dropFirst().map {
                try JSONValue.parse(String($0))
            }
            #expect(Set(spans.map { $0["trace"]?.stringValue }).count == 1)
            let names = Dictionary(spans.map { ($0["id"]?.stringValue, $0["name"]?.stringValue ?? "") }) {
                $1
            }
            let placed = spans.map { span in
                let parent = names[span["parent"]?.stringValue] ?? "nothing"
                return "\(span["name"]?.stringValue ?? "") < \(parent)"
            }
            #expect(Set(placed) == Self.expected, "\(placed)")
            // The retried step waited twice.
            #expect(placed.count == Self.expected.count + 1)
            let failed = spans.filter { $0["error"] == true }.map { $0["name"]?.stringValue }
            #expect(failed == ["attempt 1 of flaky"])
        }
    }

    /// A folder with the plugin `spanned`, whose Python has OpenTelemetry's SDK.
    private static func plugins(python: String, collector: String) throws -> String {
        let folder = try TestServers.folder()
        try Files.makeFolder("\(folder)/spanned")
        try Files.write("\(folder)/spanned/spanned.py", try Files.read("\(fixtures)/spanned.py"))
        let manifest = """
            name: spanned
            version: 1.0.0
            protocol: 1
            actions:
              run:
                exec: ["\(python)", ./spanned.py]
                env: { OTEL_EXPORTER_OTLP_ENDPOINT: "\(collector)" }
            """
        try Files.write("\(folder)/spanned/plugin.yaml", Array(manifest.utf8))
        return folder
    }
}
