import Linux

/// How a worker runs a task by itself that was lost with its worker, and may have killed it (decision 22).
///
/// One that runs nothing takes it at once. If none is idle, the one with the least to do claims nothing more,
/// until it is idle or has waited long enough, and then takes it. While the task runs nothing else begins.
struct Solitude: Sendable {
    /// A task that takes longer than this is no reason to stand still: the other then begins beside it.
    static let patience = Duration.seconds(30)

    private enum Stage: Sendable {
        case none
        case making(since: MonotonicTime)
        case running(token: Int64)
    }

    private var stage = Stage.none

    /// Room is to be made.
    mutating func begin() {
        if case .none = stage { stage = .making(since: .now) }
    }

    /// Whether the task that was let alone has ended, or never began.
    mutating func ends(running: some Collection<Int64>, reserved: Int) -> Bool {
        guard case .running(let token) = stage, reserved == 0, !running.contains(token) else { return false }
        stage = .none
        return true
    }

    /// Whether a worker with so many tasks may claim.
    func permitsClaims(busy: Int) -> Bool {
        switch stage {
        case .none: true
        case .making(let since): busy == 0 || .now >= since + Self.patience
        case .running: false
        }
    }

    /// What a claim asks for.
    func wish(isIdle: Bool) -> ClaimRequest.Alone {
        if case .making = stage { return .only }
        return isIdle ? .otherwise : .never
    }

    /// Takes note of what a claim gave that could have been such a task.
    mutating func settle(_ claimed: [ClaimedTask]) {
        if let task = claimed.first(where: \.spec.mustRunAlone) {
            stage = .running(token: task.token)
        } else if case .making = stage {
            stage = .none
        }
    }
}
