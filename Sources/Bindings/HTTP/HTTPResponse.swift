/// What a server answers, and what a client gets.
public struct HTTPResponse: Sendable {
    public enum Body: Sendable {
        case bytes([UInt8])
        /// Sent as it is written, in chunks, until the stream is closed.
        case stream(ResponseStream)
    }

    public var status: Int
    /// `Content-Length`, `Transfer-Encoding`, `Date` and `Connection` are not set here.
    public var headers: HTTPHeaders
    public var body: Body

    public init(status: Int = 200, headers: HTTPHeaders = [:], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The bytes of the body; empty for a stream.
    public var bytes: [UInt8] {
        if case .bytes(let bytes) = body { bytes } else { [] }
    }

    /// The body as text; wrong UTF-8 is repaired.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// An answer that the server gives by itself, as a problem of RFC 9457.
    ///
    /// `title` and `detail` are ours and need no escapes.
    static func problem(_ status: Int, _ title: String, _ detail: String) -> HTTPResponse {
        let text = #"{"type":"about:blank","title":"\#(title)","status":\#(status),"detail":"\#(detail)"}"#
        return HTTPResponse(
            status: status,
            headers: ["Content-Type": "application/problem+json"],
            body: .bytes(Array(text.utf8))
        )
    }

    static let stopping: HTTPResponse = {
        var response = problem(503, "Service Unavailable", "the server is stopping; try again")
        response.headers["Retry-After"] = "1"
        response.headers["Connection"] = "close"
        return response
    }()
}
