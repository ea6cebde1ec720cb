import JSON
import Scheduler

extension FieldReader {
    /// Of a body that is an object, or absent.
    init(body: JSONValue) throws(Problem) {
        guard body.isNull || body.objectValue != nil else {
            throw .invalid("the body is an object or absent")
        }
        self.init(body.objectValue ?? [:])
    }

    /// Throws one problem with all mistakes.
    func check() throws(Problem) {
        if !errors.isEmpty { throw .invalid("the request has mistakes", errors: errors) }
    }

    /// Any value; nil without the member.
    func value(_ key: String) -> JSONValue? { object[key] }

    /// Whether there is a member that is not null.
    func isGiven(_ key: String) -> Bool { object[key].map { !$0.isNull } ?? false }

    /// A true or false, which may be left out.
    mutating func flag(_ key: String) -> Bool {
        guard let value = object[key], !value.isNull else { return false }
        if let flag = value.boolValue { return flag }
        fail(key, "“\(key)” is true or false")
        return false
    }

    /// A reason, which a person writes.
    mutating func longText(_ key: String) -> String? {
        guard let value = object[key], !value.isNull else { return nil }
        if let text = value.stringValue, text.unicodeScalars.count <= 4_096, !text.utf8.contains(0) {
            return text
        }
        fail(key, "“\(key)” is a text of at most 4096 characters")
        return nil
    }

    /// Of a body that is absent or `{ reason? }`.
    static func reason(_ body: JSONValue) throws(Problem) -> String? {
        var fields = try FieldReader(body: body)
        fields.refuseUnknown(besides: ["reason"])
        let reason = fields.longText("reason")
        try fields.check()
        return reason
    }

    /// `{ type, message, retryable?, retry_after?, details? }`, as a plugin writes it.
    mutating func error(_ key: String) -> StepError {
        var members = FieldReader(object[key]?.objectValue ?? [:])
        members.refuseUnknown(besides: ["type", "message", "retryable", "retry_after", "details"])
        let type = members.text("type", isRequired: true)
        let message = members.longText("message")
        let retryable = members.isGiven("retryable") ? members.flag("retryable") : nil
        let delay = members.text("retry_after").map(DurationText.milliseconds)
        guard let type, members.errors.isEmpty, delay != .some(nil) else {
            fail(
                key,
                "“\(key)” is an object: type, message, retryable, retry_after, details"
            )
            return StepError(type: "", message: "")
        }
        return StepError(
            type: type,
            message: message ?? type,
            retryable: retryable,
            retryAfterMilliseconds: delay ?? nil,
            details: members.value("details")
        )
    }
}
