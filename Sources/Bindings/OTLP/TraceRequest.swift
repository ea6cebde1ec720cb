/// A span as OTLP has it.
///
/// Source: opentelemetry-proto, trace/v1/trace.proto and collector/trace/v1.
public struct OTLPSpan: Sendable {
    public enum Value: Sendable {
        case text(String)
        case integer(Int64)
    }

    /// 16 bytes.
    public var traceID: [UInt8]
    /// 8 bytes.
    public var spanID: [UInt8]
    /// 8 bytes; empty for a root.
    public var parentID: [UInt8]
    public var name: String
    public var startNanoseconds: UInt64
    public var endNanoseconds: UInt64
    public var attributes: [(String, Value)]
    /// What went wrong; nil for what went well.
    public var error: String?

    public init(
        traceID: [UInt8],
        spanID: [UInt8],
        parentID: [UInt8],
        name: String,
        startNanoseconds: UInt64,
        endNanoseconds: UInt64,
        attributes: [(String, Value)],
        error: String?
    ) {
        self.traceID = traceID
        self.spanID = spanID
        self.parentID = parentID
        self.name = name
        self.startNanoseconds = startNanoseconds
        self.endNanoseconds = endNanoseconds
        self.attributes = attributes
        self.error = error
    }
}

/// What is posted to `/v1/traces`: an `ExportTraceServiceRequest`.
public struct TraceRequest: Sendable {
    public var serviceName: String
    public var serviceVersion: String
    public var spans: [OTLPSpan]

    public init(serviceName: String, serviceVersion: String, spans: [OTLPSpan]) {
        self.serviceName = serviceName
        self.serviceVersion = serviceVersion
        self.spans = spans
    }

    public var encoded: [UInt8] {
        var writer = ProtobufWriter()
        writer.message(1) { resourceSpans in
            resourceSpans.message(1) { resource in
                resource.attribute(1, "service.name", .text(serviceName))
                resource.attribute(1, "service.version", .text(serviceVersion))
            }
            resourceSpans.message(2) { scopeSpans in
                scopeSpans.message(1) { $0.text(1, "pawl") }
                for span in spans { scopeSpans.message(2) { $0.span(span) } }
            }
        }
        return writer.bytes
    }
}

extension ProtobufWriter {
    private static let kindInternal: Int64 = 1
    private static let statusError: Int64 = 2

    fileprivate mutating func span(_ span: OTLPSpan) {
        bytes(1, span.traceID)
        bytes(2, span.spanID)
        if !span.parentID.isEmpty { bytes(4, span.parentID) }
        text(5, span.name)
        integer(6, Self.kindInternal)
        fixed(7, span.startNanoseconds)
        fixed(8, span.endNanoseconds)
        for (key, value) in span.attributes { attribute(9, key, value) }
        guard let error = span.error else { return }
        message(15) { status in
            status.text(2, error)
            status.integer(3, Self.statusError)
        }
    }

    fileprivate mutating func attribute(_ field: Int, _ key: String, _ value: OTLPSpan.Value) {
        message(field) { pair in
            pair.text(1, key)
            pair.message(2) { any in
                switch value {
                case .text(let text): any.text(1, text)
                case .integer(let integer): any.integer(3, integer)
                }
            }
        }
    }
}
