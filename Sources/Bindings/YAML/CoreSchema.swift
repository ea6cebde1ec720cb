import JSON

/// What a plain scalar stands for in the core schema of YAML 1.2 (chapter 10.3).
///
/// `no`, `on` and `yes` are text, `0x1F` and `0o17` integers. What JSON cannot hold is refused rather than
/// rounded: integers beyond 64 bits, numbers beyond a double, `.inf` and `.nan`.
enum CoreSchema {
    /// Why a scalar has no value, in words that go before the place.
    struct Refusal: Error {
        var message: String
    }

    static func resolve(plain text: String) throws(Refusal) -> JSONValue {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: break
        }
        guard let first = text.utf8.first, "+-.0123456789".utf8.contains(first) else { return .string(text) }
        return try number(text) ?? .string(text)
    }

    private static func number(_ text: String) throws(Refusal) -> JSONValue? {
        let unsigned =
            text.utf8.first.map { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") } == true
            ? text.dropFirst() : text[...]
        switch unsigned {
        case ".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN":
            throw Refusal(message: "\(text) is no number that JSON can hold")
        default: break
        }
        if let integer = try integer(text, unsigned) { return integer }
        guard isFloat(unsigned.utf8) else { return nil }
        // Swift reads no number that starts or ends with a point.
        let digits = unsigned.hasPrefix(".") ? "0" + unsigned : String(unsigned)
        guard let value = Double(digits.replacingTrailingPoint()), value.isFinite else {
            throw Refusal(message: "\(text) is beyond a double-precision number; quote it to keep it as text")
        }
        return .real(text.hasPrefix("-") ? -value : value)
    }

    private static func integer(_ text: String, _ unsigned: Substring) throws(Refusal) -> JSONValue? {
        let value: Int64?
        if text.hasPrefix("0x"), text.utf8.count > 2, text.utf8.dropFirst(2).allSatisfy(isHexDigit) {
            value = Int64(text.dropFirst(2), radix: 16)
        } else if text.hasPrefix("0o"), text.utf8.count > 2, text.utf8.dropFirst(2).allSatisfy(isOctalDigit) {
            value = Int64(text.dropFirst(2), radix: 8)
        } else if !unsigned.isEmpty, unsigned.utf8.allSatisfy(isDigit) {
            value = Int64(text)
        } else {
            return nil
        }
        guard let value else {
            throw Refusal(message: "\(text) is beyond a 64-bit integer; quote it to keep it as text")
        }
        return .integer(value)
    }

    /// Whether the text is `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`.
    private static func isFloat(_ text: Substring.UTF8View) -> Bool {
        var rest = text[...]
        let whole = rest.prefix(while: isDigit).count
        rest = rest.dropFirst(whole)
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            let fraction = rest.prefix(while: isDigit).count
            guard whole + fraction > 0 else { return false }
            rest = rest.dropFirst(fraction)
        } else if whole == 0 {
            return false
        }
        guard let exponent = rest.first else { return true }
        guard exponent == UInt8(ascii: "e") || exponent == UInt8(ascii: "E") else { return false }
        rest = rest.dropFirst()
        if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
            rest = rest.dropFirst()
        }
        return !rest.isEmpty && rest.allSatisfy(isDigit)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    private static func isOctalDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "7")
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || "abcdefABCDEF".utf8.contains(byte)
    }
}

extension String {
    /// `1.` and `1.e3` with the digit that Swift wants behind the point.
    fileprivate func replacingTrailingPoint() -> String {
        guard let point = utf8.firstIndex(of: UInt8(ascii: ".")) else { return self }
        let after = utf8.index(after: point)
        guard after == endIndex || !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(utf8[after]) else {
            return self
        }
        return String(self[..<after]) + "0" + String(self[after...])
    }
}
