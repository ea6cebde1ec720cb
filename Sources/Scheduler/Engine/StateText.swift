import JSON

/// Why a text is no run state.
public struct StateError: Error, Sendable, Hashable, CustomStringConvertible {
    public var message: String
    public var description: String { message }
}

/// Writes the compact text of a run's state.
struct StateWriter {
    private var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(512) }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    mutating func integer(_ value: Int) {
        if value < 0 { bytes.append(45) }
        digits(value.magnitude)
        bytes.append(32)
    }

    /// Eight digits at a time, which fit one word.
    private mutating func digits(_ value: UInt) {
        guard value >= 100_000_000 else { return digits(value, atLeast: 1) }
        digits(value / 100_000_000)
        digits(value % 100_000_000, atLeast: 8)
    }

    private mutating func digits(_ value: UInt, atLeast width: Int) {
        var word: UInt64 = 0
        var rest = value
        var count = 0
        while rest > 0 || count < width {
            word = word << 8 | UInt64(48 + rest % 10)
            rest /= 10
            count += 1
        }
        for _ in 0..<count {
            bytes.append(UInt8(truncatingIfNeeded: word))
            word >>= 8
        }
    }

    @inline(__always)
    mutating func integers(_ values: Int...) {
        for value in values { integer(value) }
    }

    mutating func text(_ text: String) {
        integer(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func json(_ value: JSONValue?) {
        if let value { text(value.serialized()) } else { integer(0) }
    }

    mutating func list<Element>(_ elements: [Element], _ write: (Element, inout StateWriter) -> Void) {
        integer(elements.count)
        for element in elements { write(element, &self) }
    }

    /// Numbers of which many differ by the same from the one before: each such stretch is two numbers.
    mutating func differences(_ values: [Int]) {
        var stretches: [(difference: Int, count: Int)] = []
        var former = 0
        for value in values {
            let difference = value &- former
            former = value
            if let last = stretches.last, last.difference == difference {
                stretches[stretches.count - 1].count += 1
            } else {
                stretches.append((difference, 1))
            }
        }
        list(stretches) { $1.integers($0.difference, $0.count) }
    }

    mutating func optional<Value>(_ value: Value?, _ write: (Value, inout StateWriter) -> Void) {
        integer(value == nil ? 0 : 1)
        if let value { write(value, &self) }
    }
}

/// Reads what ``StateWriter`` wrote.
struct StateReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    private var failure: StateError { StateError(message: "the state is damaged at byte \(position)") }

    var isAtEnd: Bool { position == bytes.count }

    mutating func integer() throws(StateError) -> Int {
        var value = 0
        var isNegative = false
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case 48...57: value = value &* 10 &+ Int(byte &- 48)
            case 45 where position == start + 1: isNegative = true
            case 32 where position > start + 1: return isNegative ? -value : value
            default: throw failure
            }
        }
        throw failure
    }

    /// A number of elements: never more than there are bytes left.
    mutating func count() throws(StateError) -> Int {
        let value = try integer()
        guard value >= 0, value <= bytes.count - position else { throw failure }
        return value
    }

    mutating func integers() throws(StateError) -> [Int] {
        let count = try count()
        var values: [Int] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try integer()) }
        return values
    }

    /// What ``StateWriter/differences(_:)`` wrote; at most a million numbers.
    mutating func differences() throws(StateError) -> [Int] {
        var values: [Int] = []
        for _ in 0..<(try count()) {
            let difference = try integer()
            let count = try integer()
            guard count >= 0, values.count + count <= 1_000_000 else { throw failure }
            for _ in 0..<count { values.append((values.last ?? 0) &+ difference) }
        }
        return values
    }

    mutating func text() throws(StateError) -> String {
        let count = try count()
        defer { position += count }
        return String(decoding: bytes[position..<position + count], as: UTF8.self)
    }

    mutating func json() throws(StateError) -> JSONValue? {
        let text = try text()
        guard !text.isEmpty else { return nil }
        guard let value = try? JSONValue.parse(text) else { throw failure }
        return value
    }

    mutating func raw<Value: RawRepresentable>(_: Value.Type) throws(StateError) -> Value
    where Value.RawValue == Int {
        guard let value = Value(rawValue: try integer()) else { throw failure }
        return value
    }

    mutating func raw<Value: RawRepresentable>(_: Value.Type) throws(StateError) -> Value
    where Value.RawValue == String {
        guard let value = Value(rawValue: try text()) else { throw failure }
        return value
    }
}
