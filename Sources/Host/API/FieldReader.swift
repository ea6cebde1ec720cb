import JSON
import Wording

/// Reads members of an object and gathers what is wrong with them.
struct FieldReader {
    let object: JSONObject
    private(set) var errors: [JSONValue] = []

    init(_ object: JSONObject) {
        self.object = object
    }

    mutating func fail(_ key: String, _ message: String, hint: String? = nil) {
        var error = JSONObject([
            ("pointer", .string("/\(JSONPointer.escape(key))")), ("message", .string(message)),
        ])
        error["hint"] = hint.map { .string($0) }
        errors.append(.object(error))
    }

    /// The mistakes of an object that is the member `key`.
    mutating func add(_ inner: [JSONValue], below key: String) {
        for error in inner {
            var error = error.objectValue ?? [:]
            let pointer = error["pointer"]?.stringValue ?? ""
            error["pointer"] = .string("/\(JSONPointer.escape(key))\(pointer)")
            errors.append(.object(error))
        }
    }

    mutating func refuseUnknown(besides known: [String]) {
        for key in object.keys where !known.contains(key) {
            fail(key, "unknown key “\(key)”", hint: NearestName.hint(for: key, among: known))
        }
    }

    mutating func text(_ key: String, isRequired: Bool = false) -> String? {
        switch object[key] {
        case .string(let text) where (1...256).contains(text.unicodeScalars.count) && !text.utf8.contains(0):
            return text
        case nil where !isRequired, .null where !isRequired: return nil
        case nil: fail(key, "“\(key)” is missing")
        default: fail(key, "“\(key)” is a text of 1 to 256 characters")
        }
        return nil
    }

    mutating func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        switch object[key] {
        case nil, .null: return nil
        case .integer(let number) where range.contains(Int(number)): return Int(number)
        // JSON Schema counts `2.0` as a whole number, and so do we.
        case .real(let number): return integer(key, number, in: range)
        default: fail(key, "“\(key)” is a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return nil
    }

    private mutating func integer(_ key: String, _ number: Double, in range: ClosedRange<Int>) -> Int? {
        if let whole = Int(exactly: number), range.contains(whole) { return whole }
        fail(key, "“\(key)” is a whole number from \(range.lowerBound) to \(range.upperBound)")
        return nil
    }

    mutating func texts(_ key: String) -> [String: String] {
        guard let value = object[key], !value.isNull else { return [:] }
        var texts: [String: String] = [:]
        for (name, text) in value.objectValue ?? [:] {
            let lengths = [name, text.stringValue ?? ""].map(\.unicodeScalars.count)
            let isShort = lengths.allSatisfy { $0 <= 256 }
            // U+0000 has no place in a Postgres text or jsonb.
            let isPlain = !name.utf8.contains(0) && !(text.stringValue ?? "").utf8.contains(0)
            if isShort && isPlain { texts[name] = text.stringValue }
        }
        if value.objectValue?.count != texts.count {
            fail(key, "“\(key)” is an object of texts of at most 256 characters each")
        }
        return texts
    }

    /// One of a few words, which must be there.
    mutating func choice<Choice: RawRepresentable<String>>(_ key: String, of choices: [Choice]) -> Choice? {
        let text = object[key]?.stringValue ?? ""
        if let choice = choices.first(where: { $0.rawValue == text }) { return choice }
        fail(key, "“\(key)” is one of \(choices.map(\.rawValue).joined(separator: ", "))")
        return nil
    }

    /// Notes a mistake unless something holds; a member that is wrong already is not judged again.
    mutating func check(_ key: String, _ holds: Bool, _ message: @autoclosure () -> String) {
        let pointer = JSONValue.string("/\(JSONPointer.escape(key))")
        guard !holds, !errors.contains(where: { $0["pointer"] == pointer }) else { return }
        fail(key, message())
    }
}
