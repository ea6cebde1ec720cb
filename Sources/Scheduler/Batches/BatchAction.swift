/// What a batch does to each of its runs.
public enum BatchAction: String, Sendable, CaseIterable {
    case pause, resume, cancel, retry, terminate

    /// The runs that it can be done to, where a filter says nothing of statuses.
    public var statuses: Set<RunStatus> {
        switch self {
        case .pause: [.scheduled, .queued, .running, .waiting, .compensating]
        case .resume: [.paused]
        case .cancel: [.scheduled, .queued, .running, .waiting, .paused]
        case .retry: [.failed, .cancelled]
        case .terminate: Set(RunStatus.allCases.filter { !$0.isTerminal })
        }
    }

    /// What happens to a live run; nil for what is done to a run that has ended.
    func event(_ actor: Actor) -> RunEvent? {
        switch self {
        case .pause: .pause(actor)
        case .resume: .resume(actor)
        case .cancel: .cancel(actor)
        case .terminate: .terminate(actor)
        case .retry: nil
        }
    }
}
