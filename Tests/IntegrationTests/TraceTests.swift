import JSON
import Linux
import Scheduler
import TestSupport
import Testing

@Suite("Traces")
struct TraceTests {
    @Test("a run's spans hang together, in the caller's trace, and a plugin's own under its attempt")
    func spans() async throws {
        try await onOwnThread {
            let sink = try TraceSink()
            defer { sink.stop() }
            let process = try PawlProcess(
                ["dev", "--port", "0", "--data", "\(try TestServers.folder())/dev"],
                environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": sink.address]
            )
            defer { _ = try? process.stop() }
            let api = PawlAPI(try process.ready())
            try api.apply(script("traced-child"))
            try api.apply(Self.workflow)
            let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            let started = try api.call(
                "POST",
                "/v1/runs",
                ["workflow": "traced"],
                headers: [("traceparent", caller)]
            )
            let run = try api.end(of: started["id"].stringValue ?? "")
            #expect(run["status"] == "succeeded")
            try eventually("the run's span has arrived", within: PawlProcess.patience) {
                sink.spans.contains { $0.name == "run traced" }
            }
            let spans = sink.spans
            #expect(spans.allSatisfy { $0.trace == "0af7651916cd43dd8448eb211c80319c" && $0.start <= $0.end })
            #expect(Set(spans.map(\.id)).count == spans.count, "\(spans.map(\.name))")
            let child = spans.filter { $0.name == "run traced-child" }
            #expect(child.map(\.parent) == spans.filter { $0.name == "step child" }.map(\.id))
            let root = spans.filter { $0.name == "run traced" }
            #expect(root.map(\.parent) == ["b7ad6b7169203331"])
            let steps = spans.filter { $0.name.hasPrefix("step ") }
            #expect(steps.map(\.name).sorted() == ["step child", "step flaky", "step only"])
            let own = steps.filter { $0.name != "step only" }
            #expect(own.allSatisfy { $0.parent == root.first?.id })
            let attempts = spans.filter { $0.name.hasSuffix(" of flaky") && $0.name.hasPrefix("attempt ") }
            #expect(attempts.map(\.name) == ["attempt 1 of flaky", "attempt 2 of flaky"])
            #expect(attempts.map(\.isError) == [true, false])
            let queues = spans.filter { $0.name == "queue of flaky" }
            #expect(queues.count == 2)
            let flaky = steps.first { $0.name == "step flaky" }
            #expect((attempts + queues).allSatisfy { $0.parent == flaky?.id })
            let given = TraceContext(traceparent: run["output"]?.stringValue ?? "")
            #expect(given?.span == attempts.last?.id)
        }
    }

    private static let workflow = """
        name: traced
        steps:
          - id: flaky
            run: |
              [ "$PAWL_ATTEMPT" = 2 ] || exit 1
              echo "$TRACEPARENT"
            retry: { attempts: 2, delay: 10ms, jitter: none }
          - { id: child, workflow: traced-child }
        output: ${ steps.flaky.output }
        """

    @Test("a collector that is away holds nothing up")
    func awayCollector() async throws {
        try await onOwnThread {
            let process = try PawlProcess(
                ["dev", "--port", "0", "--data", "\(try TestServers.folder())/dev"],
                environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"]
            )
            let api = PawlAPI(try process.ready())
            #expect(try api.run(script("untraced"))["status"] == "succeeded")
            #expect(try process.stop() == .exited(0))
            #expect(process.errors.text.contains("traces cannot be sent"))
        }
    }

    @Test(
        "only what is a trace context is taken for one",
        arguments: [
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true),
            ("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-comes", true),
            ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false),
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x", false),
            ("00-00000000000000000000000000000000-b7ad6b7169203331-01", false),
            ("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false),
            ("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false), ("", false), ("---", false),
        ]
    )
    func contexts(header: String, isOne: Bool) {
        #expect((TraceContext(traceparent: header) != nil) == isOne)
    }
}
