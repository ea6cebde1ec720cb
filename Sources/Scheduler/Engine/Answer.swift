/// What became of something that was asked of a run.
public enum Answer: Sendable {
    /// Written, durable; `ended` when the run is over with it.
    case applied(ended: Bool)
    /// It changes nothing: it has happened already, or came too late.
    case ignored(reason: String)
    /// The run is in no state for it.
    case refused(CommandRefusal)
    /// There is no such live run.
    case notLive
    /// A live run of the workflow has this business key.
    case keyTaken(by: RunID)
    /// The `Idempotency-Key` was used with the same request, which was answered so.
    case replayed(answer: String)
    /// The `Idempotency-Key` was used with another request.
    case keyReused
    /// The database cannot be reached now; nothing is known to be written.
    case unavailable(message: String)
    /// The database refuses the data.
    case failed(message: String)
}
