/// The shape of a name.
public struct NamePattern: Sendable, CustomStringConvertible {
    private enum Letters: Sendable { case lower, any }

    private var first: Letters
    private var startsWithDigits = false
    private var startsWithUnderscore = false
    /// What may come after the first character, beside letters of the same kind and digits.
    private var punctuation: [UInt8]
    private var limit: Int
    /// How messages call it, with an example.
    public private(set) var description: String

    public static let workflow = NamePattern(
        first: .lower,
        startsWithDigits: true,
        punctuation: Array("-".utf8),
        limit: 63,
        description: "a name of lower-case letters, digits and -, at most 63 characters"
    )
    public static let step = NamePattern(
        first: .lower,
        punctuation: Array("_".utf8),
        limit: 63,
        description:
            "an id of lower-case letters, digits and _ that starts with a letter, at most 63 characters"
    )
    public static let plugin = NamePattern(
        first: .lower,
        punctuation: Array("-".utf8),
        limit: 128,
        description: "a name of lower-case letters, digits and - that starts with a letter"
    )
    public static let action = NamePattern(
        first: .any,
        punctuation: Array("_-".utf8),
        limit: 128,
        description: "a name of letters, digits, _ and - that starts with a letter"
    )
    public static let variable = NamePattern(
        first: .any,
        startsWithUnderscore: true,
        punctuation: Array("_".utf8),
        limit: 256,
        description: "a name of letters, digits and _ that does not start with a digit"
    )
    public static let secret = NamePattern(
        first: .any,
        punctuation: Array("_-.".utf8),
        limit: 128,
        description: "a name of letters, digits, _, - and . that starts with a letter"
    )
    public static let errorType = NamePattern(
        first: .any,
        punctuation: Array("_-.:".utf8),
        limit: 128,
        description: "an error type such as CardDeclined"
    )

    public func matches(_ text: some StringProtocol) -> Bool {
        guard let head = text.utf8.first, text.utf8.count <= limit else { return false }
        let isDigit = startsWithDigits && isDigit(head)
        let isUnderscore = startsWithUnderscore && head == UInt8(ascii: "_")
        guard isLetter(head) || isDigit || isUnderscore else { return false }
        return text.utf8.dropFirst().allSatisfy {
            isLetter($0) || self.isDigit($0) || punctuation.contains($0)
        }
    }

    private func isLetter(_ byte: UInt8) -> Bool {
        let lower = UInt8(ascii: "a")...UInt8(ascii: "z")
        return lower.contains(byte) || first == .any && lower.contains(byte | 0x20) && byte < 0x80
    }

    private func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
