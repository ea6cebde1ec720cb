/// A 128-bit identifier as Postgres stores a `uuid`, ordered as Postgres orders it (by its bytes).
public struct UUID: Sendable, Hashable, Comparable {
    /// Bytes 0 to 7, big-endian.
    public var high: UInt64
    /// Bytes 8 to 15, big-endian.
    public var low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public static func < (left: UUID, right: UUID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension UUID: LosslessStringConvertible {
    /// Reads the form of RFC 9562 section 4, `8-4-4-4-12` hexadecimal digits of either case.
    ///
    /// Nil for any other.
    public init?(_ text: String) {
        var words: (UInt64, UInt64) = (0, 0)
        var digits = 0
        var index = 0
        for byte in text.utf8 {
            defer { index += 1 }
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard digits < 32, let nibble = Character(UnicodeScalar(byte)).hexDigitValue else { return nil }
            if digits < 16 {
                words.0 = words.0 << 4 | UInt64(nibble)
            } else {
                words.1 = words.1 << 4 | UInt64(nibble)
            }
            digits += 1
        }
        guard index == 36, digits == 32 else { return nil }
        self.init(high: words.0, low: words.1)
    }

    /// The canonical form, in lower case.
    public var description: String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            var at = 0
            for digit in 0..<32 {
                if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
                    buffer[at] = UInt8(ascii: "-")
                    at += 1
                }
                let word = digit < 16 ? high : low
                let nibble = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (digit % 16))) & 15
                buffer[at] = nibble < 10 ? nibble + UInt8(ascii: "0") : nibble - 10 + UInt8(ascii: "a")
                at += 1
            }
            return at
        }
    }
}
