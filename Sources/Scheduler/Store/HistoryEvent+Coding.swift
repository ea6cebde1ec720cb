import JSON
import Linux

extension HistoryEvent {
    /// The events of one transition as the text of a `history` row.
    static func encode(_ events: [HistoryEvent]) -> String {
        JSONValue.array(events.map(\.stored)).serialized()
    }

    /// Reads what ``encode(_:)`` wrote; events of a kind that this release does not know are an error.
    static func decode(_ text: String) throws -> [HistoryEvent] {
        try (JSONValue.parse(text).arrayValue ?? []).map { json in
            guard let event = HistoryEvent(stored: json) else {
                throw StoreError.refused(message: "a history event cannot be read: \(json.serialized())")
            }
            return event
        }
    }

    private var stored: JSONValue {
        var object = JSONObject([("type", .string(kind.rawValue)), ("at", .integer(at.microseconds))])
        object["path"] = path.map { .string($0) }
        object["step"] = step.map { .integer(Int64($0)) }
        if !data.isEmpty { object["data"] = .object(data) }
        return .object(object)
    }

    private init?(stored json: JSONValue) {
        guard let kind = json["type"]?.stringValue.flatMap(Kind.init(rawValue:)),
            let at = json["at"]?.integerValue
        else { return nil }
        self.init(
            kind: kind,
            at: Timestamp(microseconds: at),
            path: json["path"]?.stringValue,
            step: json["step"]?.integerValue.map { Int($0) },
            data: json["data"]?.objectValue ?? [:]
        )
    }
}
