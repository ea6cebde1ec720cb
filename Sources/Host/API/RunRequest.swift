import JSON
import Linux
import Scheduler
import Wording

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
        version = reader.integer("version", in: 1...Int(Int32.max))
        input = object["input"] ?? .object([:])
        key = reader.text("key")
        labels = reader.texts("labels")
        priority = reader.integer("priority", in: -100...100) ?? 0
        startAt = reader.startTime(now: now)
        guard reader.errors.isEmpty else { throw .invalid("the request has mistakes", errors: reader.errors) }
    }
}

/// Reads members of an object and gathers what is wrong with them.
private struct FieldReader {
    private let object: JSONObject
    private(set) var errors: [JSONValue] = []

    init(_ object: JSONObject) {
        self.object = object
    }

    private mutating func fail(_ key: String, _ message: String, hint: String? = nil) {
        var error = JSONObject([
            ("pointer", .string("/\(JSONPointer.escape(key))")), ("message", .string(message)),
        ])
        error["hint"] = hint.map { .string($0) }
        errors.append(.object(error))
    }

    mutating func refuseUnknown(besides known: [String]) {
        for key in object.keys where !known.contains(key) {
            fail(key, "unknown key “\(key)”", hint: NearestName.hint(for: key, among: known))
        }
    }

    mutating func text(_ key: String, isRequired: Bool = false) -> String? {
        switch object[key] {
        case .string(let text) where !text.isEmpty && text.utf8.count <= 256 && !text.utf8.contains(0):
            return text
        case nil where !isRequired, .null where !isRequired: return nil
        case nil: fail(key, "“\(key)” is missing")
        default: fail(key, "“\(key)” is a text of 1 to 256 bytes")
        }
        return nil
    }

    mutating func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        switch object[key] {
        case nil, .null: return nil
        case .integer(let number) where range.contains(Int(number)): return Int(number)
        default: fail(key, "“\(key)” is a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return nil
    }

    mutating func texts(_ key: String) -> [String: String] {
        guard let value = object[key], !value.isNull else { return [:] }
        var texts: [String: String] = [:]
        for (name, text) in value.objectValue ?? [:] {
            let isShort = name.utf8.count <= 256 && (text.stringValue?.utf8.count ?? 0) <= 256
            // U+0000 has no place in a Postgres text or jsonb.
            let isPlain = !name.utf8.contains(0) && !(text.stringValue ?? "").utf8.contains(0)
            if isShort && isPlain { texts[name] = text.stringValue }
        }
        if value.objectValue?.count != texts.count {
            fail(key, "“\(key)” is an object of texts of at most 256 bytes each")
        }
        return texts
    }

    mutating func startTime(now: Timestamp) -> Timestamp? {
        if object["start_at"] != nil && object["delay"] != nil {
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
