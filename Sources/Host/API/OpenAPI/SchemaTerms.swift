import JSON
import Scheduler

/// The JSON Schemas of the values that requests and answers are made of.
enum SchemaTerms {
    static let anything: JSONValue = [:]
    static let text: JSONValue = ["type": "string"]
    static let flag: JSONValue = ["type": "boolean"]
    static let number: JSONValue = ["type": "integer", "minimum": 0]
    static let list: JSONValue = ["type": "array"]
    static let object: JSONValue = ["type": "object"]
    static let time: JSONValue = ["type": "string", "format": "date-time"]
    static let texts: JSONValue = ["type": "object", "additionalProperties": text]

    /// What a caller names something by.
    static let word = limited(1...256)
    /// What a person writes of an action.
    static let reason = limited(0...4_096)
    static let label = limited(0...256)
    static let labels: JSONValue = ["type": "object", "additionalProperties": label]

    static let run: JSONValue = pattern("run_[0-7][0-9a-hjkmnp-tv-z]{25}")
    /// Of a workflow, a schedule, an API key.
    static let name: JSONValue = pattern("[a-z0-9][a-z0-9-]{0,62}")
    /// Of a version, a step, an attempt, an event.
    static let ordinal: JSONValue = [
        "type": "integer", "minimum": 1, "maximum": .integer(Int64(Call.greatest)),
    ]
    /// Of a line or an event among all.
    static let position: JSONValue = ["type": "integer", "minimum": 0, "maximum": .integer(.max)]
    static let priority: JSONValue = ["type": "integer", "minimum": -100, "maximum": 100]

    /// `500ms 30s 5m 1h30m 2d`, or ISO 8601.
    static let duration = pattern(
        durationText(first: "[0-9]") + "|[0-9]{1,9}ms|P[0-9]{1,3}[WD]|PT[0-9]{1,5}[HMS]"
    )
    /// A second at least.
    static let interval = pattern(durationText(first: "[1-9]") + "|P[1-9][WD]|PT[1-9][0-9]?[HMS]")

    private static func durationText(first: String) -> String {
        let units = ["d", "h", "m", "s"]
        return units.indices.map { index in
            "\(first)[0-9]{0,3}\(units[index])"
                + units[(index + 1)...].map { "([0-9]{1,4}\($0))?" }.joined()
        }.joined(separator: "|")
    }

    /// One of several, or with commas between some of them.
    static func words<Word: RawRepresentable<String> & CaseIterable>(_: Word.Type) -> JSONValue {
        let one = "(\(Word.allCases.map(\.rawValue).joined(separator: "|")))"
        return pattern("\(one)(,\(one)){0,9}")
    }

    static func choice<Word: RawRepresentable<String> & CaseIterable>(_: Word.Type) -> JSONValue {
        ["enum": .array(Word.allCases.map { .string($0.rawValue) })]
    }

    static func maybe(_ type: JSONValue) -> JSONValue {
        var schema = type.objectValue ?? [:]
        if let name = schema["type"] { schema["type"] = [name, "null"] }
        if let choices = schema["enum"]?.arrayValue { schema["enum"] = .array(choices + [.null]) }
        return .object(schema)
    }

    static func list(of items: JSONValue, atLeast least: Int64 = 0) -> JSONValue {
        ["type": "array", "items": items, "minItems": .integer(least)]
    }

    static func pattern(_ pattern: String) -> JSONValue {
        ["type": "string", "pattern": .string("^(\(pattern))$")]
    }

    /// So many characters, none of them U+0000.
    private static func limited(_ length: ClosedRange<Int64>) -> JSONValue {
        [
            "type": "string", "minLength": .integer(length.lowerBound),
            "maxLength": .integer(length.upperBound), "pattern": "^[^\\x00]*$",
        ]
    }

    /// In a query an empty value is as none.
    static func orNothing(_ schema: JSONValue) -> JSONValue { ["anyOf": [schema, ["enum": [""]]]] }

    static func adding(_ members: JSONObject, to schema: JSONValue) -> JSONValue {
        var object = schema.objectValue ?? [:]
        for (key, value) in members { object[key] = value }
        return .object(object)
    }

    static func object(
        _ properties: KeyValuePairs<String, JSONValue>,
        _ required: [String],
        isOpen: Bool = true
    ) -> JSONValue {
        var schema: JSONObject = [
            "type": "object", "properties": .object(JSONObject(properties.map { ($0.key, $0.value) })),
        ]
        if !required.isEmpty { schema["required"] = .array(required.map { .string($0) }) }
        if !isOpen { schema["additionalProperties"] = false }
        return .object(schema)
    }
}
