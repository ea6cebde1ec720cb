extension JSONValue {
    /// The document as compact JSON text.
    public func serialized() -> String {
        String(decoding: bytes(), as: UTF8.self)
    }

    /// The document as compact JSON in UTF-8.
    public func bytes() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        append(to: &bytes)
        return bytes
    }

    /// Writes the document at the end of a buffer, compact.
    public func append(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: value ? "true".utf8 : "false".utf8)
        case .integer(let value): JSONWriter.append(integer: value, to: &bytes)
        case .real(let value): bytes.append(contentsOf: value.description.utf8)
        case .string(let value): JSONWriter.append(string: value, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                element.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object): JSONWriter.append(object: object, to: &bytes)
        }
    }

    /// The document for people: two spaces a level, a member a line.
    public func pretty() -> String {
        var bytes: [UInt8] = []
        JSONWriter.appendPretty(self, indent: 0, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// JSON text by hand: jansson prints `0.1` as `0.10000000000000001`, Swift the shortest that reads back.
enum JSONWriter {
    static func append(integer: Int64, to bytes: inout [UInt8]) {
        if integer < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = integer.magnitude
        var power: UInt64 = 1
        while rest / power >= 10 { power *= 10 }
        while power > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / power))
            rest %= power
            power /= 10
        }
    }

    static func append(object: JSONObject, to bytes: inout [UInt8]) {
        var separator = UInt8(ascii: "{")
        for (key, value) in object {
            bytes.append(separator)
            append(string: key, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            value.append(to: &bytes)
            separator = UInt8(ascii: ",")
        }
        if object.isEmpty { bytes.append(separator) }
        bytes.append(UInt8(ascii: "}"))
    }

    static func append(string: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var string = string
        string.withUTF8 { utf8 in
            var plain = utf8.startIndex
            for index in utf8.indices where needsEscape(utf8[index]) {
                bytes.append(contentsOf: utf8[plain..<index])
                append(escape: utf8[index], to: &bytes)
                plain = index + 1
            }
            bytes.append(contentsOf: utf8[plain...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    @inline(__always)
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static func append(escape byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        default:
            let digits = Array("0123456789abcdef".utf8)
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 0xF)])
        }
    }

    static func appendPretty(_ value: JSONValue, indent: Int, to bytes: inout [UInt8]) {
        switch value {
        case .array(let elements) where !elements.isEmpty:
            appendLines(elements.count, "[", "]", indent: indent, to: &bytes) { index, bytes in
                appendPretty(elements[index], indent: indent + 1, to: &bytes)
            }
        case .object(let object) where !object.isEmpty:
            let keys = object.keys
            let values = object.values
            appendLines(object.count, "{", "}", indent: indent, to: &bytes) { index, bytes in
                append(string: keys[index], to: &bytes)
                bytes.append(contentsOf: ": ".utf8)
                appendPretty(values[index], indent: indent + 1, to: &bytes)
            }
        default: value.append(to: &bytes)
        }
    }

    private static func appendLines(
        _ count: Int,
        _ open: String,
        _ close: String,
        indent: Int,
        to bytes: inout [UInt8],
        line: (Int, inout [UInt8]) -> Void
    ) {
        let margin = [UInt8](repeating: UInt8(ascii: " "), count: 2 * indent)
        bytes.append(contentsOf: open.utf8)
        for index in 0..<count {
            bytes.append(contentsOf: index > 0 ? ",\n".utf8 : "\n".utf8)
            bytes.append(contentsOf: margin)
            bytes.append(contentsOf: "  ".utf8)
            line(index, &bytes)
        }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: margin)
        bytes.append(contentsOf: close.utf8)
    }
}
