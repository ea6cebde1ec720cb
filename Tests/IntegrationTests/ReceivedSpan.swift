import HTTP
import Linux

/// A collector on loopback that keeps what it is sent.
final class TraceSink: Sendable {
    private let bodies: Locked<[[UInt8]]>
    private let server: HTTPServer

    init() throws {
        let bodies = Locked<[[UInt8]]>([])
        self.bodies = bodies
        server = try HTTPServer { request, responder in
            if request.path == "/v1/traces" { bodies.withLock { $0.append(request.body) } }
            responder.answer(HTTPResponse())
        }
    }

    var address: String { "http://127.0.0.1:\(server.port)" }
    var spans: [ReceivedSpan] { bodies.withLock { $0 }.flatMap(ReceivedSpan.read) }

    func stop() { server.stop() }
}

/// A span read back from an `ExportTraceServiceRequest`, by field numbers of opentelemetry-proto.
struct ReceivedSpan {
    var trace = ""
    var id = ""
    var parent = ""
    var name = ""
    var isError = false
    var start: UInt64 = 0
    var end: UInt64 = 0

    static func read(_ body: [UInt8]) -> [ReceivedSpan] {
        var spans: [ReceivedSpan] = []
        for resourceSpans in Field.all(body) where resourceSpans.number == 1 {
            for scopeSpans in Field.all(resourceSpans.bytes) where scopeSpans.number == 2 {
                for span in Field.all(scopeSpans.bytes) where span.number == 2 {
                    spans.append(ReceivedSpan(Field.all(span.bytes)))
                }
            }
        }
        return spans
    }

    private init(_ fields: [Field]) {
        for field in fields {
            switch field.number {
            case 1: trace = field.bytes.hexadecimal
            case 2: id = field.bytes.hexadecimal
            case 4: parent = field.bytes.hexadecimal
            case 5: name = String(decoding: field.bytes, as: UTF8.self)
            case 7: start = field.integer
            case 8: end = field.integer
            case 15: isError = Field.all(field.bytes).contains { $0.number == 3 && $0.integer == 2 }
            default: break
            }
        }
    }
}

/// One field of a Protocol Buffers message.
private struct Field {
    var number: Int
    var integer: UInt64 = 0
    var bytes: [UInt8] = []

    static func all(_ message: [UInt8]) -> [Field] {
        var rest = message[...]
        var fields: [Field] = []
        while !rest.isEmpty {
            let tag = varint(&rest)
            var field = Field(number: Int(tag >> 3))
            switch tag & 7 {
            case 0: field.integer = varint(&rest)
            case 1:
                field.integer = rest.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
                rest = rest.dropFirst(8)
            default:
                let count = Int(varint(&rest))
                field.bytes = Array(rest.prefix(count))
                rest = rest.dropFirst(count)
            }
            fields.append(field)
        }
        return fields
    }

    private static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = bytes.popFirst() {
            value |= UInt64(byte & 0x7F) << shift
            shift += 7
            if byte < 0x80 { break }
        }
        return value
    }
}
