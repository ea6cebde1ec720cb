import CHiredis

/// A reply of Redis, in the terms of RESP 2.
public enum RedisReply: Sendable, Hashable {
    case null
    case status(String)
    case error(String)
    case integer(Int64)
    case bytes([UInt8])
    case array([RedisReply])

    public var integer: Int64? {
        guard case .integer(let value) = self else { return nil }
        return value
    }

    public var bytes: [UInt8]? {
        guard case .bytes(let value) = self else { return nil }
        return value
    }

    /// A bulk string or status as text; ill-formed UTF-8 is replaced.
    public var text: String? {
        switch self {
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .status(let text): text
        default: nil
        }
    }

    public var array: [RedisReply]? {
        guard case .array(let value) = self else { return nil }
        return value
    }

    /// Copies hiredis's tree.
    init(copying reply: UnsafePointer<redisReply>) {
        let raw = reply.pointee
        let buffer = UnsafeRawBufferPointer(start: raw.str, count: raw.str == nil ? 0 : Int(raw.len))
        switch raw.type {
        case REDIS_REPLY_STRING: self = .bytes(Array(buffer))
        case REDIS_REPLY_STATUS: self = .status(String(decoding: buffer, as: UTF8.self))
        case REDIS_REPLY_ERROR: self = .error(String(decoding: buffer, as: UTF8.self))
        case REDIS_REPLY_INTEGER: self = .integer(raw.integer)
        case REDIS_REPLY_ARRAY:
            let elements = UnsafeBufferPointer(start: raw.element, count: Int(raw.elements))
            self = .array(elements.map { $0.map { RedisReply(copying: $0) } ?? .null })
        default: self = .null
        }
    }
}

/// One word of a command; any bytes.
public enum RedisArgument: Sendable, Hashable {
    case text(String)
    case bytes([UInt8])
    case integer(Int64)
}

extension RedisArgument: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral {
    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
}

/// A command's words in one block, as hiredis takes them.
struct ArgumentVector {
    private var block: [CChar] = []
    private var lengths: [Int] = []

    init(_ arguments: [RedisArgument]) {
        lengths.reserveCapacity(arguments.count)
        for argument in arguments {
            let start = block.count
            switch argument {
            case .text(let text): append(text.utf8)
            case .bytes(let bytes): append(bytes)
            case .integer(let value): append(String(value).utf8)
            }
            lengths.append(block.count - start)
        }
    }

    private mutating func append(_ bytes: some Sequence<UInt8>) {
        block.append(contentsOf: bytes.lazy.map { CChar(bitPattern: $0) })
    }

    /// Lends count, words and their lengths.
    func lend<Result>(
        _ body: (Int32, UnsafeMutablePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int>?) -> Result
    ) -> Result {
        block.withUnsafeBufferPointer { block in
            var words: [UnsafePointer<CChar>?] = []
            var offset = 0
            for length in lengths {
                words.append(block.baseAddress.map { $0 + offset })
                offset += length
            }
            return words.withUnsafeMutableBufferPointer { words in
                lengths.withUnsafeBufferPointer {
                    body(Int32(words.count), words.baseAddress, $0.baseAddress)
                }
            }
        }
    }
}
