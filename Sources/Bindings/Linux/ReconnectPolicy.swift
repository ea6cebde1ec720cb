/// How long to wait before the next attempt to reach a server: doubling, capped, with jitter.
///
/// The jitter spreads over the upper half of each delay, so that many clients of one server that went away
/// do not return in step, and none returns at once ("equal jitter").
public struct ReconnectPolicy: Sendable, Hashable {
    public var first: Duration
    public var longest: Duration

    public init(first: Duration = .milliseconds(100), longest: Duration = .seconds(5)) {
        self.first = first
        self.longest = longest
    }

    /// The delay after the failed attempt number `attempt`, counted from 0.
    ///
    /// `fraction`, from 0 up to 1, says where in the jitter's range to land.
    public func delay(after attempt: Int, fraction: Double) -> Duration {
        // 2^40 × any sensible first delay is past any sensible cap, and does not overflow a Duration.
        let whole = min(longest, first * Int(1 << min(max(attempt, 0), 40)))
        return whole / 2 + whole * (min(max(fraction, 0), 1) / 2)
    }
}
