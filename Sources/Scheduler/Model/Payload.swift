import JSON

/// An immutable JSON document on its way between a client, the store and a step.
///
/// Keeps the text it came as, so that what passes through untouched is neither parsed nor written twice.
public final class Payload: Sendable {
    public let value: JSONValue
    public let text: String

    /// A document that was parsed from `text`.
    public init(text: String, value: JSONValue) {
        self.text = text
        self.value = value
    }

    public convenience init(_ value: JSONValue) {
        self.init(text: value.serialized(), value: value)
    }

    /// Parses a stored document.
    public convenience init(stored text: String) throws(JSONError) {
        self.init(text: text, value: try JSONValue.parse(text))
    }

    public static let null = Payload(text: "null", value: .null)
    public static let emptyObject = Payload(text: "{}", value: .object(JSONObject()))
}
