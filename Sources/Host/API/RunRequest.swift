import JSON
import Linux
import Scheduler

/// The body of `POST /v1/runs`, checked key by key.
struct RunRequest {
    var workflow: String
    var version: Int?
    var input: JSONValue
    var key: String?
    var labels: [String: String]
    var priority: Int
    /// Not before; from `start_at`, or `delay` from now.
    var startAt: Timestamp?

    private static let keys = [
        "workflow", "version", "input", "key", "labels", "priority", "start_at", "delay",
    ]

    /// Throws one problem with all mistakes, each at its pointer.
    init(_ body: JSONValue, now: Timestamp) throws(Problem) {
        guard let object = body.objectValue else { throw .invalid("the body is an object with “workflow”") }
        var reader = FieldReader(object)
        reader.refuseUnknown(besides: Self.keys)
        workflow = reader.text("workflow", isRequired: true) ?? ""
        version = reader.integer("version", in: 1...Call.greatest)
        input = object["input"] ?? .object([:])
        key = reader.text("key")
        labels = reader.texts("labels")
        priority = reader.integer("priority", in: -100...100) ?? 0
        startAt = reader.startTime(now: now)
        guard reader.errors.isEmpty else { throw .invalid("the request has mistakes", errors: reader.errors) }
    }
}

extension FieldReader {
    fileprivate mutating func startTime(now: Timestamp) -> Timestamp? {
        if isGiven("start_at") && isGiven("delay") {
            fail("delay", "give start_at or delay, not both")
        }
        if let text = self.text("start_at") {
            if let time = Timestamp(rfc3339: text) { return time }
            fail("start_at", "“\(text)” is no RFC 3339 time such as 2026-01-31T09:00:00Z")
        }
        if let text = self.text("delay") {
            if let delay = DurationText.milliseconds(text) { return now + .milliseconds(delay) }
            fail("delay", "“\(text)” is no duration such as 30s or 1h30m")
        }
        return nil
    }
}
