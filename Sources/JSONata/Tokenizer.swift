/// Cuts the text of an expression into tokens, one at a time.
///
/// The parser says whether an infix operator may come next, since only then is `/` a division.
struct Tokenizer {
    private let source: [UInt16]
    private var position = 0

    init(_ source: String) {
        self.source = Array(source.utf16)
    }

    var length: Int { source.count }

    mutating func next(infix: Bool) throws(ExpressionError) -> Token {
        try skipBlanks()
        guard position < source.count else { return Token(kind: .end, position: source.count) }
        let unit = source[position]
        if unit == slash && !infix {
            position += 1
            return try regex()
        }
        if let op = operatorHere() {
            position += op.utf16.count
            return token(.op(op))
        }
        switch unit {
        case quote, apostrophe: return try string(until: unit)
        case zero...nine: return try number()
        case backquote: return try quotedName()
        default: return name()
        }
    }

    private func token(_ kind: Token.Kind) -> Token { Token(kind: kind, position: position) }

    private func text(_ range: Range<Int>) -> String { String(decoding: source[range], as: UTF16.self) }

    private func peek(_ ahead: Int = 0) -> UInt16? {
        position + ahead < source.count ? source[position + ahead] : nil
    }

    private mutating func skipBlanks() throws(ExpressionError) {
        while let unit = peek() {
            if blanks.contains(unit) {
                position += 1
            } else if unit == slash && peek(1) == asterisk {
                try skipComment()
            } else {
                return
            }
        }
    }

    private mutating func skipComment() throws(ExpressionError) {
        let start = position
        position += 2
        while position + 1 < source.count {
            if source[position] == asterisk && source[position + 1] == slash {
                position += 2
                return
            }
            position += 1
        }
        throw ExpressionError(.unterminatedComment, position: start)
    }

    private func operatorHere() -> String? {
        if let second = peek(1), let op = longOperators[[source[position], second]] { return op }
        return shortOperators[source[position]]
    }
}

extension Tokenizer {
    private mutating func string(until quote: UInt16) throws(ExpressionError) -> Token {
        position += 1
        var units: [UInt16] = []
        while let unit = peek() {
            position += 1
            if unit == quote {
                return token(.constant(.string(String(decoding: units, as: UTF16.self))))
            }
            units.append(unit == backslash ? try escape() : unit)
        }
        throw ExpressionError(.unterminatedString, position: position)
    }

    /// The unit that an escape stands for.
    ///
    /// A surrogate written without its partner becomes U+FFFD.
    private mutating func escape() throws(ExpressionError) -> UInt16 {
        guard let unit = peek() else { throw ExpressionError(.unterminatedString, position: position) }
        if let plain = escapes[unit] {
            position += 1
            return plain
        }
        guard unit == UInt16(ascii: "u") else {
            throw ExpressionError(.badEscape, position: position, token: text(position..<position + 1))
        }
        let digits = source[(position + 1)..<min(position + 5, source.count)]
        let isHexadecimal = digits.allSatisfy { Unicode.Scalar($0)?.properties.isASCIIHexDigit == true }
        guard digits.count == 4, isHexadecimal,
            let value = UInt16(String(decoding: digits, as: UTF16.self), radix: 16)
        else { throw ExpressionError(.badUnicodeEscape, position: position) }
        position += 5
        return value
    }

    private mutating func number() throws(ExpressionError) -> Token {
        let start = position
        var isInteger = true
        if source[position] == zero { position += 1 } else { skipDigits() }
        if peek() == UInt16(ascii: "."), let digit = peek(1), (zero...nine).contains(digit) {
            isInteger = false
            position += 1
            skipDigits()
        }
        if let length = exponentLength() {
            isInteger = false
            position += length
            skipDigits()
        }
        let digits = text(start..<position)
        if isInteger, let value = Int64(digits) { return token(.constant(.integer(value))) }
        guard let value = Double(digits), value.isFinite else {
            throw ExpressionError(.numberOutOfRange, position: start, token: digits)
        }
        return token(.constant(.number(value)))
    }

    private mutating func skipDigits() {
        while let unit = peek(), (zero...nine).contains(unit) { position += 1 }
    }

    /// The length of `e` and its sign, when digits follow.
    private func exponentLength() -> Int? {
        guard let unit = peek(), unit == UInt16(ascii: "e") || unit == UInt16(ascii: "E") else { return nil }
        let signed = peek(1) == UInt16(ascii: "+") || peek(1) == UInt16(ascii: "-")
        let length = signed ? 2 : 1
        guard let digit = peek(length), (zero...nine).contains(digit) else { return nil }
        return length
    }

    private mutating func quotedName() throws(ExpressionError) -> Token {
        guard let end = source[(position + 1)...].firstIndex(of: backquote) else {
            throw ExpressionError(.unterminatedName, position: source.count)
        }
        let name = text((position + 1)..<end)
        position = end + 1
        return token(.name(name))
    }

    private mutating func name() -> Token {
        let start = position
        while let unit = peek(), !blanks.contains(unit), shortOperators[unit] == nil { position += 1 }
        let word = text(start..<position)
        if word.utf8.first == UInt8(ascii: "$") { return token(.variable(String(word.dropFirst()))) }
        switch word {
        case "and", "or", "in": return token(.op(word))
        case "true": return token(.constant(.bool(true)))
        case "false": return token(.constant(.bool(false)))
        case "null": return token(.constant(.null))
        default: return token(.name(word))
        }
    }
}

extension Tokenizer {
    /// Reads a regular expression up to the `/` that stands outside brackets and is not escaped.
    private mutating func regex() throws(ExpressionError) -> Token {
        let start = position
        var depth = 0
        var inClass = false
        while let unit = peek() {
            if unit == backslash {
                position += 2
                continue
            }
            if unit == slash && depth <= 0 && !inClass {
                let pattern = text(start..<position)
                guard !pattern.isEmpty else { throw ExpressionError(.emptyRegex, position: position) }
                position += 1
                return token(.regex(pattern: pattern, flags: regexFlags()))
            }
            if inClass {
                inClass = unit != UInt16(ascii: "]")
            } else {
                inClass = unit == UInt16(ascii: "[")
                if openers.contains(unit) { depth += 1 }
                if closers.contains(unit) { depth -= 1 }
            }
            position += 1
        }
        throw ExpressionError(.unterminatedRegex, position: source.count)
    }

    private mutating func regexFlags() -> String {
        let start = position
        while let unit = peek(), unit == UInt16(ascii: "i") || unit == UInt16(ascii: "m") { position += 1 }
        return text(start..<position)
    }
}

extension UInt16 {
    fileprivate init(ascii scalar: Unicode.Scalar) { self = UInt16(UInt8(ascii: scalar)) }
}

private let slash = UInt16(ascii: "/")
private let asterisk = UInt16(ascii: "*")
private let backslash = UInt16(ascii: "\\")
private let quote = UInt16(ascii: "\"")
private let apostrophe = UInt16(ascii: "'")
private let backquote = UInt16(ascii: "`")
private let zero = UInt16(ascii: "0")
private let nine = UInt16(ascii: "9")
private let blanks: Set<UInt16> = Set(" \t\n\r\u{0B}".utf16)
private let openers: Set<UInt16> = Set("({".utf16)
private let closers: Set<UInt16> = Set(")}".utf16)

private let escapes: [UInt16: UInt16] = [
    UInt16(ascii: "\""): UInt16(ascii: "\""), UInt16(ascii: "\\"): UInt16(ascii: "\\"),
    UInt16(ascii: "/"): UInt16(ascii: "/"), UInt16(ascii: "b"): 8, UInt16(ascii: "f"): 12,
    UInt16(ascii: "n"): 10, UInt16(ascii: "r"): 13, UInt16(ascii: "t"): 9,
]

private let longOperators: [[UInt16]: String] = Dictionary(
    uniqueKeysWithValues: ["..", ":=", "!=", ">=", "<=", "**", "~>", "?:", "??"].map { (Array($0.utf16), $0) }
)

private let shortOperators: [UInt16: String] = Dictionary(
    uniqueKeysWithValues: ".[]{}(),@#;:?+-*/%|=<>^&!~".utf16.map {
        ($0, String(decoding: [$0], as: UTF16.self))
    }
)
