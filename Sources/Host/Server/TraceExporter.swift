import Linux
import OTLP
import Scheduler

/// Sends spans to an OpenTelemetry collector, in batches, on a thread of its own.
///
/// Traces are for looking at, so a collector that is away loses some and holds nothing up.
final class TraceExporter: SpanRecorder {
    struct Options: Sendable {
        /// The collector's base address, such as `http://127.0.0.1:4318`.
        var endpoint: String
        var headers: [(name: String, value: String)] = []
        var serviceName = "pawl"

        /// Nil without an endpoint.
        init?(_ configuration: Configuration) throws(CommandFailure) {
            guard let endpoint = configuration[.traceEndpoint], !endpoint.isEmpty else { return nil }
            guard endpoint.hasPrefix("http://") || endpoint.hasPrefix("https://") else {
                throw configuration.malformed(.traceEndpoint, endpoint, "a URL such as http://127.0.0.1:4318")
            }
            self.endpoint = endpoint
            serviceName = configuration[.traceService] ?? serviceName
            for pair in configuration.list(.traceHeaders, separator: ",") {
                let parts = pair.split(separator: "=", maxSplits: 1)
                guard parts.count == 2 else {
                    throw configuration.malformed(.traceHeaders, "…", "name=value, separated by commas")
                }
                headers.append((name: String(parts[0]), value: String(parts[1])))
            }
        }
    }

    /// Spans that may wait; beyond, they are dropped and counted.
    static let backlogLimit = 50_000
    static let batchLimit = 512

    private let options: Options
    private let log: Log
    private let inbox = Mailbox<[Span]>()
    private let dropped = Locked(0)
    private let thread = Locked<DedicatedThread?>(nil)

    init(_ options: Options, log: Log) {
        self.options = options
        self.log = log
    }

    func start() {
        let started = DedicatedThread("pawl-traces") { [self] in run() }
        thread.withLock { $0 = started }
    }

    /// Sends what there is, then ends.
    func stop() {
        inbox.close()
        thread.withLock { $0 }?.join()
    }

    func record(_ spans: [Span]) {
        guard !spans.isEmpty else { return }
        if inbox.count >= Self.backlogLimit / 8 || !inbox.send(spans) {
            dropped.withLock { $0 += spans.count }
        }
    }

    private func run() {
        let base = options.endpoint.hasSuffix("/") ? String(options.endpoint.dropLast()) : options.endpoint
        let client = CollectorClient(url: base + "/v1/traces", headers: options.headers)
        var isAway = false
        while let batch = inbox.take(Self.batchLimit) {
            let spans = batch.flatMap { $0 }
            guard !spans.isEmpty else { continue }
            let request = TraceRequest(
                serviceName: options.serviceName,
                serviceVersion: Release.version,
                spans: spans.map(OTLPSpan.init)
            )
            let problem = client.post(request.encoded)
            if let problem {
                let lost = dropped.withLock {
                    $0 += spans.count; return $0
                }
                // Said once, not for every batch.
                if !isAway {
                    log.warning(
                        "traces cannot be sent; they are lost until the collector is back",
                        ["endpoint": .string(base), "error": .string(problem), "lost": .integer(Int64(lost))]
                    )
                }
            } else if isAway {
                let lost = dropped.withLock { count in
                    defer { count = 0 }; return count
                }
                log.info("traces are sent again", ["lost": .integer(Int64(lost))])
            }
            isAway = problem != nil
        }
    }
}

extension OTLPSpan {
    init(_ span: Span) {
        self.init(
            traceID: Self.bytes(span.context.trace),
            spanID: Self.bytes(span.context.span),
            parentID: span.parent.map(Self.bytes) ?? [],
            name: span.name,
            startNanoseconds: UInt64(max(0, span.start.microseconds)) * 1_000,
            endNanoseconds: UInt64(max(0, span.end.microseconds)) * 1_000,
            attributes: span.attributes.map { ($0.name, .text($0.value)) },
            error: span.error
        )
    }

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { index in
            UInt8(String(digits[index...index + 1]), radix: 16)
        }
    }
}
