import CJansson
import Glibc

/// Why a text is not JSON, or not JSON that we take.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    public var message: String
    /// From 1; 0 when the place is not known.
    public var line: Int
    public var column: Int
    /// Bytes read until the error was seen.
    public var offset: Int

    public init(message: String, line: Int = 0, column: Int = 0, offset: Int = 0) {
        self.message = message
        self.line = line
        self.column = column
        self.offset = offset
    }

    public var description: String {
        line > 0 ? "\(message) (line \(line), column \(column))" : message
    }
}

extension JSONValue {
    /// The deepest nesting that is read.
    ///
    /// Reading, writing, comparing and releasing a value of this depth fits a stack of 512 KiB.
    public static let depthLimit = 512

    /// Parses one JSON document; anything after it but white space is an error.
    ///
    /// Of a key that comes twice the last value counts. Refused: invalid UTF-8, lone surrogates, integers
    /// beyond 64 bits, numbers beyond a double, nesting deeper than `depthLimit`, and, because jansson holds
    /// no such key, `\u0000` in a key; in a string it is kept.
    public static func parse(_ text: String) throws(JSONError) -> JSONValue {
        var text = text
        do {
            return try text.withUTF8 { try parse(bytes: UnsafeRawBufferPointer($0)) }
        } catch let error as JSONError {
            throw error
        } catch {
            preconditionFailure("parse throws JSONError alone: \(error)")
        }
    }

    /// Parses the bytes of one JSON document; see `parse(_:)` for text.
    public static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
        do {
            return try bytes.withUnsafeBytes { try parse(bytes: $0) }
        } catch let error as JSONError {
            throw error
        } catch {
            preconditionFailure("parse throws JSONError alone: \(error)")
        }
    }

    private static func parse(bytes: UnsafeRawBufferPointer) throws(JSONError) -> JSONValue {
        _ = seeded
        // jansson takes no nil buffer, and overlooks a NUL byte behind a number.
        guard let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else { throw .empty }
        guard memchr(start, 0, bytes.count) == nil else { throw .nul }
        let flags = Int(JSON_DECODE_ANY | JSON_ALLOW_NUL)
        var error = json_error_t()
        guard let root = json_loadb(start, bytes.count, flags, &error) else {
            throw JSONError(error)
        }
        defer { json_decref(root) }
        return try convert(root, depth: 0)
    }

    /// jansson seeds its hash on first use; done once here, before threads race for it.
    private static let seeded: Bool = {
        json_object_seed(0)
        return true
    }()

    private static func convert(
        _ node: UnsafeMutablePointer<json_t>,
        depth: Int
    ) throws(JSONError) -> JSONValue {
        guard depth <= depthLimit else { throw JSONError(message: "nested deeper than \(depthLimit) levels") }
        switch node.pointee.type {
        case JSON_OBJECT: return .object(try convertObject(node, depth: depth))
        case JSON_ARRAY: return .array(try convertArray(node, depth: depth))
        case JSON_STRING: return .string(text(json_string_value(node), json_string_length(node)))
        case JSON_INTEGER: return .integer(Int64(json_integer_value(node)))
        case JSON_REAL:
            let value = json_real_value(node)
            guard value.isFinite else { throw JSONError(message: "a number is beyond a double") }
            return .real(value)
        case JSON_TRUE: return .bool(true)
        case JSON_FALSE: return .bool(false)
        default: return .null
        }
    }

    private static func convertArray(
        _ node: UnsafeMutablePointer<json_t>,
        depth: Int
    ) throws(JSONError) -> [JSONValue] {
        let count = json_array_size(node)
        var array: [JSONValue] = []
        array.reserveCapacity(count)
        for index in 0..<count {
            if let element = json_array_get(node, index) {
                array.append(try convert(element, depth: depth + 1))
            }
        }
        return array
    }

    private static func convertObject(
        _ node: UnsafeMutablePointer<json_t>,
        depth: Int
    ) throws(JSONError) -> JSONObject {
        var object = JSONObject()
        var iterator = json_object_iter(node)
        while let member = iterator {
            if let value = json_object_iter_value(member) {
                let key = text(json_object_iter_key(member), json_object_iter_key_len(member))
                object.appendUnchecked(key, try convert(value, depth: depth + 1))
            }
            iterator = json_object_iter_next(node, member)
        }
        return object
    }

    private static func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
        guard let start else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }
}

extension JSONError {
    fileprivate static let empty = JSONError(message: "an empty text is no JSON document", line: 1, column: 1)
    fileprivate static let nul = JSONError(message: "a NUL byte is never part of a JSON document")

    fileprivate init(_ error: json_error_t) {
        let message = withUnsafeBytes(of: error.text) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        self.init(
            message: Self.refusedNumber(message) ?? message,
            line: max(Int(error.line), 0),
            column: max(Int(error.column), 0),
            offset: Int(error.position)
        )
    }

    /// Such a number is JSON all the same: what is said is why it is not taken, and what to do.
    private static func refusedNumber(_ message: String) -> String? {
        let number = message.split(separator: "'").dropFirst().first ?? ""
        if message.hasPrefix("too big") {
            return "the integer \(number) is beyond 64 bits; write it as text to keep its digits"
        }
        return message.hasPrefix("real number overflow") ? "the number \(number) is beyond a double" : nil
    }
}
