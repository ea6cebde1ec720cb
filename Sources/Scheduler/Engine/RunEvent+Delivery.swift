extension RunEvent {
    /// Whether the event exists nowhere else: an attempt's end is known to its worker alone.
    var mustNotBeLost: Bool {
        if case .attemptEnded = self { true } else { false }
    }

    /// The step whose attempt is over, by this event.
    var reportedStep: Int? {
        switch self {
        case .attemptEnded(let end): end.step
        case .attemptLost(let step, _, _, _): step
        default: nil
        }
    }
}
