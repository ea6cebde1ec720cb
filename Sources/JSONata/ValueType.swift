/// The types of the language, as sets: what a parameter takes is one.
struct ValueType: OptionSet, Sendable, Hashable {
    let rawValue: UInt8

    static let missing = ValueType(rawValue: 1)
    static let null = ValueType(rawValue: 2)
    static let boolean = ValueType(rawValue: 4)
    static let number = ValueType(rawValue: 8)
    static let string = ValueType(rawValue: 16)
    static let array = ValueType(rawValue: 32)
    static let object = ValueType(rawValue: 64)
    static let function = ValueType(rawValue: 128)

    static let all = ValueType(rawValue: .max)

    /// The type that a letter of a signature stands for.
    init?(letter: Character) {
        switch letter {
        case "l": self = .null
        case "b": self = .boolean
        case "n": self = .number
        case "s": self = .string
        case "a": self = .array
        case "o": self = .object
        case "f": self = .function
        default: return nil
        }
    }

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// What `$type` calls it; nil for what is missing.
    var name: String? {
        switch self {
        case .null: "null"
        case .boolean: "boolean"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        case .function: "function"
        default: nil
        }
    }
}
