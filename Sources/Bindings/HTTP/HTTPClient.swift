import Linux

/// A blocking HTTP/1.1 client for one server: `http://HOST:PORT` or `unix:/PATH`.
///
/// It keeps one connection open between requests. Not for several threads at once, and not for Swift's
/// cooperative pool. There is no TLS: use it on loopback or behind what encrypts.
public final class HTTPClient {
    private let url: HTTPURL
    private var idle: ClientConnection?

    public init(_ url: String) throws(HTTPError) {
        self.url = try HTTPURL(url)
    }

    /// Sends a request and reads the whole answer, all within `timeout`.
    ///
    /// `target` is the path and query, already encoded, below the path of the client's URL. `Host` and
    /// `Content-Length` are set here. A status of 400 and more is an answer, no error; that nobody listens is
    /// `HTTPError.refused`.
    public func send(
        _ method: String,
        _ target: String,
        headers: HTTPHeaders = [:],
        body: [UInt8]? = nil,
        timeout: Duration = .seconds(30)
    ) throws(HTTPError) -> HTTPResponse {
        let deadline = MonotonicTime.now + timeout
        let connection = try takeConnection(deadline)
        let request = head(method, target, headers, body)
        try connection.write(request + (body ?? []), deadline)
        let answer = try AnswerReader(connection, method: method, deadline)
        let bytes = try answer.readToEnd(deadline)
        if answer.keepsAlive { idle = connection }
        return HTTPResponse(status: answer.status, headers: answer.headers, body: .bytes(bytes))
    }

    /// Sends a request on a connection of its own and hands out the answer while it comes.
    ///
    /// `timeout` ends when the head of the answer is read.
    public func stream(
        _ method: String,
        _ target: String,
        headers: HTTPHeaders = [:],
        body: [UInt8]? = nil,
        timeout: Duration = .seconds(30)
    ) throws(HTTPError) -> HTTPStream {
        let deadline = MonotonicTime.now + timeout
        let connection = try ClientConnection(to: url, deadline)
        try connection.write(head(method, target, headers, body) + (body ?? []), deadline)
        return HTTPStream(try AnswerReader(connection, method: method, deadline))
    }

    /// The idle connection, unless the server has closed it meanwhile, or a new one.
    private func takeConnection(_ deadline: MonotonicTime) throws(HTTPError) -> ClientConnection {
        defer { idle = nil }
        if let idle, idle.isReusable { return idle }
        return try ClientConnection(to: url, deadline)
    }

    private func head(_ method: String, _ target: String, _ headers: HTTPHeaders, _ body: [UInt8]?) -> [UInt8]
    {
        var head = "\(method) \(url.path)\(target) HTTP/1.1\r\nHost: \(url.host)\r\n"
        for field in headers.fields { head += "\(field.name): \(field.value)\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        return Array((head + "\r\n").utf8)
    }
}

/// An answer that is read while the server writes it.
public final class HTTPStream {
    private let answer: AnswerReader
    private var line: [UInt8] = []
    private var pending: [UInt8] = []
    private var start = 0

    init(_ answer: AnswerReader) {
        self.answer = answer
    }

    public var status: Int { answer.status }
    public var headers: HTTPHeaders { answer.headers }

    /// The next bytes of the body, as they come; nil at its end.
    ///
    /// `silence` is how long the server may send nothing.
    public func next(silence: Duration) throws(HTTPError) -> [UInt8]? {
        guard start == pending.count else {
            defer { start = pending.count }
            return Array(pending[start...])
        }
        return try answer.read(.now + silence)
    }

    /// All that is left of the body.
    public func readToEnd(silence: Duration) throws(HTTPError) -> [UInt8] {
        var all: [UInt8] = []
        while let bytes = try next(silence: silence) { all += bytes }
        return all
    }

    /// The next line without its line break; nil at the end.
    ///
    /// A last line without a break counts.
    public func nextLine(silence: Duration) throws(HTTPError) -> String? {
        while true {
            if let end = pending[start...].firstIndex(of: UInt8(ascii: "\n")) {
                line += pending[start..<end]
                start = end + 1
                return takeLine()
            }
            line += pending[start...]
            start = 0
            pending = []
            guard let bytes = try answer.read(.now + silence) else { return line.isEmpty ? nil : takeLine() }
            pending = bytes
        }
    }

    private func takeLine() -> String {
        defer { line = [] }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return String(decoding: line, as: UTF8.self)
    }
}

/// One event of `text/event-stream` (HTML standard, section 9.2).
public struct ServerSentEvent: Sendable, Hashable {
    public var event: String
    public var data: String
    /// The last id that the stream has named, to resume with `Last-Event-ID`.
    public var id: String

    public init(event: String = "message", data: String, id: String = "") {
        self.event = event
        self.data = data
        self.id = id
    }

    /// The event as a server writes it.
    public var bytes: [UInt8] {
        var text = ""
        if !id.isEmpty { text += "id: \(id)\n" }
        if event != "message" { text += "event: \(event)\n" }
        for line in data.split(separator: "\n", omittingEmptySubsequences: false) {
            text += "data: \(line)\n"
        }
        return Array((text + "\n").utf8)
    }
}

extension HTTPStream {
    /// The next server-sent event; nil at the end.
    ///
    /// Comments, such as heartbeats, are read over.
    public func nextEvent(silence: Duration) throws(HTTPError) -> ServerSentEvent? {
        var event = ServerSentEvent(data: "")
        var data: [Substring] = []
        while let line = try nextLine(silence: silence) {
            guard !line.isEmpty else {
                if data.isEmpty { continue }
                event.data = data.joined(separator: "\n")
                return event
            }
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            var value = parts.count > 1 ? parts[1] : ""
            if value.hasPrefix(" ") { value.removeFirst() }
            switch parts[0] {
            case "event": event.event = String(value)
            case "data": data.append(value)
            case "id": event.id = String(value)
            default: break
            }
        }
        return nil
    }
}
