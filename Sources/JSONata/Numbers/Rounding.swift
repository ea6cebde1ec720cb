/// Rounding as the language does it.
enum Rounding {
    /// The number rounded to decimals (or, negative, to tens), ties to even.
    ///
    /// The point is shifted in the text of the number: 1.005 means what it says, not the binary fraction
    /// below.
    static func round(_ number: Double, decimals: Int = 0) -> Double {
        let shifted = shift(number, by: decimals)
        guard shifted.isFinite else { return number }
        let rounded = shift(shifted.rounded(.toNearestOrEven), by: -decimals)
        return rounded == 0 ? 0 : rounded
    }

    private static func shift(_ number: Double, by places: Int) -> Double {
        guard places != 0, number.isFinite else { return number }
        let parts = number.description.split(separator: "e")
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        return Double("\(parts[0])e\(exponent + places)") ?? number
    }
}

/// Random numbers that are the same for the same seed (SplitMix64, Steele, Lea and Flood 2014).
struct RandomNumbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, not including, 1.
    mutating func nextFraction() -> Double { Double(next() >> 11) * 0x1p-53 }
}
