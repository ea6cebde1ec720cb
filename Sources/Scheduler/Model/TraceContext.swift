import Linux

/// Where a span belongs: its trace, and the span above it.
///
/// Source: W3C Trace Context, level 1.
public struct TraceContext: Sendable, Hashable {
    /// 32 hexadecimal digits.
    public var trace: String
    /// 16 hexadecimal digits.
    public var span: String

    public init(trace: String, span: String) {
        self.trace = trace
        self.span = span
    }

    /// Reads a `traceparent` header; nil if it is none, or its version forbids to read it.
    public init?(traceparent text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 4, parts[0].count == 2, parts[0] != "ff", parts[0] != "00" || parts.count == 4,
            Self.isHexadecimal(parts[0]),
            parts[1].count == 32, Self.isHexadecimal(parts[1]), parts[1].contains(where: { $0 != "0" }),
            parts[2].count == 16, Self.isHexadecimal(parts[2]), parts[2].contains(where: { $0 != "0" }),
            parts[3].count == 2, Self.isHexadecimal(parts[3])
        else { return nil }
        self.init(trace: parts[1], span: parts[2])
    }

    /// The header that hands it on, sampled.
    public var traceparent: String { "00-\(trace)-\(span)-01" }

    private static func isHexadecimal(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}

/// Something that took time, when it is over.
public struct Span: Sendable, Hashable {
    public var context: TraceContext
    /// The span above; nil for a root.
    public var parent: String?
    public var name: String
    public var start: Timestamp
    public var end: Timestamp
    /// In the order in which they are shown.
    public var attributes: [Attribute]
    /// What went wrong; nil for what went well.
    public var error: String?

    public struct Attribute: Sendable, Hashable {
        public var name: String
        public var value: String
    }
}

/// Takes the spans of what was committed.
///
/// It must not block.
public protocol SpanRecorder: Sendable {
    func record(_ spans: [Span])
}
