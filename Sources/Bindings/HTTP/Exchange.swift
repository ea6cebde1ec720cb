import CMicrohttpd
import Glibc
import Linux

/// Gives the answer to one request, once, from any thread, now or later.
///
/// A request that waits for its answer costs no thread. If the last reference goes without an answer, the
/// client gets a 500.
public final class Responder: Sendable {
    private let send: @Sendable (HTTPResponse) -> Bool

    init(_ exchange: Exchange) {
        send = { exchange.answer($0) }
    }

    /// One whose answer goes to `receive`, once, which is then to answer the client.
    public init(receive: @escaping @Sendable (HTTPResponse) -> Void) {
        let isAnswered = Locked(false)
        send = { response in
            let isFirst = isAnswered.withLock { isAnswered in
                defer { isAnswered = true }
                return !isAnswered
            }
            if isFirst { receive(response) }
            return isFirst
        }
    }

    deinit {
        _ = send(.problem(500, "Internal Server Error", "the request was not answered"))
    }

    /// Sends the answer; false if there is one already or the client has left.
    @discardableResult
    public func answer(_ response: HTTPResponse) -> Bool {
        send(response)
    }
}

/// One request and its answer on a connection of libmicrohttpd.
///
/// Its thread calls `begin`, then `receive` for parts of the body, then `proceed` at the end of the body and
/// again after each resume, and `complete` last. `answer` comes from any thread.
final class Exchange: @unchecked Sendable {
    // @unchecked: `status` has a lock; all else is touched by the connection's thread alone.
    private enum Status {
        case receiving
        /// The handler has the request and has not returned.
        case running
        /// Waiting for the answer, the connection suspended.
        case suspended
        case answered(HTTPResponse)
        case sent(ResponseStream?)
        case completed
    }

    private let status = Locked(Status.receiving)
    // Unowned: the server keeps its core until the last call of libmicrohttpd, and a handler that holds a
    // responder would otherwise hold itself.
    private unowned let core: ServerCore
    private let target: String
    private let connection: OpaquePointer
    private var request: HTTPRequest?
    private var refusal: HTTPResponse?
    private var received = 0
    private var bodyLimit = 0

    init(core: ServerCore, target: String, connection: OpaquePointer) {
        self.core = core
        self.target = target
        self.connection = connection
    }

    var hasBegun: Bool { request != nil || refusal != nil }

    /// The headers are read; gives an answer if the body need not be.
    func begin(method: String) -> HTTPResponse? {
        let headers = HTTPHeaders(connection: connection)
        let address = clientAddress(of: connection)
        request = HTTPRequest(method: method, target: target, headers: headers, clientAddress: address)
        if request == nil {
            refusal = .problem(400, "Bad Request", "the path or the query has a wrong escape")
            return refusal
        }
        bodyLimit = core.bodyLimit(of: request?.path ?? "")
        guard let length = headers["Content-Length"].flatMap({ UInt64($0) }), length > bodyLimit else {
            return nil
        }
        refusal = tooLarge
        // A client that does not wait for our consent sends on: closing at once would lose it the answer.
        return headers["Expect"] != nil || length > core.drainLimit ? refusal : nil
    }

    /// A part of the body; false to cut the connection.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        received += bytes.count
        if refusal == nil, received > bodyLimit {
            refusal = tooLarge
            request?.body = []
        }
        if refusal == nil { request?.body.append(contentsOf: bytes) }
        return received <= core.drainLimit
    }

    private var tooLarge: HTTPResponse {
        .problem(413, "Content Too Large", "a body may have \(bodyLimit) bytes")
    }

    /// The body is read, or the connection resumed: asks the handler, suspends, or gives the answer to send.
    func proceed() -> HTTPResponse? {
        if let request, isFirst() {
            if let answer = refusal ?? (core.isStopping ? .stopping : nil) {
                self.answer(answer)
            } else {
                self.request = nil
                core.handler(request, Responder(self))
            }
        }
        return status.withLock { status in
            switch status {
            case .running:
                MHD_suspend_connection(connection)
                status = .suspended
                return nil
            case .answered(let response):
                status = .sent(nil)
                return response
            default: return nil
            }
        }
    }

    private func isFirst() -> Bool {
        status.withLock { status in
            guard case .receiving = status else { return false }
            status = .running
            return true
        }
    }

    @discardableResult
    func answer(_ response: HTTPResponse) -> Bool {
        var resumes = false
        let isTaken = status.withLock { status in
            switch status {
            case .suspended: resumes = true
            case .running: break
            default: return false
            }
            status = .answered(response)
            return true
        }
        // Safe without the lock: a suspended connection cannot complete before it is resumed.
        if resumes { MHD_resume_connection(connection) }
        if !isTaken, case .stream(let stream) = response.body { stream.detach() }
        return isTaken
    }

    /// The answer is on its way.
    func send(_ stream: ResponseStream?) {
        stream?.attach(connection)
        status.withLock { $0 = .sent(stream) }
        if core.isStopping { stream?.close() }
    }

    /// Ends a stream, which would not end by itself before the server stops.
    func closeStream() {
        let stream = status.withLock { status -> ResponseStream? in
            if case .sent(let stream) = status { stream } else { nil }
        }
        stream?.close()
    }

    /// The connection is done with this request, sent or cut off.
    func complete() {
        let (stream, unsent) = status.withLock { status -> (ResponseStream?, HTTPResponse?) in
            defer { status = .completed }
            switch status {
            case .sent(let stream): return (stream, nil)
            case .answered(let response): return (nil, response)
            default: return (nil, nil)
            }
        }
        stream?.detach()
        if case .stream(let stream)? = unsent?.body { stream.detach() }
    }
}

extension HTTPHeaders {
    /// The header fields of a request.
    fileprivate init(connection: OpaquePointer) {
        self.init()
        withUnsafeMutablePointer(to: &self) { headers in
            _ = MHD_get_connection_values(
                connection,
                .HEADER_KIND,
                { context, _, name, value in
                    guard let context, let name else { return .YES }
                    let headers = context.assumingMemoryBound(to: HTTPHeaders.self)
                    headers.pointee.add(String(cString: name), value.map { String(cString: $0) } ?? "")
                    return .YES
                },
                headers
            )
        }
    }
}

private func clientAddress(of connection: OpaquePointer) -> String {
    guard let address = pawl_http_client(connection) else { return "" }
    let isIPv6 = Int32(address.pointee.sa_family) == AF_INET6
    let length = isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
    var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let error = getnameinfo(address, socklen_t(length), &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST)
    guard error == 0 else { return "" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
