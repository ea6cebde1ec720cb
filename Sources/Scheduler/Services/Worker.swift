import Linux

/// The part of a process that runs steps: so many slots, and what is in them.
///
/// A worker is one incarnation; after a lost lease it begins again under a new identity.
public final class Worker: Sendable {
    struct Running: Sendable {
        var task: ClaimedTask
        var attempt: (any RunningAttempt)?
        /// Set once the engine has asked for its end, so that it asks once.
        var isCancelled = false
        /// Its processes stand still.
        var isFrozen = false
    }

    fileprivate struct State: Sendable {
        var id: WorkerID { didSet { name = id.description } }
        /// The identity as text, which every attempt records.
        private(set) var name: String
        var running: [Int64: Running] = [:]
        var reserved = 0
        /// Queued work may be there: a hint came, or the last claim was filled.
        var expectsWork = true
        /// Rises with each hint, so that a claim under way does not forget a later one.
        var hints = 0
        /// It holds a lease and claims.
        var isClaiming = false
        var generation = 0
        /// Draining is past its grace: what is stopped now goes back to the queue.
        var isHandingBack = false
        /// It claims no more, whatever lease it gets.
        var isDraining = false
        /// Claims of successors since others had their turn.
        var streak = 0
        var abilities: Set<String>?
        var abilitiesHold = MonotonicTime.now
        var solitude = Solitude()

        init(id: WorkerID) {
            self.id = id
            name = id.description
        }
    }

    public let configuration: Configuration
    private let state: Locked<State>
    private let executor: any StepExecutor
    private let logs: LogWriter
    private let clock: DatabaseClock
    private let report: @Sendable (RunID, AttemptEnd) -> Void
    private let launches = Mailbox<@Sendable () -> Void>()
    private let thread = Locked<DedicatedThread?>(nil)

    init(
        configuration: Configuration,
        executor: any StepExecutor,
        logs: LogWriter,
        clock: DatabaseClock,
        report: @escaping @Sendable (RunID, AttemptEnd) -> Void
    ) {
        self.configuration = configuration
        self.executor = executor
        self.logs = logs
        self.clock = clock
        self.report = report
        state = Locked(State(id: .random()))
    }

    /// Starts the launching thread.
    func start() {
        let started = DedicatedThread("pawl-starts") { [launches] in
            while let waiting = launches.take(64) {
                for launch in waiting { launch() }
            }
        }
        thread.withLock { $0 = started }
    }

    /// Ends the launching thread; nothing that is claimed afterwards is started.
    func stop() {
        launches.close()
        thread.withLock { $0 }?.join()
    }

    public var id: WorkerID { state.withLock { $0.id } }

    public var runningCount: Int { state.withLock { $0.running.count } }

    var hasFreeSlot: Bool {
        state.withLock { $0.isClaiming && $0.running.count + $0.reserved < configuration.slots }
    }

    /// Queued work may be there, so the next batch should claim.
    public func expectWork() {
        state.withLock { state in
            state.expectsWork = true
            state.hints += 1
        }
    }

    func setClaiming(_ isClaiming: Bool) {
        state.withLock { $0.isClaiming = isClaiming && !$0.isDraining }
    }

    /// Whether it claims no more because somebody told it to stop.
    public var isDraining: Bool { state.withLock { $0.isDraining } }

    /// Claims nothing more until a task that must run alone has run.
    func makeRoom() {
        state.withLock { state in
            state.solitude.begin()
            state.expectsWork = true
        }
    }

    /// What the worker can do now; a look at the plugins holds for a second.
    var abilities: Set<String>? {
        guard let look = configuration.abilities else { return nil }
        if let known = state.withLock({ $0.abilitiesHold > .now ? $0.abilities : nil }) { return known }
        let abilities = look()
        state.withLock { state in
            state.abilities = abilities
            state.abilitiesHold = .now + .seconds(1)
        }
        return abilities
    }
}

extension Worker.State {
    fileprivate var runningByQueue: [String: Int] {
        running.values.reduce(into: [:]) { $0[$1.task.queue, default: 0] += 1 }
    }
}

// MARK: - Claiming

extension Worker {
    /// Free slots set aside for one batch.
    final class Reservation: Sendable {
        let claim: ClaimRequest
        private let worker: Worker
        private let slots: Int
        private let hints: Int
        private let isOpen = Locked(true)

        fileprivate init(worker: Worker, slots: Int, hints: Int, claim: ClaimRequest) {
            self.worker = worker
            self.slots = slots
            self.hints = hints
            self.claim = claim
        }

        /// Takes note of what the batch has claimed; the slots are given back by ``release()``.
        func settle(_ claimed: [ClaimedTask], isHeldBack: Bool) {
            worker.state.withLock { state in
                state.streak = claim.successors == 0 ? 0 : state.streak + claimed.count
                if claim.alone != .never { state.solitude.settle(claimed) }
            }
            guard claim.limit > 0, claimed.count < slots, !isHeldBack else { return }
            worker.state.withLock { if $0.hints == hints { $0.expectsWork = false } }
        }

        /// Gives the slots back; those of started steps are counted as running by then.
        func release() {
            let first = isOpen.withLock { isOpen in
                defer { isOpen = false }
                return isOpen
            }
            if first { worker.state.withLock { $0.reserved -= slots } }
        }
    }

    /// Sets free slots aside, all of them while queued work may be there; nil when there is none.
    ///
    /// `successors` counts the tasks that the batch itself makes ready.
    func reserve(successors: Int) -> Reservation? {
        let abilities = abilities
        return state.withLock { state in
            let busy = state.running.count + state.reserved
            if state.solitude.ends(running: state.running.keys, reserved: state.reserved) {
                state.expectsWork = true
            }
            var free = configuration.slots - busy
            if !state.expectsWork { free = min(free, successors) }
            guard state.isClaiming, free > 0, state.solitude.permitsClaims(busy: busy) else { return nil }
            state.reserved += free
            // After sixteen successors a slot it is the turn of whoever is first in the queues.
            let yields = state.streak >= 16 * configuration.slots
            var claim = ClaimRequest(
                worker: state.id,
                queues: configuration.queues,
                level: configuration.level,
                limit: state.expectsWork || yields ? free : 0,
                successors: yields ? 0 : free,
                callbackSeed: CallbackToken.seed()
            )
            claim.abilities = abilities
            claim.alone = state.solitude.wish(isIdle: busy == 0 && state.expectsWork)
            if configuration.queues.count > 1 { claim.running = state.runningByQueue }
            return Reservation(worker: self, slots: free, hints: state.hints, claim: claim)
        }
    }
}

// MARK: - Running

extension Worker {
    /// A claimed task on its way to the executor.
    private struct Launch: Sendable {
        var task: ClaimedTask
        var definition: Definition
        var facts: RunFacts
        var callback: Callback
        var trace: TraceContext?
        var bounds: AttemptBounds?
        var worker: String
        var generation: Int
    }

    /// Takes a claimed task over; it is started by the launching thread, off the writer that claimed it.
    ///
    /// Laying a step's files down and handing it over takes longer than deciding on it, and a writer that
    /// does not wait for that gathers larger batches. With `atOnce` the caller starts it: a single step of
    /// an engine that is not busy is spared the way over a thread.
    func start(
        _ task: ClaimedTask,
        definition: Definition,
        facts: RunFacts,
        callbackSeed: [UInt8],
        trace: TraceContext? = nil,
        bounds: AttemptBounds? = nil,
        atOnce: Bool = false
    ) {
        let token = CallbackToken(run: task.run, step: task.step, seed: callbackSeed).description
        let (worker, generation) = state.withLock { state in
            state.running[task.token] = Running(task: task)
            return (state.name, state.generation)
        }
        let launch = Launch(
            task: task,
            definition: definition,
            facts: facts,
            callback: Callback(token: token, url: "\(configuration.address())/v1/callbacks/\(token)"),
            trace: trace,
            bounds: bounds,
            worker: worker,
            generation: generation
        )
        if atOnce { perform(launch) } else { launches.send { [self] in perform(launch) } }
    }

    private func perform(_ launch: Launch) {
        let task = launch.task
        let isOurs = state.withLock { $0.generation == launch.generation && $0.running[task.token] != nil }
        guard isOurs else { return }
        let made = AttemptOrder(
            task,
            definition: launch.definition,
            facts: launch.facts,
            callback: launch.callback,
            trace: launch.trace,
            bounds: launch.bounds
        )
        guard let order = made else {
            let error = StepError(
                type: ErrorType.pluginUnavailable,
                message: "step \(task.path) runs no program"
            )
            finish(launch, AttemptReport(outcome: .failed(error)))
            return
        }
        let stream = logs.stream(of: task)
        CrashPoint.pass("worker.before-start")
        let attempt = executor.start(
            order,
            log: { stream.append($0) },
            completion: { [self] report in
                stream.close { [self] in finish(launch, report) }
            }
        )
        CrashPoint.pass("worker.after-start")
        let mustEnd = state.withLock { state in
            state.running[task.token]?.attempt = attempt
            return state.running[task.token].map(\.isCancelled) ?? true
        }
        if mustEnd { attempt.cancel() }
    }

    private func finish(_ launch: Launch, _ report: AttemptReport) {
        let task = launch.task
        let isOurs = state.withLock { state in
            state.generation == launch.generation && state.running.removeValue(forKey: task.token) != nil
        }
        // Under a lost lease the step belongs to someone else: its result would be rejected anyway.
        guard isOurs else { return }
        CrashPoint.pass("worker.before-report")
        var report = report
        if case .cancelled = report.outcome, state.withLock({ $0.isHandingBack }) {
            report.outcome = .handedBack(reason: "the worker was told to stop")
        }
        self.report(
            task.run,
            AttemptEnd(task, worker: launch.worker, endedAt: clock.now, report: report)
        )
    }

    /// Tells running steps of a run to stop.
    func cancel(_ run: RunID, steps: [Int]) {
        let wanted = Set(steps)
        let tokens = state.withLock { state in
            state.running.values.filter { $0.task.run == run && wanted.contains($0.task.step) }.map(
                \.task.token
            )
        }
        cancel(tokens: tokens)
    }

    func cancel(tokens: some Sequence<Int64>) {
        for token in tokens {
            let attempt = state.withLock { state -> (any RunningAttempt)? in
                guard let running = state.running[token], !running.isCancelled else { return nil }
                state.running[token]?.isCancelled = true
                return running.attempt
            }
            attempt?.cancel()
        }
    }

    /// Lets a step stand still, or go on; one that is about to start is caught by the next heartbeat.
    func setFrozen(_ isFrozen: Bool, token: Int64) {
        let attempt = state.withLock { state -> (any RunningAttempt)? in
            guard let running = state.running[token], running.isFrozen != isFrozen else { return nil }
            if running.attempt != nil { state.running[token]?.isFrozen = isFrozen }
            return running.attempt
        }
        if isFrozen { attempt?.freeze() } else { attempt?.thaw() }
    }

    var heldTokens: Set<Int64> { state.withLock { Set($0.running.keys) } }

    /// Kills steps that the database gives to someone else or to nobody; nothing is reported of them.
    func abandon(tokens: some Sequence<Int64>) {
        for token in tokens {
            let running = state.withLock { $0.running.removeValue(forKey: token) }
            running?.attempt?.kill()
        }
    }

    /// Kills everything and begins again under a new identity: the lease is lost.
    func beginAgain() {
        let killed = state.withLock { state in
            defer {
                state.running = [:]
                state.id = .random()
                state.generation += 1
                state.isClaiming = false
                state.expectsWork = true
            }
            return state.running.values.compactMap(\.attempt)
        }
        for attempt in killed { attempt.kill() }
    }

    /// Claims no more, waits for the running steps up to `grace`, then stops them so that they are handed
    /// back.
    ///
    /// A wake of `hurry` ends the waiting. Returns when nothing is running.
    public func drain(within grace: Duration, hurry: Waker) {
        state.withLock { state in
            state.isDraining = true
            state.isClaiming = false
        }
        if waitUntilIdle(until: .now + grace, hurry: hurry) { return }
        let attempts = state.withLock { state in
            state.isHandingBack = true
            return state.running.values.compactMap(\.attempt)
        }
        for attempt in attempts { attempt.cancel() }
        if waitUntilIdle(until: .now + .seconds(30), hurry: hurry) { return }
        for attempt in state.withLock({ $0.running.values.compactMap(\.attempt) }) { attempt.kill() }
        _ = waitUntilIdle(until: .now + .seconds(5), hurry: Waker())
    }

    /// Looks every 20 ms; a shutdown is not worth a condition variable on the hot path.
    private func waitUntilIdle(until deadline: MonotonicTime, hurry: Waker) -> Bool {
        while state.withLock({ $0.running.count + $0.reserved }) > 0 {
            guard .now < deadline else { return false }
            if hurry.wait(until: .now + .milliseconds(20)) == .woken { return false }
        }
        return true
    }
}
