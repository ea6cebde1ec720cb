import Linux

/// Reads an answer from a connection: its head at once, its body as it is asked for (RFC 9112).
final class AnswerReader {
    /// How the end of a body is known.
    private enum Framing {
        case length(Int)
        /// What is left of the chunk being read; nil before the first.
        case chunks(Int?)
        case untilClosed
        case ended
    }

    /// The most that `readToEnd` reads.
    private static let bodyLimit = 256 << 20

    let status: Int
    let headers: HTTPHeaders
    private let connection: ClientConnection
    private var framing: Framing
    private var hasUsableEnd = true

    init(_ connection: ClientConnection, method: String, _ deadline: MonotonicTime) throws(HTTPError) {
        var head = try Self.readHead(connection, deadline)
        // 100 Continue and its like come before the answer.
        while (100..<200).contains(head.status) { head = try Self.readHead(connection, deadline) }
        self.connection = connection
        status = head.status
        headers = head.headers
        framing = .ended
        if method == "HEAD" || status == 204 || status == 304 { return }
        if headers.lists("chunked", in: "Transfer-Encoding") {
            framing = .chunks(nil)
        } else if let length = headers["Content-Length"] {
            guard let length = Int(length), length >= 0 else {
                throw .malformedAnswer("its length is \"\(length)\"")
            }
            framing = .length(length)
        } else {
            framing = .untilClosed
            hasUsableEnd = false
        }
    }

    /// Whether the connection can take another request, once the body is read.
    var keepsAlive: Bool {
        if case .ended = framing { hasUsableEnd && !headers.lists("close", in: "Connection") } else { false }
    }

    /// The next bytes of the body as they come; nil at its end.
    func read(_ deadline: MonotonicTime) throws(HTTPError) -> [UInt8]? {
        switch framing {
        case .ended: return nil
        case .untilClosed:
            let bytes = try connection.read(limit: .max, deadline)
            if bytes == nil { framing = .ended }
            return bytes
        case .length(0):
            framing = .ended
            return nil
        case .length(let left):
            let bytes = try require(try connection.read(limit: left, deadline))
            framing = .length(left - bytes.count)
            return bytes
        case .chunks(let left):
            return try readChunk(left, deadline)
        }
    }

    func readToEnd(_ deadline: MonotonicTime) throws(HTTPError) -> [UInt8] {
        var body: [UInt8] = []
        while let bytes = try read(deadline) {
            body += bytes
            guard body.count <= Self.bodyLimit else { throw .malformedAnswer("its body is over 256 MiB") }
        }
        return body
    }

    private func readChunk(_ left: Int?, _ deadline: MonotonicTime) throws(HTTPError) -> [UInt8]? {
        var left = left ?? 0
        if left == 0 {
            let line = try connection.readLine(deadline)
            guard let size = Int(line.prefix { $0 != ";" && $0 != " " }, radix: 16), size >= 0 else {
                throw .malformedAnswer("\"\(line.prefix(40))\" is no chunk size")
            }
            left = size
        }
        guard left > 0 else {
            while try !connection.readLine(deadline).isEmpty {}
            framing = .ended
            return nil
        }
        let bytes = try require(try connection.read(limit: left, deadline))
        left -= bytes.count
        if left == 0 { _ = try connection.readLine(deadline) }
        framing = .chunks(left)
        return bytes
    }

    private func require(_ bytes: [UInt8]?) throws(HTTPError) -> [UInt8] {
        guard let bytes else { throw .closed(address: connection.address) }
        return bytes
    }

    private static func readHead(
        _ connection: ClientConnection,
        _ deadline: MonotonicTime
    ) throws(HTTPError) -> (status: Int, headers: HTTPHeaders) {
        let first = try connection.readLine(deadline)
        let words = first.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            throw .malformedAnswer("it starts with \"\(first.prefix(40))\"")
        }
        var headers = HTTPHeaders()
        while true {
            let line = try connection.readLine(deadline)
            guard !line.isEmpty else { return (status, headers) }
            guard let colon = line.firstIndex(of: ":"), headers.fields.count < 1_000 else {
                throw .malformedAnswer("\"\(line.prefix(40))\" is no header")
            }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers.add(String(line[..<colon]), String(value))
        }
    }
}
