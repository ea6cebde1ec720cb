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

    /// What is wrong with members that are as if they were left out.
    var complaints: [String] = []

    /// Reads the members that an error object may have; `place` is its JSON pointer in what was written.
    init(_ object: JSONObject, at place: String = "") {
        var members = MemberReader(object, at: place)
        type = members.typeName("type")
        message = members.text("message").flatMap { $0.isEmpty ? nil : $0 }
        retryable = members.truth("retryable")
        retryAfterMilliseconds = members.milliseconds("retry_after")
        details = object["details"] == .null ? nil : object["details"]
        isSnooze = members.word("class", "snooze") != nil
        complaints = members.complaints
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
            object["type"] != nil || object["class"] != nil
        else { return nil }
        self.init(object)
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
