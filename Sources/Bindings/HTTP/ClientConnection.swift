import Glibc
import Linux

/// A connected socket with deadlines on everything.
final class ClientConnection {
    let address: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var start = 0

    /// Tries the addresses of the host one after the other.
    init(to url: HTTPURL, _ deadline: MonotonicTime) throws(HTTPError) {
        address = url.text
        var failure = HTTPError.invalidURL(url.text)
        for candidate in try Self.addresses(of: url) {
            let descriptor = socket(candidate.family, socketKind, 0)
            guard descriptor >= 0 else {
                failure = .unreachable(address: url.text, reason: LinuxError.text(errno))
                continue
            }
            let error = Self.connect(descriptor, candidate, deadline)
            if error == 0 {
                self.descriptor = descriptor
                var on: Int32 = 1
                setsockopt(
                    descriptor,
                    Int32(IPPROTO_TCP),
                    TCP_NODELAY,
                    &on,
                    socklen_t(MemoryLayout<Int32>.size)
                )
                return
            }
            Glibc.close(descriptor)
            failure = Self.failure(error, url.text)
        }
        throw failure
    }

    deinit { Glibc.close(descriptor) }

    /// False once the server has closed its side, or said something that nobody asked for.
    var isReusable: Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return start == buffer.count && Glibc.poll(&poll, 1, 0) == 0
    }

    func write(_ bytes: [UInt8], _ deadline: MonotonicTime) throws(HTTPError) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
                return Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
            } else if errno == EAGAIN {
                try wait(for: POLLOUT, deadline)
            } else if errno == EPIPE || errno == ECONNRESET {
                // The server may have answered before it closed, as with 413: reading tells.
                return
            } else if errno != EINTR {
                throw .unreachable(address: address, reason: LinuxError.text(errno))
            }
        }
    }

    /// Up to `limit` bytes, at least one; nil if the server has closed its side.
    func read(limit: Int, _ deadline: MonotonicTime) throws(HTTPError) -> [UInt8]? {
        if start == buffer.count {
            guard try fill(deadline) else { return nil }
        }
        let end = start + min(buffer.count - start, limit)
        defer { start = end }
        return Array(buffer[start..<end])
    }

    /// A line without its line break, of at most 64 KiB.
    func readLine(_ deadline: MonotonicTime) throws(HTTPError) -> String {
        var line: [UInt8] = []
        while true {
            if let end = buffer[start...].firstIndex(of: UInt8(ascii: "\n")) {
                line += buffer[start..<end]
                start = end + 1
                if line.last == UInt8(ascii: "\r") { line.removeLast() }
                return String(decoding: line, as: UTF8.self)
            }
            line += buffer[start...]
            guard line.count <= 65_536 else { throw .malformedAnswer("a line of its head is over 64 KiB") }
            guard try fill(deadline) else { throw .closed(address: address) }
        }
    }

    /// Replaces the buffer, which is used up; false at the end.
    private func fill(_ deadline: MonotonicTime) throws(HTTPError) -> Bool {
        start = 0
        buffer = []
        while true {
            var count = 0
            buffer = [UInt8](unsafeUninitializedCapacity: 65_536) { bytes, initialized in
                count = recv(descriptor, bytes.baseAddress, bytes.count, 0)
                initialized = max(count, 0)
            }
            if count >= 0 { return count > 0 }
            switch errno {
            case EAGAIN: try wait(for: POLLIN, deadline)
            case EINTR: break
            case ECONNRESET: throw .closed(address: address)
            default: throw .unreachable(address: address, reason: LinuxError.text(errno))
            }
        }
    }

    private func wait(for event: Int32, _ deadline: MonotonicTime) throws(HTTPError) {
        guard Self.poll(descriptor, event, deadline) else { throw .timedOut(address: address) }
    }
}

extension ClientConnection {
    private static func addresses(of url: HTTPURL) throws(HTTPError) -> [SocketAddress] {
        switch url.place {
        case .tcp(let host, let port):
            return try SocketAddress.resolve(host, port: port) { .unreachable(address: url.text, reason: $0) }
        case .unix(let path):
            guard let address = SocketAddress.unix(path) else { throw .invalidURL(url.text) }
            return [address]
        }
    }

    /// Zero, or the reason why there is no connection.
    private static func connect(_ descriptor: Int32, _ address: SocketAddress, _ deadline: MonotonicTime)
        -> Int32
    {
        guard address.withPointer({ Glibc.connect(descriptor, $0, $1) }) != 0 else { return 0 }
        guard errno == EINPROGRESS else { return errno }
        guard poll(descriptor, POLLOUT, deadline) else { return ETIMEDOUT }
        var error: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size)
        return error
    }

    private static func failure(_ error: Int32, _ address: String) -> HTTPError {
        switch error {
        case ECONNREFUSED, ENOENT: .refused(address: address)
        case ETIMEDOUT: .timedOut(address: address)
        default: .unreachable(address: address, reason: LinuxError.text(error))
        }
    }

    /// Whether the event came before the deadline.
    private static func poll(_ descriptor: Int32, _ event: Int32, _ deadline: MonotonicTime) -> Bool {
        while true {
            let left = (deadline - .now).wholeMilliseconds
            var poll = pollfd(fd: descriptor, events: Int16(event), revents: 0)
            let count = Glibc.poll(&poll, 1, Int32(clamping: max(0, left + 1)))
            if count > 0 { return true }
            if count < 0, errno != EINTR { return true }
            if deadline <= .now { return false }
        }
    }
}
