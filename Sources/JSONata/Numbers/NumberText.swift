import JSON

/// Numbers as text, as ECMAScript writes them.
enum NumberText {
    /// The shortest text that reads back as the number.
    static func text(_ number: Double) -> String {
        guard number.isFinite else { return number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity" }
        guard number != 0 else { return "0" }
        if number.magnitude < 9_007_199_254_740_992, number.rounded() == number {
            return String(Int64(number))
        }
        return (number < 0 ? "-" : "") + layOut(Digits(shortest: number.magnitude))
    }

    /// The number at 15 significant digits, which hides the noise of binary fractions; integers as they are.
    static func rounded(_ number: Double) -> String {
        guard number.isFinite, number.rounded() != number else { return text(number) }
        let shortest = Digits(shortest: number.magnitude)
        guard shortest.digits.count > 15 else { return text(number) }
        let rounded = Digits(exact: number.magnitude).rounded(toPlaces: 15).trimmed
        return (number < 0 ? "-" : "") + layOut(rounded)
    }

    /// The number with a fixed count of decimals, ties away from zero.
    static func fixed(_ number: Double, decimals: Int) -> String {
        let exact = Digits(exact: number.magnitude)
        let rounded = exact.rounded(toPlaces: max(exact.point + decimals, -1))
        var integer = ""
        var fraction = ""
        for place in min(rounded.point, 0)..<max(rounded.digits.count, max(rounded.point, 0) + decimals + 1) {
            let digit = rounded.digits.indices.contains(place) ? rounded.digits[place] : 0
            let text = String(digit)
            if place < rounded.point {
                integer += text
            } else if fraction.count < decimals {
                fraction += text
            }
        }
        if integer.isEmpty { integer = "0" }
        return decimals > 0 ? "\(integer).\(fraction)" : integer
    }

    /// The number as JSON: an integer when it is one and fits, so that 2 + 3 gives 5; nil when not finite.
    static func json(_ number: Double) -> JSONValue? {
        guard number.isFinite else { return nil }
        guard number.rounded() == number, number.magnitude < 9.2e18 else { return .real(number) }
        if number.magnitude < 9_007_199_254_740_992 { return .integer(Int64(number)) }
        return Int64(text(number)).map { .integer($0) } ?? .real(number)
    }

    private static func layOut(_ digits: Digits) -> String {
        let text = digits.digits.map { String($0) }.joined()
        let (count, point) = (digits.digits.count, digits.point)
        switch point {
        case count...21 where point >= count: return text + String(repeating: "0", count: point - count)
        case 1...21: return text.prefix(point) + "." + text.dropFirst(point)
        case -5...0: return "0." + String(repeating: "0", count: -point) + text
        default:
            let mantissa = count == 1 ? text : text.prefix(1) + "." + text.dropFirst()
            return "\(mantissa)e\(point > 0 ? "+" : "-")\((point - 1).magnitude)"
        }
    }
}

/// Decimal digits with the place of the point: `digits[0..<point]` stand before it.
struct Digits {
    var digits: [UInt8]
    var point: Int

    /// The shortest digits that read back as the number, which must be finite and not negative.
    init(shortest number: Double) {
        let text = number.description
        let parts = text.split(separator: "e", omittingEmptySubsequences: false)
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let fraction = mantissa.count > 1 && mantissa[1] != "0" ? mantissa[1] : ""
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        digits = (mantissa[0] + fraction).utf8.map { $0 - UInt8(ascii: "0") }
        point = mantissa[0].utf8.count + exponent
        let zeros = digits.prefix { $0 == 0 }.count
        digits.removeFirst(zeros)
        point -= zeros
        self = trimmed
    }

    /// All digits of the number, which must be finite and not negative.
    init(exact number: Double) {
        guard number > 0 else {
            (digits, point) = ([], 0)
            return
        }
        let exponent = Int(number.exponent) - 52
        var significand = LargeNumber(UInt64(number.significandBitPattern))
        let isSubnormal = number.exponentBitPattern == 0
        if !isSubnormal { significand = LargeNumber(number.significandBitPattern | 1 << 52) }
        let shift = isSubnormal ? -1074 : exponent
        // m·2^e with e < 0 is m·5^-e divided by 10^-e.
        for _ in 0..<shift.magnitude { significand.multiply(by: shift < 0 ? 5 : 2) }
        digits = significand.digits
        point = digits.count + min(shift, 0)
        self = trimmed
    }

    private init(digits: [UInt8], point: Int) {
        self.digits = digits
        self.point = point
    }

    var trimmed: Digits {
        var digits = digits
        while digits.last == 0 { digits.removeLast() }
        return Digits(digits: digits, point: digits.isEmpty ? 0 : point)
    }

    /// The first `places` digits, the last of them rounded half up.
    func rounded(toPlaces places: Int) -> Digits {
        guard places < digits.count else { return self }
        guard places >= 0 else { return Digits(digits: [], point: 0) }
        var kept = Array(digits.prefix(places))
        guard digits[places] >= 5 else { return Digits(digits: kept, point: point) }
        var index = places - 1
        while index >= 0 {
            if kept[index] < 9 {
                kept[index] += 1
                return Digits(digits: kept, point: point)
            }
            kept[index] = 0
            index -= 1
        }
        return Digits(digits: [1] + kept, point: point + 1)
    }
}

/// A natural number of any size, just enough of one to write out a double exactly.
private struct LargeNumber {
    /// Nine decimal digits each, the lowest first.
    private var limbs: [UInt32]

    init(_ value: UInt64) {
        limbs = []
        var rest = value
        while rest > 0 {
            limbs.append(UInt32(rest % 1_000_000_000))
            rest /= 1_000_000_000
        }
    }

    mutating func multiply(by factor: UInt64) {
        var carry: UInt64 = 0
        for index in limbs.indices {
            let product = UInt64(limbs[index]) * factor + carry
            limbs[index] = UInt32(product % 1_000_000_000)
            carry = product / 1_000_000_000
        }
        if carry > 0 { limbs.append(UInt32(carry)) }
    }

    var digits: [UInt8] {
        var digits: [UInt8] = []
        for limb in limbs {
            var rest = limb
            for _ in 0..<9 {
                digits.append(UInt8(rest % 10))
                rest /= 10
            }
        }
        while digits.last == 0 { digits.removeLast() }
        return digits.reversed()
    }
}
