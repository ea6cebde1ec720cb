import JSON
import Scheduler

/// A line that a warm process wrote to its stdout.
enum WarmFrame: Sendable, Hashable {
    /// The answer to `hello`: how many requests the process takes at once, if it says.
    case hello(concurrency: Int?)
    /// An answer to `hello` with which no process can be used.
    case refused(reason: String)
    /// Something about a request; the last of it if it is a result, an error or a deferral.
    case message(request: Int, ControlMessage)
    /// No frame.
    case stray

    /// The `id` of `hello`; requests have higher ones.
    static let helloID = 1

    static func read(_ line: [UInt8]) -> WarmFrame {
        guard line.first == UInt8(ascii: "{"), let object = (try? JSONValue.parse(line))?.objectValue,
            let id = object["id"]?.integerValue.flatMap({ Int(exactly: $0) })
        else { return .stray }
        if let type = object["type"]?.stringValue {
            return .message(request: id, .message(type, object))
        }
        if id == helloID, let result = object["result"]?.objectValue {
            return hello(result)
        }
        if let error = object["error"], error != .null {
            return .message(request: id, ControlMessage.error(error))
        }
        if let result = object["result"] { return .message(request: id, .result(result)) }
        return .stray
    }

    private static func hello(_ result: JSONObject) -> WarmFrame {
        var members = MemberReader(result, at: "/result")
        let release = members.count("protocol")
        let concurrency = members.count("concurrency")
        if let complaint = members.complaints.first {
            return .refused(reason: "the plugin's answer to `hello`: \(complaint)")
        }
        if let release, release != 1 {
            return .refused(reason: "the plugin speaks protocol \(release); this release speaks 1")
        }
        return .hello(concurrency: concurrency)
    }

    // MARK: - To the process

    static let hello = Array(#"{"id":1,"method":"hello","params":{"protocol":1}}"#.utf8) + newline
    static let shutdown = Array(#"{"method":"shutdown"}"#.utf8) + newline

    static func cancel(_ request: Int) -> [UInt8] {
        Array(#"{"method":"cancel","params":{"id":\#(request)}}"#.utf8) + newline
    }

    static func run(_ request: Int, action: String, input: Payload, context: JSONValue) -> [UInt8] {
        let name = JSONValue.string(action).serialized()
        var bytes = Array(#"{"id":\#(request),"method":"run","params":{"action":\#(name),"input":"#.utf8)
        bytes += line(input)
        bytes += #","context":"#.utf8
        bytes += context.bytes()
        bytes += "}}".utf8
        return bytes + newline
    }

    /// The document without line ends, which a client may have sent.
    private static func line(_ payload: Payload) -> [UInt8] {
        let bytes = Array(payload.text.utf8)
        let hasLineEnd = bytes.contains { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        return hasLineEnd ? payload.value.bytes() : bytes
    }

    private static let newline = [UInt8(ascii: "\n")]
}

extension ControlMessage {
    /// Whether a warm process says no more of a request after it.
    var isLast: Bool {
        switch self {
        case .result, .error, .deferred, .unreadable(_, mayDecide: true): true
        default: false
        }
    }
}
