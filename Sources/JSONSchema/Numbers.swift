import JSON

extension JSONValue {
    /// The value with every number without a fraction as an integer, so that `==` is that of JSON Schema.
    var normalized: JSONValue {
        switch self {
        case .real(let real): Int64(exactly: real).map(JSONValue.integer) ?? self
        case .array(let elements): .array(elements.map(\.normalized))
        case .object(let object): .object(JSONObject(object.lazy.map { ($0.key, $0.value.normalized) }))
        default: self
        }
    }

    /// How many values the value consists of, itself included.
    var partCount: Int {
        switch self {
        case .array(let elements): elements.reduce(1) { $0 + $1.partCount }
        case .object(let object): object.values.reduce(1) { $0 + $1.partCount }
        default: 1
        }
    }

    /// The value in a message: short, and on one line.
    var excerpt: String {
        let text = serialized()
        return text.unicodeScalars.count <= 60 ? text : String(text.unicodeScalars.prefix(57)) + "..."
    }
}

/// Whether one number is less than another, both exactly as they are: `2^53 + 1` is more than `2.0^53`.
func isLess(_ left: JSONValue, than right: JSONValue) -> Bool {
    switch (left, right) {
    case (.integer(let left), .integer(let right)): left < right
    case (.integer(let left), .real(let right)): compare(left, right) < 0
    case (.real(let left), .integer(let right)): compare(right, left) > 0
    default: (left.doubleValue ?? .nan) < (right.doubleValue ?? .nan)
    }
}

/// Below, at or above zero as the integer is less than, equal to or more than the double.
private func compare(_ integer: Int64, _ real: Double) -> Int {
    guard real < 0x1p63 else { return -1 }
    guard real >= -0x1p63 else { return 1 }
    let whole = real.rounded(.towardZero)
    let other = Int64(whole)
    if integer != other { return integer < other ? -1 : 1 }
    return real == whole ? 0 : (real > whole ? -1 : 1)
}

/// A number as it is written in decimal: `0.1` is a tenth, not the nearest double.
private struct Decimal {
    /// Without trailing zeros.
    var digits: UInt128
    var exponent: Int

    init(_ value: JSONValue) {
        digits = 0
        exponent = 0
        let text = value.normalized.serialized().utf8
        let parts = text.split(separator: UInt8(ascii: "e"))
        var fraction = false
        for byte in parts[0] {
            guard byte != UInt8(ascii: ".") else {
                fraction = true
                continue
            }
            guard byte >= UInt8(ascii: "0") else { continue }
            digits = digits * 10 + UInt128(byte - UInt8(ascii: "0"))
            if fraction { exponent -= 1 }
        }
        if parts.count > 1 { exponent += Int(String(Substring(parts[1]))) ?? 0 }
        while digits != 0, digits % 10 == 0 {
            digits /= 10
            exponent += 1
        }
    }
}

/// Whether a number is a whole multiple of another, by their decimal notation: 0.3 is one of 0.1.
func isMultiple(_ value: JSONValue, of divisor: JSONValue) -> Bool {
    if case .integer(let value) = value, case .integer(let divisor) = divisor { return value % divisor == 0 }
    let value = Decimal(value)
    let divisor = Decimal(divisor)
    guard value.digits != 0 else { return true }
    // The value's digits end in no zero, so no smaller exponent than the divisor's can be made up for.
    let shift = value.exponent - divisor.exponent
    guard shift >= 0 else { return false }
    var rest = value.digits % divisor.digits
    for _ in 0..<shift where rest != 0 { rest = rest * 10 % divisor.digits }
    return rest == 0
}
