extension Builtin {
    /// Encodings of text: Base64 and URLs.
    static let textFunctions: [Builtin] = [
        define("base64encode", "<s-:s>") { (evaluator, arguments) throws(ExpressionError) in
            try evaluator.mapText(arguments.string(0), Base64.encode)
        },
        define("base64decode", "<s-:s>") { (evaluator, arguments) throws(ExpressionError) in
            try evaluator.mapText(arguments.string(0), Base64.decode)
        },
        url("encodeUrl") {
            URLEncoding.encode($0, keeping: URLEncoding.unreserved.union(URLEncoding.reserved))
        },
        url("encodeUrlComponent") { URLEncoding.encode($0, keeping: URLEncoding.unreserved) },
        url("decodeUrl") { URLEncoding.decode($0, keeping: URLEncoding.reserved) },
        url("decodeUrlComponent") { URLEncoding.decode($0, keeping: []) },
    ]

    private static func url(_ name: String, _ convert: @escaping @Sendable (String) -> String?) -> Builtin {
        define(name, "<s-:s>") { (evaluator, arguments) throws(ExpressionError) in
            guard let text = arguments.string(0) else { return .undefined }
            try evaluator.charge(bytes: 3 * text.utf8.count)
            guard let converted = convert(text) else {
                throw ExpressionError(.malformedURL, value: .string(text), expected: name)
            }
            return .string(converted)
        }
    }
}

/// Base64 (RFC 4648) over characters as bytes: U+0000 to U+00FF, as the language has it.
private enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )

    static func encode(_ text: String) -> String {
        let bytes = text.utf16.map { UInt8(truncatingIfNeeded: $0) }
        var encoded: [UInt8] = []
        encoded.reserveCapacity(bytes.count * 4 / 3 + 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits: UInt32 = 0
            for offset in 0..<3 {
                bits = bits << 8 | UInt32(offset < group.count ? group[start + offset] : 0)
            }
            for place in 0..<4 {
                let index = Int(bits >> (18 - 6 * UInt32(place)) & 63)
                encoded.append(place <= group.count ? alphabet[index] : UInt8(ascii: "="))
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// Characters outside the alphabet are passed over, and so is what is left of a last group.
    static func decode(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        var bits: UInt32 = 0
        var count = 0
        for unit in text.utf8 {
            guard unit != UInt8(ascii: "=") else { break }
            guard let value = value(of: unit) else { continue }
            bits = bits << 6 | value
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            scalars.append(Unicode.Scalar(UInt8(truncatingIfNeeded: bits >> UInt32(count))))
        }
        return String(scalars)
    }

    private static func value(of unit: UInt8) -> UInt32? {
        switch unit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(unit - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(unit - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(unit - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}

/// Percent-encoding of URLs (RFC 3986) with the character sets of ECMAScript.
private enum URLEncoding {
    static let unreserved = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()".utf8
    )
    static let reserved = Set(";/?:@&=+$,#".utf8)

    /// nil when the text has lost characters: U+FFFD stands where half of a surrogate pair was.
    static func encode(_ text: String, keeping kept: Set<UInt8>) -> String? {
        guard !text.unicodeScalars.contains("\u{FFFD}") else { return nil }
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            if kept.contains(byte) {
                encoded.append(byte)
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                encoded.append(contentsOf: (byte < 16 ? "%0" : "%").utf8)
                encoded.append(contentsOf: digits.utf8)
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// nil when an escape is malformed, or the bytes are no UTF-8.
    static func decode(_ text: String, keeping kept: Set<UInt8>) -> String? {
        let bytes = Array(text.utf8)
        var decoded: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "%") else {
                decoded.append(bytes[index])
                index += 1
                continue
            }
            guard index + 2 < bytes.count,
                bytes[(index + 1)...(index + 2)].allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }
                ),
                let byte = UInt8(String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
            else { return nil }
            if kept.contains(byte) {
                decoded.append(contentsOf: bytes[index...(index + 2)])
            } else {
                decoded.append(byte)
            }
            index += 3
        }
        return String(validating: decoded, as: UTF8.self)
    }
}
