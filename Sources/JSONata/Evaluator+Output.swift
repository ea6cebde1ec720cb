import JSON

/// Values as JSON and as text.
extension Evaluator {
    /// The value as JSON; nil for undefined and for functions.
    func json(_ value: Value) throws(ExpressionError) -> JSONValue? {
        switch value {
        case .undefined, .function: return nil
        case .null: return .null
        case .bool(let value): return .bool(value)
        case .integer(let value): return .integer(value)
        case .number(let value):
            guard let number = NumberText.json(value) else { throw ExpressionError(.resultOutOfRange) }
            return number
        case .string(let value): return .string(value)
        case .jsonArray(let items): return .array(items)
        case .jsonObject(let object): return .object(object)
        case .array, .tuples: return .array(try jsonItems(value.itemsOrSelf))
        case .object(let record): return .object(try jsonObject(record))
        }
    }

    private func jsonItems(_ items: Items) throws(ExpressionError) -> [JSONValue] {
        try enter()
        defer { leave() }
        try tick(items.count)
        try charge(bytes: 16 * items.count)
        var array: [JSONValue] = []
        array.reserveCapacity(items.count)
        for item in items { array.append(try json(item) ?? .null) }
        return array
    }

    private func jsonObject(_ record: Record) throws(ExpressionError) -> JSONObject {
        try enter()
        defer { leave() }
        try tick(record.keys.count)
        try charge(bytes: 32 * record.keys.count)
        var object = JSONObject()
        for (key, value) in zip(record.keys, record.values) { object[key] = try json(value) }
        return object
    }

    /// The value as `$string` writes it: strings as they are, functions empty, all else as JSON.
    func text(of value: Value, pretty: Bool = false) throws(ExpressionError) -> String {
        switch value {
        case .string(let text): return text
        case .function, .undefined: return ""
        case .integer(let integer): return String(integer)
        case .bool(let bool): return bool ? "true" : "false"
        case .null: return "null"
        case .number(let number):
            guard number.isFinite else { throw ExpressionError(.infinityAsString) }
            return NumberText.rounded(number)
        default:
            var writer = TextWriter(evaluator: self, pretty: pretty)
            try writer.write(
                value.flags.contains(.wrapsInput) ? value.items?.first ?? .undefined : value,
                indent: 0
            )
            return String(decoding: writer.bytes, as: UTF8.self)
        }
    }
}

/// JSON text with numbers rounded to 15 digits, as the language writes them into strings.
private struct TextWriter {
    let evaluator: Evaluator
    let pretty: Bool
    var bytes: [UInt8] = []
    private var charged = 0

    init(evaluator: Evaluator, pretty: Bool) {
        self.evaluator = evaluator
        self.pretty = pretty
    }

    mutating func write(_ value: Value, indent: Int) throws(ExpressionError) {
        try evaluator.tick()
        try evaluator.enter()
        defer { evaluator.leave() }
        try evaluator.charge(bytes: bytes.count - charged)
        charged = bytes.count
        if let items = value.items {
            try write("[", "]", items.count, indent) { (writer, index) throws(ExpressionError) in
                try writer.write(items[index], indent: indent + 1)
            }
        } else if let members = value.members {
            let written = members.keys.indices.filter { !members.values[$0].isUndefined }
            try write("{", "}", written.count, indent) { (writer, index) throws(ExpressionError) in
                JSONValue.string(members.keys[written[index]]).append(to: &writer.bytes)
                writer.bytes.append(contentsOf: writer.pretty ? ": ".utf8 : ":".utf8)
                try writer.write(members.values[written[index]], indent: indent + 1)
            }
        } else if case .string(let text) = value {
            JSONValue.string(text).append(to: &bytes)
        } else if case .function = value {
            bytes.append(contentsOf: "\"\"".utf8)
        } else {
            let text = value.isUndefined ? "null" : try evaluator.text(of: value)
            bytes.append(contentsOf: text.utf8)
        }
    }

    private mutating func write(
        _ open: String,
        _ close: String,
        _ count: Int,
        _ indent: Int,
        _ element: (inout TextWriter, Int) throws(ExpressionError) -> Void
    ) throws(ExpressionError) {
        bytes.append(contentsOf: open.utf8)
        for index in 0..<count {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            breakLine(indent + 1)
            try element(&self, index)
        }
        if count > 0 { breakLine(indent) }
        bytes.append(contentsOf: close.utf8)
    }

    private mutating func breakLine(_ indent: Int) {
        guard pretty else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * indent))
    }
}
