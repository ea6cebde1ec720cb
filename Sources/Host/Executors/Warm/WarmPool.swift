import Linux

/// The processes of one key, and the requests that wait for one: what follows from each event.
///
/// It only decides; ``WarmProcesses`` performs.
struct WarmPool: Sendable {
    typealias ProcessID = Int
    typealias RequestID = Int

    /// A request that has no process yet.
    struct Waiting: Sendable {
        let id: RequestID
        let terms: Terms
        let since: MonotonicTime
    }

    /// What a request asks of time.
    struct Terms: Sendable {
        var timeout: Duration
        var grace: Duration
        var heartbeat: Duration?
    }

    /// How a request is over.
    enum End: Sendable {
        /// The process has said its last word on it; `wasCancelled` if it had been asked to stop.
        case answered(wasCancelled: Bool)
        /// We ended the process for it.
        case stopped(Termination)
        /// The process ended by itself in the middle of it.
        case crashed(ProcessEnd)
        /// No process came up to run it.
        case notStarted(ProcessEnd, within: Duration?)
        /// The process was ended for another request; this one is to run again.
        case handedBack
        /// Cancelled before it was given to a process.
        case unwanted
    }

    enum Effect: Sendable {
        case start(ProcessID)
        case send(ProcessID, RequestID, lane: Int)
        case tellCancel(ProcessID, RequestID)
        /// SIGTERM, and SIGKILL to the tree after the grace.
        case terminate(ProcessID, grace: Duration)
        case kill(ProcessID)
        case freeze(ProcessID)
        case thaw(ProcessID)
        /// `shutdown`, then the end of its stdin.
        case shutdown(ProcessID)
        /// When the process's supervisor, which does not sleep when we do, ends it.
        case guarded(ProcessID, until: MonotonicTime)
        case finish(RequestID, ProcessID?, End)
    }

    let rules: WarmRules
    /// Processes started at once.
    let startsAtOnce: Int
    var processes: [ProcessID: WarmProcessState] = [:]
    var waiting: [Waiting] = []
    /// Requests that are frozen and have no process.
    var held: [Waiting] = []
    private var nextStart: MonotonicTime
    /// The next time at which ``tick(at:)`` may have something to do, of what has changed.
    private var reminder = MonotonicTime.distantFuture
    var effects: [Effect] = []
    private var takeID: @Sendable () -> ProcessID

    /// How long a request waits for a process that is busy, before one more is started.
    private static let patience = Duration.milliseconds(10)
    /// After a start that failed while other processes serve.
    private static let pauseAfterFailure = Duration.seconds(1)
    /// From `shutdown` until SIGKILL.
    static let shutdownGrace = Duration.seconds(5)
    /// From the latest end of a request until the supervisor acts in our place.
    static let guardMargin = Duration.seconds(3)

    init(rules: WarmRules, startsAtOnce: Int, takeID: @escaping @Sendable () -> ProcessID) {
        self.rules = rules
        self.startsAtOnce = startsAtOnce
        self.takeID = takeID
        nextStart = MonotonicTime(nanoseconds: 0)
    }

    /// What there is to do after some events, and when to ``tick(at:)`` for their sake at the latest.
    mutating func takeEffects() -> (effects: [Effect], tick: MonotonicTime) {
        defer {
            effects = []
            reminder = .distantFuture
        }
        return (effects, reminder)
    }

    mutating func remind(at time: MonotonicTime) { reminder = min(reminder, time) }

    var isEmpty: Bool { processes.isEmpty && waiting.isEmpty && held.isEmpty }
}

// MARK: - Requests

extension WarmPool {
    mutating func submit(_ id: RequestID, _ terms: Terms, at now: MonotonicTime) {
        waiting.append(Waiting(id: id, terms: terms, since: now))
        serve(at: now)
    }

    /// The process has said its last word on a request; nil if that comes too late to count.
    ///
    /// Its lane is free only when it is ``vacated(_:of:at:)``.
    mutating func answered(_ id: RequestID, by process: ProcessID, at now: MonotonicTime) -> End? {
        guard let flight = processes[process]?.flights[id], flight.verdict == nil else { return nil }
        if now >= flight.deadline {
            stop(id, of: process, .timeout(forced: false), at: now)
            return nil
        }
        processes[process]?.flights[id] = nil
        release(id, of: process, at: now)
        processes[process]?.idleSince = now
        remind(at: now + rules.idle)
        return .answered(wasCancelled: flight.cancelDue != nil)
    }

    /// The folders of a request are empty again, and its lane is free.
    mutating func vacated(_ lane: Int, of process: ProcessID, at now: MonotonicTime) {
        processes[process]?.freeLanes.append(lane)
        retireIfSpent(process, at: now)
        serve(at: now)
    }

    mutating func cancel(_ id: RequestID, at now: MonotonicTime) {
        if dropWaiting(id) { return }
        guard let process = process(of: id), let flight = processes[process]?.flights[id] else { return }
        guard flight.verdict == nil, flight.cancelDue == nil else { return }
        if processes[process]?.frozenSince != nil { return kill(id, at: now) }
        let due = now + flight.terms.grace
        processes[process]?.flights[id]?.cancelDue = due
        remind(at: due)
        effects.append(.tellCancel(process, id))
    }

    mutating func kill(_ id: RequestID, at now: MonotonicTime) {
        if dropWaiting(id) { return }
        guard let process = process(of: id) else { return }
        stop(id, of: process, .cancelled(forced: true), grace: .zero, at: now)
    }

    mutating func heartbeat(_ id: RequestID, at now: MonotonicTime) {
        guard let process = process(of: id), let timeout = processes[process]?.flights[id]?.terms.heartbeat
        else { return }
        processes[process]?.flights[id]?.heartbeatDue = now + timeout
    }

    mutating func extend(_ id: RequestID, to deadline: MonotonicTime) {
        guard let process = process(of: id) else { return }
        processes[process]?.flights[id]?.deadline = deadline
        remind(at: deadline)
    }

    func process(of request: RequestID) -> ProcessID? {
        processes.first { $0.value.flights[request] != nil }?.key
    }

    private mutating func dropWaiting(_ id: RequestID) -> Bool {
        guard takeWaiting(id) != nil || takeHeld(id) != nil else { return false }
        effects.append(.finish(id, nil, .unwanted))
        return true
    }

    /// Ends the process of a request, and remembers why.
    private mutating func stop(
        _ id: RequestID,
        of process: ProcessID,
        _ verdict: Termination,
        grace: Duration? = nil,
        at now: MonotonicTime
    ) {
        guard var state = processes[process], let flight = state.flights[id], flight.verdict == nil else {
            return
        }
        state.flights[id]?.verdict = verdict
        let grace = grace ?? flight.terms.grace
        if grace == .zero {
            effects.append(.kill(process))
        } else if state.stage != .stopping {
            effects.append(.terminate(process, grace: grace))
        }
        state.stage = .stopping
        processes[process] = state
        serve(at: now)
    }
}

// MARK: - Processes

extension WarmPool {
    /// The process has answered `hello`.
    mutating func ready(_ process: ProcessID, concurrency: Int, at now: MonotonicTime) {
        guard processes[process]?.stage == .starting else { return }
        processes[process]?.stage = .serving
        processes[process]?.startedAt = nil
        processes[process]?.freeLanes = Array((0..<max(1, min(concurrency, rules.concurrency))).reversed())
        processes[process]?.idleSince = now
        remind(at: now + rules.idle)
        guardProcess(process, until: .distantFuture)
        serve(at: now)
    }

    /// The process is unfit: no more requests, and it ends when it has answered those it has.
    mutating func outgrew(_ process: ProcessID, at now: MonotonicTime) {
        guard processes[process]?.stage == .serving else { return }
        processes[process]?.stage = .draining
        retireIfSpent(process, at: now)
        serve(at: now)
    }

    /// Ends an idle process.
    mutating func retire(_ process: ProcessID, at now: MonotonicTime) {
        processes[process]?.stage = .stopping
        processes[process]?.killDue = now + Self.shutdownGrace
        remind(at: now + Self.shutdownGrace)
        effects.append(.shutdown(process))
    }

    /// Nothing is left of the process.
    mutating func ended(_ process: ProcessID, _ end: ProcessEnd, at now: MonotonicTime) {
        guard let state = processes.removeValue(forKey: process) else { return }
        let wasStopped = state.flights.values.contains { $0.verdict != nil }
        for (id, flight) in state.flights.sorted(by: { $0.key < $1.key }) {
            effects.append(.finish(id, process, Self.end(of: flight, wasStopped, end, at: now)))
        }
        if let startedAt = state.startedAt { failedToStart(process, startedAt, end, at: now) }
        serve(at: now)
    }

    private static func end(
        of flight: WarmProcessState.Flight,
        _ wasStopped: Bool,
        _ end: ProcessEnd,
        at now: MonotonicTime
    ) -> End {
        switch flight.verdict {
        case .timeout: return .stopped(.timeout(forced: end.wasForced))
        case let verdict?: return .stopped(verdict)
        case nil where now >= flight.deadline: return .stopped(.timeout(forced: end.wasForced))
        case nil: return wasStopped || end.isOurDoing ? .handedBack : .crashed(end)
        }
    }

    /// Those whom the process would have served fail with it, unless others can serve them.
    private mutating func failedToStart(
        _ process: ProcessID,
        _ startedAt: MonotonicTime,
        _ end: ProcessEnd,
        at now: MonotonicTime
    ) {
        if processes.values.contains(where: { $0.stage == .serving }) {
            nextStart = now + Self.pauseAfterFailure
            return
        }
        let isLate = now >= startedAt + rules.startTimeout
        for request in waiting.prefix(rules.concurrency) {
            let within = isLate ? rules.startTimeout : nil
            effects.append(.finish(request.id, process, .notStarted(end, within: within)))
        }
        waiting.removeFirst(min(waiting.count, rules.concurrency))
    }

    private mutating func retireIfSpent(_ process: ProcessID, at now: MonotonicTime) {
        guard let state = processes[process], state.flights.isEmpty else { return }
        let isSpent = state.stage == .serving && state.served >= rules.maxRequests
        if isSpent || state.stage == .draining { retire(process, at: now) }
    }

    /// Gives waiting requests to processes with a free lane, and starts processes for the rest.
    mutating func serve(at now: MonotonicTime) {
        var given = 0
        while given < waiting.count, let process = freest {
            send(waiting[given], to: process, at: now)
            given += 1
        }
        waiting.removeFirst(given)
        grow(at: now)
    }

    /// The process that was used last among those with a free lane, so that the others grow old.
    private var freest: ProcessID? {
        processes.filter { $0.value.canTake(rules) }
            .max { ($0.value.idleSince, $0.key) < ($1.value.idleSince, $1.key) }?.key
    }

    private mutating func send(_ request: Waiting, to process: ProcessID, at now: MonotonicTime) {
        guard var state = processes[process], let lane = state.freeLanes.popLast() else { return }
        let flight = WarmProcessState.Flight(lane: lane, terms: request.terms, at: now)
        state.flights[request.id] = flight
        state.served += 1
        processes[process] = state
        effects.append(.send(process, request.id, lane: lane))
        remind(at: flight.due)
        if state.guardedUntil > flight.guardTime { guardProcess(process, until: flight.guardTime) }
    }

    private mutating func guardProcess(_ process: ProcessID, until time: MonotonicTime) {
        processes[process]?.guardedUntil = time
        if let due = processes[process]?.guardDue { remind(at: due) }
        effects.append(.guarded(process, until: time))
    }

    /// One process at once if there is none, one more each time that somebody has waited long.
    private mutating func grow(at now: MonotonicTime) {
        guard let time = nextGrowth else { return }
        guard now >= time else { return remind(at: time) }
        let id = takeID()
        processes[id] = WarmProcessState(startedAt: now)
        effects.append(.start(id))
        remind(at: now + rules.startTimeout)
        nextStart = now + Self.patience
        if let next = nextGrowth { remind(at: next) }
    }

    /// When one more process is wanted; nil if none is.
    private var nextGrowth: MonotonicTime? {
        guard let first = waiting.first else { return nil }
        let starting = processes.values.count { $0.stage == .starting }
        guard starting < startsAtOnce, starting * rules.concurrency < waiting.count else { return nil }
        let serving = processes.values.count { $0.stage == .serving }
        if starting + serving == 0 { return MonotonicTime(nanoseconds: 0) }
        return max(first.since + Self.patience, nextStart)
    }
}

// MARK: - Time

extension WarmPool {
    /// Does what is due: ends requests, processes that are idle or late, and starts others.
    ///
    /// It may be called too early, and sets the next reminder itself.
    mutating func tick(at now: MonotonicTime) {
        for (process, state) in processes where state.due(rules) <= now { act(on: process, state, at: now) }
        serve(at: now)
        for state in processes.values { remind(at: state.due(rules)) }
    }

    private mutating func act(on process: ProcessID, _ state: WarmProcessState, at now: MonotonicTime) {
        for (id, flight) in state.flights where flight.due <= now && flight.verdict == nil {
            if now >= flight.deadline {
                stop(id, of: process, .timeout(forced: false), at: now)
            } else if let due = flight.cancelDue, now >= due {
                stop(id, of: process, .cancelled(forced: true), grace: .zero, at: now)
            } else {
                stop(id, of: process, .heartbeatTimeout, at: now)
            }
        }
        if let due = state.killDue, now >= due {
            processes[process]?.killDue = nil
            effects.append(.kill(process))
        } else if let startedAt = state.startedAt, state.stage == .starting,
            now >= startedAt + rules.startTimeout
        {
            processes[process]?.stage = .stopping
            effects.append(.kill(process))
        } else if state.isIdle, now >= state.idleSince + rules.idle {
            retire(process, at: now)
        }
        guard let state = processes[process], state.stage == .serving || state.stage == .draining,
            state.guardDue <= now
        else { return }
        guardProcess(process, until: state.flights.values.map(\.guardTime).min() ?? .distantFuture)
    }
}
