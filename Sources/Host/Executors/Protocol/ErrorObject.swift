import JSON
import Scheduler

/// What somebody says of a failure.
///
/// A plugin speaks by an error object, a manifest by an exit code, and the engine itself.
///
/// Whoever speaks first decides; what it leaves out comes from the next.
struct ErrorObject: Sendable, Hashable {
    var type: String?
    var message: String?
    var retryable: Bool?
    var retryAfterMilliseconds: Int64?
    var details: JSONValue?
    /// "Not ready yet": no failure, but to be run again later.
    var isSnooze = false

    /// The longest name of a type, in bytes.
    private static let longestType = 128

    /// Reads the members that an error object may have; those of a wrong kind are as if they were not there.
    init(_ object: JSONObject) {
        type = object["type"]?.stringValue.flatMap { Self.isName($0) ? $0 : nil }
        message = object["message"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        retryable = object["retryable"]?.boolValue
        retryAfterMilliseconds = object["retry_after"]?.stringValue.flatMap(DurationText.milliseconds)
        details = object["details"] == .null ? nil : object["details"]
        isSnooze = object["class"]?.stringValue == "snooze"
    }

    init(
        type: String? = nil,
        message: String? = nil,
        retryable: Bool? = nil,
        details: JSONValue? = nil
    ) {
        self.type = type
        self.message = message
        self.retryable = retryable
        self.details = details
    }

    /// Reads the document on the stdout of a program that failed; nil if it is no error object.
    init?(stdout: [UInt8]) {
        guard stdout.contains(UInt8(ascii: "{")), let object = (try? JSONValue.parse(stdout))?.objectValue,
            object["type"]?.stringValue != nil || object["class"]?.stringValue != nil
        else { return nil }
        self.init(object)
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= longestType && !text.contains(where: \.isNewline)
    }

    func filled(from other: ErrorObject) -> ErrorObject {
        var filled = self
        filled.type = type ?? other.type
        filled.message = message ?? other.message
        filled.retryable = retryable ?? other.retryable
        filled.retryAfterMilliseconds = retryAfterMilliseconds ?? other.retryAfterMilliseconds
        filled.details = details ?? other.details
        return filled
    }
}
