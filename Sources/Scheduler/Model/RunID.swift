/// The identity of a run: a UUIDv7 (RFC 9562), whose first 48 bits are the milliseconds since 1970.
///
/// Outside it is written as a TypeID: `run_` and 26 letters of Crockford's base32, in the order of time.
public struct RunID: Sendable, Hashable, Comparable {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new identity for a time by the database's clock.
    public init(milliseconds: Int64, random: (UInt64, UInt64)) {
        high = UInt64(milliseconds) << 16 | 0x7000 | random.0 & 0x0FFF
        low = 0x8000_0000_0000_0000 | random.1 & 0x3FFF_FFFF_FFFF_FFFF
    }

    /// Sixteen bytes in network order, as Postgres sends a `uuid`.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    public var bytes: [UInt8] {
        [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) } }
    }

    /// When the run was created, in milliseconds since 1970.
    public var milliseconds: Int64 { Int64(high >> 16) }

    public static func < (left: RunID, right: RunID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension RunID: CustomStringConvertible {
    private static let prefix = "run_"

    public var description: String { TypeID.text(Self.prefix, high: high, low: low) }

    /// Reads `run_…`; nil for anything that is no run's identity.
    public init?(_ text: String) {
        guard let words = TypeID.words(text, prefix: Self.prefix) else { return nil }
        self.init(high: words.high, low: words.low)
    }
}
