import Linux

/// What the database's clock says now, as far as this process can tell.
///
/// Each reply of the database carries its time; between replies the host's monotonic clock counts on. So a
/// jump of the host's wall clock changes nothing.
public final class DatabaseClock: Sendable {
    /// How far the database's clock is ahead of this host's monotonic one, in microseconds.
    private struct Offsets {
        /// The host's own wall clock counts until the first reply.
        var isObserved = false
        /// The largest of this window, and of the one before.
        var current: Int64
        var former: Int64
        var windowStart: MonotonicTime

        var best: Int64 { max(current, former) }
    }

    /// Clocks drift apart slowly: what was learnt in one window still holds in the next.
    private static let window = Duration.seconds(10)
    /// A reply so far behind is of another clock, not of a slow commit.
    private static let jumpMicroseconds: Int64 = 5_000_000

    private let offsets: Locked<Offsets>

    public init() {
        let offset = Self.offset(of: .now, at: .now)
        offsets = Locked(Offsets(current: offset, former: offset, windowStart: .now))
    }

    public var now: Timestamp {
        let best = offsets.withLock { $0.best }
        return Timestamp(microseconds: MonotonicTime.now.nanoseconds / 1_000 + best)
    }

    /// Takes a reply's time into account.
    ///
    /// A reply is late by its commit and its way back, never early: of several the one that tells the latest
    /// time is right, so that a slow commit does not set the clock back.
    public func observe(_ database: Timestamp) {
        let host = MonotonicTime.now
        let offset = Self.offset(of: database, at: host)
        offsets.withLock { offsets in
            guard offsets.isObserved, offset > offsets.best - Self.jumpMicroseconds else {
                offsets = Offsets(isObserved: true, current: offset, former: offset, windowStart: host)
                return
            }
            if host - offsets.windowStart < Self.window {
                offsets.current = max(offsets.current, offset)
            } else {
                offsets.former = offsets.current
                offsets.current = offset
                offsets.windowStart = host
            }
        }
    }

    private static func offset(of database: Timestamp, at host: MonotonicTime) -> Int64 {
        database.microseconds - host.nanoseconds / 1_000
    }
}
