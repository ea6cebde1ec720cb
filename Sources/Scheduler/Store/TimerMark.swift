import Linux

/// From where the search for due timers starts, so that it does not walk over those that fired before.
///
/// A timer is never written as due before the moment of its writing, so what lies a second before all that
/// was found last time is gone; what was committed later than that is found by the full search every ten
/// seconds.
struct TimerMark {
    private static let slack = Duration.seconds(1)
    private static let fullSearchInterval = Duration.seconds(10)

    private var mark: Timestamp?
    private var nextFullSearch = MonotonicTime.now

    /// The bound for a search now; nil for a full one.
    mutating func bound(at now: MonotonicTime = .now) -> Timestamp? {
        guard now >= nextFullSearch else { return mark }
        nextFullSearch = now + Self.fullSearchInterval
        return nil
    }

    /// Moves the bound to the first timer that was found due, or to the time of the search.
    mutating func searched(first: Timestamp?, at time: Timestamp) {
        mark = (first ?? time) - Self.slack
    }
}
