import JSON
import Scheduler

/// Takes the members of an object that a program wrote, and notes each that is not of its kind.
///
/// One that is left out or null is no complaint, and neither is one that this version does not know.
struct MemberReader {
    private let object: JSONObject
    /// The JSON pointer of the object in what the program wrote; empty for the document itself.
    private let place: String
    /// A sentence for each member that cannot be used, which is then as if it were left out.
    private(set) var complaints: [String] = []

    init(_ object: JSONObject, at place: String = "") {
        self.object = object
        self.place = place
    }

    mutating func text(_ name: String) -> String? {
        take(name, "a text", \.stringValue)
    }

    /// The name of a type, on one line and of at most 128 bytes.
    mutating func typeName(_ name: String) -> String? {
        take(name, "a name of 1 to 128 bytes on one line") { value in
            value.stringValue.flatMap { text in
                let fits = (1...128).contains(text.utf8.count) && !text.contains(where: \.isNewline)
                return fits ? text : nil
            }
        }
    }

    mutating func word(_ name: String, _ only: String) -> String? {
        take(name, "\"\(only)\"") { $0.stringValue == only ? only : nil }
    }

    mutating func truth(_ name: String) -> Bool? {
        take(name, "true or false", \.boolValue)
    }

    mutating func number(_ name: String) -> JSONValue? {
        take(name, "a number") { value in value.doubleValue.map { _ in value } }
    }

    mutating func count(_ name: String) -> Int? {
        take(name, "a whole number from 1 on") { value in
            value.integerValue.flatMap { Int(exactly: $0) }.flatMap { $0 >= 1 ? $0 : nil }
        }
    }

    mutating func milliseconds(_ name: String) -> Int64? {
        take(name, "a duration, such as \"30s\"") { $0.stringValue.flatMap(DurationText.milliseconds) }
    }

    /// A member that has to be there.
    mutating func needed<Value>(
        _ name: String,
        _ read: (inout MemberReader, String) -> Value?
    ) -> Value? {
        if let value = read(&self, name) { return value }
        if object[name] == nil || object[name] == .null { complaints.append("\(place)/\(name) is missing") }
        return nil
    }

    private mutating func take<Value>(
        _ name: String,
        _ kind: String,
        _ read: (JSONValue) -> Value?
    ) -> Value? {
        guard let value = object[name], value != .null else { return nil }
        if let found = read(value) { return found }
        complaints.append("\(place)/\(name) must be \(kind), not \(Self.quoted(value))")
        return nil
    }

    /// The beginning of a value as it stands in the document.
    static func quoted(_ value: JSONValue) -> String {
        let text = value.serialized()
        return text.utf8.count <= 60 ? text : String(text.prefix(57)) + "…"
    }
}
