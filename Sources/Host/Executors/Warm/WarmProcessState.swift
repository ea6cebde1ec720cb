import Linux

/// A warm process as its pool sees it.
struct WarmProcessState: Sendable {
    /// `starting` → `serving` → `draining` → `stopping`; any of them may be left out.
    enum Stage: Sendable { case starting, serving, draining, stopping }

    /// A request that the process has.
    struct Flight: Sendable {
        let lane: Int
        let terms: WarmPool.Terms
        var deadline: MonotonicTime
        var heartbeatDue: MonotonicTime
        /// Set when the process was asked to stop it.
        var cancelDue: MonotonicTime?
        /// Why we ended the process for it; what it answers from then on does not count.
        var verdict: Termination?

        init(lane: Int, terms: WarmPool.Terms, at now: MonotonicTime) {
            self.lane = lane
            self.terms = terms
            deadline = now + terms.timeout
            heartbeatDue = terms.heartbeat.map { now + $0 } ?? .distantFuture
        }

        var due: MonotonicTime {
            verdict == nil ? min(deadline, heartbeatDue, cancelDue ?? .distantFuture) : .distantFuture
        }

        /// When the supervisor ends the process if we have not.
        var guardTime: MonotonicTime { deadline + terms.grace + WarmPool.guardMargin }
    }

    var stage = Stage.starting
    /// Nil once the process has served.
    var startedAt: MonotonicTime?
    var freeLanes: [Int] = []
    var flights: [WarmPool.RequestID: Flight] = [:]
    var served = 0
    var idleSince: MonotonicTime
    /// When a process that was told to shut down is killed.
    var killDue: MonotonicTime?
    var guardedUntil = MonotonicTime.distantFuture
    /// The requests for whose sake it stands still, and since when.
    var frozen: Set<WarmPool.RequestID> = []
    var frozenSince: MonotonicTime?

    init(startedAt: MonotonicTime) {
        self.startedAt = startedAt
        idleSince = startedAt
    }

    var isIdle: Bool { stage == .serving && flights.isEmpty }

    func canTake(_ rules: WarmRules) -> Bool {
        stage == .serving && frozenSince == nil && !freeLanes.isEmpty && served < rules.maxRequests
    }

    /// When the guard has to be moved, so that it does not end a process in good order.
    var guardDue: MonotonicTime {
        guardedUntil == .distantFuture ? .distantFuture : guardedUntil + .seconds(-2)
    }

    func due(_ rules: WarmRules) -> MonotonicTime {
        if frozenSince != nil { return killDue ?? .distantFuture }
        var due = flights.values.map(\.due).min() ?? .distantFuture
        if let killDue { due = min(due, killDue) }
        if stage == .starting, let startedAt { due = min(due, startedAt + rules.startTimeout) }
        if isIdle { due = min(due, idleSince + rules.idle) }
        if stage == .serving || stage == .draining { due = min(due, guardDue) }
        return due
    }
}

/// How a warm process ended.
struct ProcessEnd: Sendable {
    var termination: Termination
    var status: ProgramExit?
    /// The end of its stderr.
    var stderr: [UInt8] = []

    var wasForced: Bool {
        switch termination {
        case .timeout(let forced), .cancelled(let forced): forced
        default: false
        }
    }

    /// We, not the process, brought the end about.
    var isOurDoing: Bool {
        switch termination {
        case .timeout, .cancelled: true
        default: false
        }
    }
}
