import JSON
import Scheduler

/// Replaces what must not be shown: the secrets of an attempt and what its program asks to be masked.
struct Redactor: Sendable {
    private var words: [[UInt8]] = []
    private static let replacement = Array("***".utf8)
    /// In bytes; shorter words would blot out ordinary text.
    static let shortest = 3

    /// Hides a value, and each line of one that has several.
    mutating func hide(_ value: [UInt8]) {
        let lines = value.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        for line in lines where line.count >= Self.shortest && !words.contains(Array(line)) {
            words.append(Array(line))
        }
        words.sort { $0.count > $1.count }
    }

    func redacted(_ text: String) -> String {
        guard !words.isEmpty else { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var isChanged = false
        var index = 0
        while index < bytes.count {
            if let word = words.first(where: { bytes[index] == $0[0] && bytes[index...].starts(with: $0) }) {
                result += Self.replacement
                index += word.count
                isChanged = true
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return isChanged ? String(decoding: result, as: UTF8.self) : text
    }

    func redacted(_ value: JSONValue) -> JSONValue {
        guard !words.isEmpty else { return value }
        switch value {
        case .string(let text): return .string(redacted(text))
        case .array(let elements): return .array(elements.map(redacted))
        case .object(let object):
            return .object(JSONObject(object.map { (redacted($0.key), redacted($0.value)) }))
        default: return value
        }
    }

    func redacted(_ line: LogLine) -> LogLine {
        guard !words.isEmpty else { return line }
        var line = line
        line.message = redacted(line.message)
        line.fields = line.fields.map(redacted)
        return line
    }

    func redacted(_ error: StepError) -> StepError {
        guard !words.isEmpty else { return error }
        var error = error
        error.message = redacted(error.message)
        error.details = error.details.map(redacted)
        return error
    }
}
