/// The place of a value within a JSON document (RFC 6901).
///
/// The empty pointer, written `""`, is the whole document; `/steps/0/with` is a member of an element.
public struct JSONPointer: Sendable, Hashable {
    /// The names and indices on the way from the root, not escaped.
    public private(set) var tokens: [String]

    /// The pointer to the whole document.
    public static let root = JSONPointer([])

    public init(_ tokens: [String]) {
        self.tokens = tokens
    }

    /// Reads a pointer as it is written; nil if it does not start with `/` or has a `~` without `0` or `1`.
    public init?(parsing text: String) {
        guard !text.isEmpty else {
            self = .root
            return
        }
        guard text.utf8.first == UInt8(ascii: "/") else { return nil }
        var tokens: [String] = []
        for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let token = Self.unescape(part) else { return nil }
            tokens.append(token)
        }
        self.tokens = tokens
    }

    /// The pointer to a member of the object that this one points to.
    public func appending(_ key: String) -> JSONPointer {
        JSONPointer(tokens + [key])
    }

    /// The pointer to an element of the array that this one points to.
    public func appending(_ index: Int) -> JSONPointer {
        appending(String(index))
    }

    /// The pointer to what encloses this place; nil for the root.
    public var parent: JSONPointer? {
        tokens.isEmpty ? nil : JSONPointer(tokens.dropLast())
    }

    /// A name as it is written in a pointer: `~` becomes `~0` and `/` becomes `~1`.
    public static func escape(_ token: String) -> String {
        guard token.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else {
            return token
        }
        var escaped = ""
        for scalar in token.unicodeScalars {
            switch scalar {
            case "~": escaped += "~0"
            case "/": escaped += "~1"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static func unescape(_ part: Substring) -> String? {
        var token = ""
        var scalars = part.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            guard scalar == "~" else {
                token.unicodeScalars.append(scalar)
                continue
            }
            switch scalars.next() {
            case "0": token += "~"
            case "1": token += "/"
            default: return nil
            }
        }
        return token
    }
}

extension JSONPointer: CustomStringConvertible {
    /// The pointer as it is written, `""` for the root.
    public var description: String {
        tokens.map { "/" + Self.escape($0) }.joined()
    }
}

extension JSONValue {
    /// The value at a place; nil if there is none.
    ///
    /// Indices have no leading zero.
    public subscript(pointer: JSONPointer) -> JSONValue? {
        var value = self
        for token in pointer.tokens {
            let next: JSONValue?
            switch value {
            case .object(let object): next = object[token]
            case .array: next = Int(token).flatMap { String($0) == token ? value[$0] : nil }
            default: next = nil
            }
            guard let next else { return nil }
            value = next
        }
        return value
    }
}
