import Linux

/// What a run has settled that binds its attempts.
struct AttemptBounds: Sendable {
    /// When its time is over; nil without a `timeout`, and while it is paused.
    var deadline: Timestamp?
    /// Nil where no step is pinned.
    var pins: Pins?

    init(_ state: RunState) {
        deadline = state.deadline
        pins = state.pins
    }
}
