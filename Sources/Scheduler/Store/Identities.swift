import Linux
import Postgres

extension RunID {
    var uuid: UUID { UUID(high: high, low: low) }

    init(_ uuid: UUID) { self.init(high: uuid.high, low: uuid.low) }

    /// The lowest identity of that millisecond, a bound for ranges.
    static func lowest(milliseconds: Int64) -> RunID { RunID(high: UInt64(milliseconds) << 16, low: 0) }

    /// The time in the identity.
    public var createdAt: Timestamp { Timestamp(microseconds: milliseconds * 1_000) }
}

extension WorkerID {
    var uuid: UUID { UUID(high: high, low: low) }

    init(_ uuid: UUID) { self.init(high: uuid.high, low: uuid.low) }
}
