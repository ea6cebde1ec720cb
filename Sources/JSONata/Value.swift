import JSON

/// A value during evaluation.
///
/// What came from outside stays as it came (`jsonArray`, `jsonObject`) until something is taken out of it, so
/// that a large input costs only what is looked at.
enum Value {
    case undefined
    case null
    case bool(Bool)
    /// A number that no arithmetic has touched yet, exact in all its digits.
    case integer(Int64)
    case number(Double)
    case string(String)
    case array(List)
    case object(Record)
    case function(Function)
    case jsonArray([JSONValue])
    case jsonObject(JSONObject)
    /// The items of a path with what its steps have bound on the way.
    case tuples([Tuple])
}

extension Value {
    init(_ json: JSONValue) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .integer(value)
        case .real(let value): self = .number(value)
        case .string(let value): self = .string(value)
        case .array(let items): self = .jsonArray(items)
        case .object(let object): self = .jsonObject(object)
        }
    }

    init(_ json: JSONValue?) {
        self = if let json { Value(json) } else { .undefined }
    }

    init(_ constant: Constant) {
        switch constant {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .integer(value)
        case .number(let value): self = .number(value)
        case .string(let value): self = .string(value)
        }
    }

    init(count: Int) { self = .integer(Int64(count)) }

    var isUndefined: Bool {
        if case .undefined = self { true } else { false }
    }

    /// The number as the language calculates with it.
    var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    var function: Function? {
        if case .function(let value) = self { value } else { nil }
    }

    /// The items of an array; nil for any value that is no array.
    var items: Items? {
        switch self {
        case .array(let list): list.items
        case .jsonArray(let items): Items(items)
        case .tuples(let tuples): Items(tuples.map(\.value))
        default: nil
        }
    }

    var isArray: Bool {
        switch self {
        case .array, .jsonArray, .tuples: true
        default: false
        }
    }

    var isObject: Bool {
        switch self {
        case .object, .jsonObject: true
        default: false
        }
    }

    /// The items of an array, or the value as the only item.
    var itemsOrSelf: Items { items ?? Items(single: self) }

    var flags: List.Flags {
        if case .array(let list) = self { list.flags } else { [] }
    }

    /// The array of an array constructor, which a path does not flatten.
    var isConstructed: Bool { flags.contains(.constructed) }

    var isSequence: Bool { flags.contains(.sequence) }

    /// The keys and values of an object; nil for any value that is none.
    var members: (keys: [String], values: [Value])? {
        switch self {
        case .object(let record): (record.keys, record.values)
        case .jsonObject(let object): (object.keys, object.values.map { Value($0) })
        default: nil
        }
    }

    /// The member of an object; undefined for a missing key and for any value that is no object.
    func member(_ key: String) -> Value {
        switch self {
        case .jsonObject(let object): Value(object[key])
        case .object(let record): record[key]
        default: .undefined
        }
    }

    /// How many containers are within one another, of those that the evaluation has built.
    var depth: Int {
        switch self {
        case .array(let list): list.depth
        case .object(let record): record.depth
        case .function(let function): function.depth
        default: 0
        }
    }

    /// Whether the value is, or holds, a function that has closed over variables.
    var mayHoldFrame: Bool {
        switch self {
        case .function(let function): function.mayHoldFrame
        case .array(let list): list.mayHoldFrame
        case .object(let record): record.mayHoldFrame
        case .tuples: true
        default: false
        }
    }

    static func array(_ items: [Value]) -> Value { .array(List(items)) }

    /// A sequence, which collapses when the expression that made it ends: none to undefined, one to itself.
    static func sequence(_ items: [Value]) -> Value { .array(List(items, flags: .sequence)) }
}

extension Value {
    var type: ValueType {
        switch self {
        case .undefined: .missing
        case .null: .null
        case .bool: .boolean
        case .integer, .number: .number
        case .string: .string
        case .array, .jsonArray, .tuples: .array
        case .object, .jsonObject: .object
        case .function: .function
        }
    }

    func allItems(are type: ValueType) -> Bool {
        guard let items else { return false }
        return items.allSatisfy { $0.type == type }
    }

    /// The value as JSON for an error, when it is small enough to show.
    var errorValue: JSONValue? {
        switch self {
        case .null: .null
        case .bool(let value): .bool(value)
        case .integer(let value): .integer(value)
        case .number(let value): NumberText.json(value)
        case .string(let value): .string(String(value.prefix(200)))
        default: nil
        }
    }

    /// The value in words for an error.
    var displayText: String {
        switch self {
        case .string(let value): String(value.prefix(200))
        case .array, .jsonArray, .tuples: "array"
        case .object, .jsonObject: "object"
        case .function: "function"
        case .undefined: "undefined"
        default: errorValue?.serialized() ?? "?"
        }
    }
}
