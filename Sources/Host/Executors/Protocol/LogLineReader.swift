import JSON
import Linux
import Scheduler

/// Reads lines of stderr: structured, with a syslog level, or plain.
enum LogLineReader {
    static func read(_ line: [UInt8], at time: Timestamp) -> LogLine {
        if line.first == UInt8(ascii: "{"), let structured = structured(line, at: time) { return structured }
        if let level = syslogLevel(line) {
            return LogLine(at: time, level: level, message: text(line.dropFirst(3)))
        }
        return LogLine(at: time, message: text(line[...]))
    }

    /// The last line that is not empty, as a message; nil if there is none.
    static func lastMessage(of stderr: [UInt8]) -> String? {
        let lines = stderr.split(separator: UInt8(ascii: "\n"))
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte) }
        guard let last = lines.last(where: { !$0.allSatisfy(isBlank) }) else { return nil }
        return read(Array(last), at: Timestamp(microseconds: 0)).message
    }

    private static func structured(_ line: [UInt8], at time: Timestamp) -> LogLine? {
        guard var object = (try? JSONValue.parse(line))?.objectValue, let level = object["level"] else {
            return nil
        }
        let key = object["msg"]?.stringValue == nil ? "message" : "msg"
        guard let message = object[key]?.stringValue else { return nil }
        object["level"] = nil
        object[key] = nil
        return LogLine(
            at: time,
            level: LogLine.Level(json: level) ?? .info,
            message: message,
            fields: object.isEmpty ? nil : .object(object)
        )
    }

    private static func syslogLevel(_ line: [UInt8]) -> LogLine.Level? {
        guard line.count >= 3, line[0] == UInt8(ascii: "<"), line[2] == UInt8(ascii: ">") else { return nil }
        switch line[1] {
        case UInt8(ascii: "0")...UInt8(ascii: "3"): return .error
        case UInt8(ascii: "4"): return .warning
        case UInt8(ascii: "5"), UInt8(ascii: "6"): return .info
        case UInt8(ascii: "7"): return .debug
        default: return nil
        }
    }

    private static func text(_ line: ArraySlice<UInt8>) -> String {
        String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
    }
}

extension LogLine.Level {
    /// The level by the name that loggers give it, or by the numbers of bunyan and pino.
    init?(json: JSONValue) {
        switch json {
        case .string(let name): self.init(name: name.lowercased())
        case .integer(let number) where number <= 20: self = .debug
        case .integer(let number) where number < 40: self = .info
        case .integer(let number) where number < 50: self = .warning
        case .integer: self = .error
        default: return nil
        }
    }

    private init?(name: String) {
        switch name {
        case "trace", "debug": self = .debug
        case "info", "information", "notice": self = .info
        case "warn", "warning": self = .warning
        case "err", "error", "fatal", "crit", "critical", "alert", "emerg", "panic": self = .error
        default: return nil
        }
    }
}
