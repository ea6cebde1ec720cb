import CMicrohttpd
import Glibc
import Linux

// What libmicrohttpd calls, on its threads. The context is the `ServerCore`, which the server keeps alive;
// the exchange is retained from `started` to `completed`.

/// A request line was read; what this returns comes back with every later call for the request.
func started(
    _ context: UnsafeMutableRawPointer?,
    _ target: UnsafePointer<CChar>?,
    _ connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let context, let target, let connection else { return nil }
    let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
    let exchange = Exchange(core: core, target: String(cString: target), connection: connection)
    core.add(exchange)
    return Unmanaged.passRetained(exchange).toOpaque()
}

/// First with the headers alone, then with parts of the body, then with size 0 until there is an answer.
func handle(
    _ context: UnsafeMutableRawPointer?,
    _ connection: OpaquePointer?,
    _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?,
    _ version: UnsafePointer<CChar>?,
    _ part: UnsafePointer<CChar>?,
    _ size: UnsafeMutablePointer<Int>?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let connection, let method, let size, let held = slot?.pointee else { return .NO }
    let exchange = Unmanaged<Exchange>.fromOpaque(held).takeUnretainedValue()
    guard exchange.hasBegun else {
        guard let answer = exchange.begin(method: String(cString: method)) else { return .YES }
        return send(answer, for: exchange, on: connection)
    }
    if size.pointee > 0 {
        let isWanted = exchange.receive(UnsafeRawBufferPointer(start: part, count: size.pointee))
        size.pointee = 0
        return isWanted ? .YES : .NO
    }
    guard let answer = exchange.proceed() else { return .YES }
    return send(answer, for: exchange, on: connection)
}

/// The last call for a request, however it ended.
func completed(
    _ context: UnsafeMutableRawPointer?,
    _ connection: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    _ reason: MHD_RequestTerminationCode
) {
    guard let context, let slot, let held = slot.pointee else { return }
    slot.pointee = nil
    let exchange = Unmanaged<Exchange>.fromOpaque(held).takeRetainedValue()
    exchange.complete()
    Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue().remove(exchange)
}

private func send(_ answer: HTTPResponse, for exchange: Exchange, on connection: OpaquePointer) -> MHD_Result
{
    guard let response = makeResponse(answer) else {
        let problem = HTTPResponse.problem(
            500,
            "Internal Server Error",
            "a header of the answer cannot be sent"
        )
        if case .stream(let stream) = answer.body { stream.detach() }
        guard let response = makeResponse(problem) else { return .NO }
        defer { MHD_destroy_response(response) }
        exchange.send(nil)
        return MHD_queue_response(connection, 500, response)
    }
    defer { MHD_destroy_response(response) }
    if case .stream(let stream) = answer.body { exchange.send(stream) } else { exchange.send(nil) }
    return MHD_queue_response(connection, UInt32(answer.status), response)
}

/// The answer as libmicrohttpd's; nil if it refuses a header, which must not contain a line break.
private func makeResponse(_ answer: HTTPResponse) -> OpaquePointer? {
    let made: OpaquePointer? =
        switch answer.body {
        case .bytes(let bytes):
            bytes.withUnsafeBytes { bytes in
                MHD_create_response_from_buffer(
                    bytes.count,
                    UnsafeMutableRawPointer(mutating: bytes.baseAddress),
                    .RESPMEM_MUST_COPY
                )
            }
        case .stream(let stream): makeResponse(stream)
        }
    guard let response = made else { return nil }
    // No browser may take a body for something else than its type says.
    var headers = answer.headers
    headers["X-Content-Type-Options"] = "nosniff"
    for field in headers.fields where MHD_add_response_header(response, field.name, field.value) == .NO {
        MHD_destroy_response(response)
        return nil
    }
    return response
}

private func makeResponse(_ stream: ResponseStream) -> OpaquePointer? {
    MHD_create_response_from_callback(
        UInt64.max,
        32_768,
        { context, _, buffer, capacity in
            guard let context, let buffer else { return Int(MHD_CONTENT_READER_END_WITH_ERROR) }
            let stream = Unmanaged<ResponseStream>.fromOpaque(context).takeUnretainedValue()
            return stream.read(into: buffer, capacity)
        },
        Unmanaged.passRetained(stream).toOpaque(),
        { context in
            if let context { Unmanaged<ResponseStream>.fromOpaque(context).release() }
        }
    )
}
