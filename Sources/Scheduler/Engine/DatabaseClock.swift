import Linux

/// What the database's clock says now, as far as this process can tell.
///
/// Each reply of the database carries its time; between replies the host's monotonic clock counts on. So a
/// jump of the host's wall clock changes nothing.
public final class DatabaseClock: Sendable {
    private struct Anchor {
        var database: Timestamp
        var host: MonotonicTime
    }
    private let anchor = Locked(Anchor(database: .now, host: .now))

    public init() {}

    public var now: Timestamp {
        let host = MonotonicTime.now
        return anchor.withLock { $0.database + (host - $0.host) }
    }

    /// Takes over the time of a reply; the reply's way back is the error, well under a millisecond.
    public func observe(_ database: Timestamp) {
        let host = MonotonicTime.now
        anchor.withLock { $0 = Anchor(database: database, host: host) }
    }
}
