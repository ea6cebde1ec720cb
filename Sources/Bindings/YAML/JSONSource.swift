import JSON

/// The places in a JSON text, which jansson has found to be valid but does not tell.
///
/// libyaml cannot read all JSON: it refuses escaped surrogate pairs.
struct JSONSource {
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var column = 1
    private var budget = Budget()

    /// Whether a text starts as a JSON object or array does.
    static func mayBeJSON(_ bytes: [UInt8]) -> Bool {
        let first = bytes.first { !isSpace($0) }
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    }

    static func node(validJSON bytes: [UInt8]) throws(YAMLError) -> YAMLNode {
        var source = JSONSource(bytes: bytes)
        return try source.node(depth: 0)
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private mutating func node(depth: Int) throws(YAMLError) -> YAMLNode {
        skipSpace()
        let mark = Mark(line: line, column: column)
        try budget.spend(depth: depth, at: mark)
        switch peek {
        case UInt8(ascii: "{"): return YAMLNode(.mapping(try entries(depth: depth)), at: mark)
        case UInt8(ascii: "["): return YAMLNode(.sequence(try elements(depth: depth)), at: mark)
        default: return YAMLNode(.scalar(try scalar(at: mark)), at: mark)
        }
    }

    private mutating func entries(depth: Int) throws(YAMLError) -> [YAMLNode.Entry] {
        var entries: [YAMLNode.Entry] = []
        var keys = DistinctKeys()
        while step(into: UInt8(ascii: "}")) {
            let mark = Mark(line: line, column: column)
            try budget.spend(depth: depth, at: mark)
            let key = try scalar(at: mark).text
            try keys.insert(key, at: mark)
            skipSpace()
            advance()
            entries.append(YAMLNode.Entry(key: key, keyMark: mark, value: try node(depth: depth + 1)))
        }
        return entries
    }

    private mutating func elements(depth: Int) throws(YAMLError) -> [YAMLNode] {
        var nodes: [YAMLNode] = []
        while step(into: UInt8(ascii: "]")) { nodes.append(try node(depth: depth + 1)) }
        return nodes
    }

    /// Goes over `{`, `[` or `,` to the next item; false, and past it, if `close` comes first.
    private mutating func step(into close: UInt8) -> Bool {
        skipSpace()
        if peek != close {
            advance()
            skipSpace()
        }
        guard peek == close else { return true }
        advance()
        return false
    }

    private mutating func scalar(at mark: Mark) throws(YAMLError) -> YAMLNode.Scalar {
        let start = position
        let quoted = peek == UInt8(ascii: "\"")
        if quoted { skipString() } else { skipWord() }
        do throws(JSONError) {
            let value = try JSONValue.parse(Array(bytes[start..<position]))
            let text = value.stringValue ?? String(decoding: bytes[start..<position], as: UTF8.self)
            return YAMLNode.Scalar(text: text, style: quoted ? .doubleQuoted : .plain, value: value)
        } catch {
            throw YAMLError(error.message, at: mark)
        }
    }

    private mutating func skipString() {
        advance()
        while let byte = peek, byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\") { advance() }
            advance()
        }
        advance()
    }

    private mutating func skipWord() {
        while let byte = peek, !Self.isSpace(byte), !",:]}".utf8.contains(byte) { advance() }
    }

    private mutating func skipSpace() {
        while let byte = peek, Self.isSpace(byte) { advance() }
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func advance() {
        guard let byte = peek else { return }
        position += 1
        if byte == UInt8(ascii: "\n") {
            line += 1
            column = 1
        } else if peek.map({ $0 & 0xC0 != 0x80 }) ?? true {
            column += 1
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}
