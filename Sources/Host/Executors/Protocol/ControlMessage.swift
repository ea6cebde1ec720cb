import JSON
import Scheduler

/// A line of the control channel.
enum ControlMessage: Sendable, Hashable {
    case heartbeat(checkpoint: JSONValue?)
    case progress(JSONObject)
    case log(level: LogLine.Level, message: String, fields: JSONValue?)
    case result(JSONValue)
    case error(ErrorObject)
    case artifact(name: String, path: String, mediaType: String?)
    case mask(String)
    case extend(milliseconds: Int64)
    case deferred(timeoutMilliseconds: Int64?)
    /// Of a type that this version does not know, or without what its type needs.
    case ignored(reason: String?)
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
        case "progress": .progress(object)
        case "log": log(object)
        case "result": .result(object["output"] ?? .null)
        case "error": error(object["error"])
        case "artifact": artifact(object)
        case "mask":
            object["value"]?.stringValue.map { .mask($0) } ?? .ignored(reason: "`mask` needs a text `value`")
        case "extend":
            duration(object["by"]).map { .extend(milliseconds: $0) }
                ?? .ignored(reason: "`extend` needs a duration `by`, such as 30s")
        case "defer": .deferred(timeoutMilliseconds: duration(object["timeout"]))
        default: .ignored(reason: nil)
        }
    }

    private static func artifact(_ object: JSONObject) -> ControlMessage {
        guard let name = object["name"]?.stringValue, let path = object["path"]?.stringValue else {
            return .ignored(reason: "`artifact` needs texts `name` and `path`")
        }
        return .artifact(name: name, path: path, mediaType: object["media_type"]?.stringValue)
    }

    private static func log(_ object: JSONObject) -> ControlMessage {
        .log(
            level: object["level"].flatMap(LogLine.Level.init(json:)) ?? .info,
            message: object["message"]?.stringValue ?? object["msg"]?.stringValue ?? "",
            fields: object["fields"]
        )
    }

    static func error(_ value: JSONValue?) -> ControlMessage {
        switch value {
        case .object(let object): .error(ErrorObject(object))
        case .string(let text): .error(ErrorObject(message: text))
        default: .error(ErrorObject())
        }
    }

    private static func duration(_ value: JSONValue?) -> Int64? {
        value?.stringValue.flatMap(DurationText.milliseconds)
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
