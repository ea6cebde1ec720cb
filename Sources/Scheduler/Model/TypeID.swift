/// Identities as they are written outside: a prefix that says of what, and 128 bits in 26 letters of
/// Crockford's base32, which sort as the bits do.
///
/// Source: github.com/jetify-com/typeid, version 0.3.0.
enum TypeID {
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    static func text(_ prefix: String, high: UInt64, low: UInt64) -> String {
        var letters = [UInt8](repeating: 0, count: 26)
        var (high, low) = (high, low)
        for index in letters.indices.reversed() {
            letters[index] = alphabet[Int(low & 31)]
            low = low >> 5 | high << 59
            high >>= 5
        }
        return prefix + String(decoding: letters, as: UTF8.self)
    }

    /// Nil for a text that is no identity with this prefix.
    static func words(_ text: String, prefix: String) -> (high: UInt64, low: UInt64)? {
        guard text.hasPrefix(prefix) else { return nil }
        let letters = text.utf8.dropFirst(prefix.utf8.count)
        guard letters.count == 26, let first = letters.first, first <= UInt8(ascii: "7") else { return nil }
        var (high, low): (UInt64, UInt64) = (0, 0)
        for letter in letters {
            guard let digit = alphabet.firstIndex(of: letter) else { return nil }
            high = high << 5 | low >> 59
            low = low << 5 | UInt64(digit)
        }
        return (high, low)
    }
}
