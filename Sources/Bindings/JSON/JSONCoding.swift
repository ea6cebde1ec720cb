/// Why a Swift value cannot become JSON, or JSON not a Swift value.
public struct JSONCodingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where in the JSON document.
    public var pointer: JSONPointer
    public var message: String

    public init(pointer: JSONPointer, message: String) {
        self.pointer = pointer
        self.message = message
    }

    public var description: String {
        pointer.tokens.isEmpty ? message : "\(pointer): \(message)"
    }
}

/// What a single JSON value stands for, without containers: the leaves of encoding and decoding.
protocol JSONLeaf {
    /// What this type is called in an error, with its article.
    static var noun: String { get }
    init?(leaf value: JSONValue)
    /// Nil if JSON has no such value.
    var leaf: JSONValue? { get }
}

extension JSONLeaf where Self: FixedWidthInteger {
    static var noun: String { "an integer from \(Self.min) to \(Self.max)" }

    /// Reals without a fraction count as integers, as in JSON Schema; nothing is rounded.
    init?(leaf value: JSONValue) {
        switch value {
        case .integer(let integer): self.init(exactly: integer)
        case .real(let real): self.init(exactly: real)
        default: return nil
        }
    }

    var leaf: JSONValue? { Int64(exactly: self).map(JSONValue.integer) }
}

extension Int: JSONLeaf {}
extension Int8: JSONLeaf {}
extension Int16: JSONLeaf {}
extension Int32: JSONLeaf {}
extension Int64: JSONLeaf {}
extension UInt: JSONLeaf {}
extension UInt8: JSONLeaf {}
extension UInt16: JSONLeaf {}
extension UInt32: JSONLeaf {}
extension UInt64: JSONLeaf {}

extension Double: JSONLeaf {
    static var noun: String { "a number" }
    init?(leaf value: JSONValue) {
        guard let number = value.doubleValue else { return nil }
        self = number
    }
    var leaf: JSONValue? { isFinite ? .real(self) : nil }
}

extension Float: JSONLeaf {
    static var noun: String { "a number" }
    init?(leaf value: JSONValue) {
        guard let number = value.doubleValue else { return nil }
        self.init(number)
    }
    var leaf: JSONValue? { isFinite ? .real(Double(self)) : nil }
}

extension Bool: JSONLeaf {
    static var noun: String { "a boolean" }
    init?(leaf value: JSONValue) {
        guard let bool = value.boolValue else { return nil }
        self = bool
    }
    var leaf: JSONValue? { .bool(self) }
}

extension String: JSONLeaf {
    static var noun: String { "a string" }
    init?(leaf value: JSONValue) {
        guard let string = value.stringValue else { return nil }
        self = string
    }
    var leaf: JSONValue? { .string(self) }
}

extension JSONValue: JSONLeaf {
    static var noun: String { "a JSON value" }
    init?(leaf value: JSONValue) { self = value }
    var leaf: JSONValue? { self }
}

extension JSONObject: JSONLeaf {
    static var noun: String { "an object" }
    init?(leaf value: JSONValue) {
        guard let object = value.objectValue else { return nil }
        self = object
    }
    var leaf: JSONValue? { .object(self) }
}

/// A place in the making: longer by one step at each level, and turned into a pointer only for an error.
struct CodingPlace {
    var path: [any CodingKey] = []

    func appending(_ key: any CodingKey) -> CodingPlace {
        CodingPlace(path: path + [key])
    }

    func error(_ message: String) -> JSONCodingError {
        JSONCodingError(pointer: JSONPointer(path.map(\.stringValue)), message: message)
    }

    /// What a type's own coding threw, with the place where it was called.
    func wrap(_ error: any Error) -> JSONCodingError {
        switch error {
        case let error as JSONCodingError: error
        case DecodingError.dataCorrupted(let context), DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context), DecodingError.keyNotFound(_, let context):
            CodingPlace(path: context.codingPath).error(context.debugDescription)
        case EncodingError.invalidValue(_, let context):
            CodingPlace(path: context.codingPath).error(context.debugDescription)
        default: self.error("\(error)")
        }
    }
}

/// The key of an array's element, and of a value that a class leaves to its superclass.
struct PlaceKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(_ index: Int) {
        stringValue = String(index)
        intValue = index
    }

    init(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init(intValue: Int) {
        self.init(intValue)
    }

    static let superclass = PlaceKey(stringValue: "super")
}
