import Linux

/// What the database's clock says now, as far as this process can tell.
///
/// Each reply of the database carries its time; between replies the host's monotonic clock counts on. So a
/// jump of the host's wall clock changes nothing.
public final class DatabaseClock: Sendable {
    private struct Anchor {
        var database: Timestamp
        var host: MonotonicTime
        /// False for the host's own clock, which counts until the first reply.
        var isObserved: Bool

        func database(at host: MonotonicTime) -> Timestamp { database + (host - self.host) }
    }

    /// After so long a reply that tells an earlier time is believed: clocks drift apart, and databases move.
    private static let trust = Duration.seconds(10)
    /// A reply so far behind is of another clock, not of a slow commit.
    private static let jump = Duration.seconds(5)

    private let anchor = Locked(Anchor(database: .now, host: .now, isObserved: false))

    public init() {}

    public var now: Timestamp {
        let host = MonotonicTime.now
        return anchor.withLock { $0.database(at: host) }
    }

    /// Takes over the time of a reply, unless an earlier reply tells more.
    ///
    /// A reply is late by its commit and its way back, never early: of several the latest estimate is the best.
    public func observe(_ database: Timestamp) {
        let host = MonotonicTime.now
        anchor.withLock { anchor in
            let estimate = anchor.database(at: host)
            let isSlow = database < estimate && estimate < database + Self.jump
            if anchor.isObserved && isSlow && host - anchor.host < Self.trust { return }
            anchor = Anchor(database: database, host: host, isObserved: true)
        }
    }
}
