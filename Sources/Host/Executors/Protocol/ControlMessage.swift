import JSON
import Scheduler

/// How far a program says that it is.
struct Progress: Sendable, Hashable {
    var percent: JSONValue?
    var done: JSONValue?
    var total: JSONValue?
    var unit: String?
    var message: String?
    /// The whole message.
    var fields: JSONObject
}

/// A line of the control channel.
enum ControlMessage: Sendable, Hashable {
    case heartbeat(checkpoint: JSONValue?)
    case progress(Progress)
    case log(level: LogLine.Level, message: String, fields: JSONValue?)
    case result(JSONValue)
    case error(ErrorObject)
    case artifact(name: String, path: String, mediaType: String?)
    case mask(String)
    case extend(milliseconds: Int64)
    case deferred(timeoutMilliseconds: Int64?)
    /// Of a type that this version does not know, or with a member that is not of its kind.
    case ignored(reason: String?)
    /// A file to be kept that is not named as it must be, so that it would be missed.
    case invalidArtifact(reason: String)
    /// No JSON object.
    ///
    /// `mayDecide` if it may have been meant as a result or an error, and so cannot be passed over.
    case unreadable(reason: String, mayDecide: Bool)

    /// The longest line, in bytes, without its end.
    static let longest = 64 << 10

    static func read(_ line: [UInt8]) -> ControlMessage {
        guard line.count <= longest else {
            return unreadable(line, "it is longer than 64 KiB")
        }
        let value: JSONValue
        do {
            value = try JSONValue.parse(line)
        } catch {
            return unreadable(line, error.description)
        }
        guard let object = value.objectValue, let type = object["type"]?.stringValue else {
            return unreadable(line, "it is no object with a `type`")
        }
        return message(type, object)
    }

    static func message(_ type: String, _ object: JSONObject) -> ControlMessage {
        switch type {
        case "heartbeat": .heartbeat(checkpoint: object["checkpoint"])
        case "progress": progress(object)
        case "log": log(object)
        case "result": .result(object["output"] ?? .null)
        case "error": error(object["error"])
        case "artifact": artifact(object)
        case "mask": mask(object)
        case "extend": extend(object)
        case "defer": deferred(object)
        default: .ignored(reason: nil)
        }
    }

    private static func progress(_ object: JSONObject) -> ControlMessage {
        var members = MemberReader(object)
        let progress = Progress(
            percent: members.number("percent"),
            done: members.number("done"),
            total: members.number("total"),
            unit: members.text("unit"),
            message: members.text("message"),
            fields: object
        )
        return refusal("progress", members).map { .ignored(reason: $0) } ?? .progress(progress)
    }

    private static func artifact(_ object: JSONObject) -> ControlMessage {
        var members = MemberReader(object)
        let name = members.needed("name") { $0.text($1) }
        let path = members.needed("path") { $0.text($1) }
        let mediaType = members.text("media_type")
        guard let name, let path, members.complaints.isEmpty else {
            return .invalidArtifact(reason: refusal("artifact", members) ?? "")
        }
        return .artifact(name: name, path: path, mediaType: mediaType)
    }

    private static func log(_ object: JSONObject) -> ControlMessage {
        var members = MemberReader(object)
        let message = members.text("message") ?? members.text("msg") ?? ""
        if let reason = refusal("log", members) { return .ignored(reason: reason) }
        return .log(
            level: object["level"].flatMap(LogLine.Level.init(json:)) ?? .info,
            message: message,
            fields: object["fields"]
        )
    }

    private static func mask(_ object: JSONObject) -> ControlMessage {
        var members = MemberReader(object)
        let value = members.needed("value") { $0.text($1) }
        if let value, value.utf8.count >= Redactor.shortest { return .mask(value) }
        let isShort = "/value must have \(Redactor.shortest) bytes or more; nothing is masked"
        return .ignored(reason: refusal("mask", members) ?? "`mask`: \(isShort)")
    }

    private static func extend(_ object: JSONObject) -> ControlMessage {
        var members = MemberReader(object)
        let by = members.needed("by") { $0.milliseconds($1) }
        return by.map { .extend(milliseconds: $0) } ?? .ignored(reason: refusal("extend", members))
    }

    /// How long an answer is waited for is no matter to guess.
    private static func deferred(_ object: JSONObject) -> ControlMessage {
        var members = MemberReader(object)
        let timeout = members.milliseconds("timeout")
        return refusal("defer", members).map { .unreadable(reason: $0, mayDecide: true) }
            ?? .deferred(timeoutMilliseconds: timeout)
    }

    static func error(_ value: JSONValue?) -> ControlMessage {
        switch value {
        case .object(let object): return .error(ErrorObject(object, at: "/error"))
        case .string(let text): return .error(ErrorObject(message: text))
        default:
            var error = ErrorObject()
            error.complaints = [
                value.map { "/error must be an object, not \(MemberReader.quoted($0))" }
                    ?? "/error is missing"
            ]
            return .error(error)
        }
    }

    /// What is wrong with a message, in one sentence; nil if nothing is.
    private static func refusal(_ type: String, _ members: MemberReader) -> String? {
        members.complaints.isEmpty ? nil : "`\(type)`: \(members.complaints.joined(separator: "; "))"
    }

    private static func unreadable(_ line: [UInt8], _ reason: String) -> ControlMessage {
        let mayDecide = line.contains("\"result\"") || line.contains("\"error\"")
        return .unreadable(
            reason: "a line of the control channel cannot be read: \(reason)",
            mayDecide: mayDecide
        )
    }
}

extension [UInt8] {
    /// Whether a text stands somewhere in the bytes.
    fileprivate func contains(_ text: String) -> Bool {
        let text = Array(text.utf8)
        return indices.contains { self[$0] == text[0] && self[$0...].starts(with: text) }
    }
}
