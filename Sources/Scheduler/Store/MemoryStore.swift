import Linux

/// A store in memory with a clock of its own, for simulations and tests.
///
/// It keeps the promises of the Postgres store that decisions rely on: a transition is written as a whole or
/// not at all, and only at the version and under the tokens that it saw.
public final class MemoryStore: Store {
    /// The store's clock; the simulation moves it.
    public var now: Timestamp
    public internal(set) var runs: [RunID: Run] = [:]
    /// A number behind the fencing token handed out last.
    public private(set) var nextToken: Int64 = 1
    /// Who holds which number of which concurrency key.
    public internal(set) var slots: [String: [Int: Holder]] = [:]
    /// Starts under rate keys, and until when they count; nil until the attempt has started.
    var starts: [String: [Int: (holder: Holder, milliseconds: Int64, until: Timestamp?)]] = [:]
    var nextApplication = 1
    /// Messages that nobody has heard.
    public private(set) var outbox: [Message.Key: Message] = [:]
    private var definitions: [Int64: StoredDefinition] = [:]

    /// All that is known of one run, live or ended.
    public struct Run {
        public var definition: Int64
        public var facts: RunFacts
        public var version: Int64 = 0
        public var live: LiveRun?
        public var end: RunEnd?
        public var tasks: [Int: Task] = [:]
        public var steps: [Int: EndedStep] = [:]
        public var timers: [TimerKey: Timestamp] = [:]
        public var signals: [SignalKey: Payload] = [:]
        /// What the run's steps, or with 0 itself, stand in line for; in the order of `lines`.
        public var applications: [Int: (number: Int, application: Application)] = [:]
        public var history: [HistoryEvent] = []
    }

    /// A row of `task`.
    public struct Task {
        public var row: NewTask
        public var status: TaskStatus
        public var token: Int64?
        public var worker: WorkerID?
        public var startedAt: Timestamp?
        public var isCancelled = false
        public var callback: [UInt8]?
    }

    /// A step, or with 0 the run itself.
    public struct Holder: Sendable, Hashable {
        public var run: RunID
        public var step: Int
    }

    public init(now: Timestamp = Timestamp(microseconds: 1_750_000_000_000_000)) {
        self.now = now
    }

    public func add(_ definition: StoredDefinition) {
        definitions[definition.id] = definition
    }

    /// Takes a message away that changes nothing.
    public func discard(_ key: Message.Key) { outbox[key] = nil }

    public func definition(_ id: Int64) throws(StoreError) -> StoredDefinition? { definitions[id] }

    public func commit(_ batch: Batch) throws(StoreError) -> BatchResult {
        let results = batch.transitions.map(write)
        admit()
        let claimed = batch.claim.map(claim) ?? []
        return BatchResult(results: results, claimed: claimed, now: now)
    }

    public func load(_ runs: [RunID], withTasks: Bool) throws(StoreError) -> [RunSnapshot] {
        runs.compactMap { id in
            guard let run = self.runs[id], let live = run.live else { return nil }
            return RunSnapshot(
                run: id,
                version: run.version,
                definition: run.definition,
                facts: run.facts,
                live: live,
                tasks: withTasks ? run.tasks.values.map(\.facts) : nil
            )
        }
    }

    public func results(of steps: [Int], in run: RunID) throws(StoreError) -> [Int: StepResult] {
        var results: [Int: StepResult] = [:]
        for number in steps { results[number] = runs[run]?.steps[number]?.result }
        return results
    }

    public func signals(_ keys: Set<SignalKey>, of run: RunID) throws(StoreError) -> [SignalKey: Payload] {
        runs[run]?.signals.filter { keys.contains($0.key) } ?? [:]
    }

    public func inputs(of steps: [Int], in run: RunID) throws(StoreError) -> [Int: StepResult] {
        let tasks = runs[run]?.tasks ?? [:]
        return Dictionary(
            uniqueKeysWithValues: steps.compactMap { number in
                tasks[number].map { (number, StepResult(running: $0.row.input)) }
            }
        )
    }

    public func items(of scope: Int, from first: Int, in run: RunID) throws(StoreError) -> ItemOutputs {
        let ended = runs[run]?.steps.values.filter { $0.scope == scope && $0.status.isOfItem } ?? []
        let outputs = Dictionary(uniqueKeysWithValues: ended.map { ($0.step, $0.output ?? .null) })
        return ItemOutputs(
            outputs: outputs,
            bytes: outputs.values.reduce(0) { $0 + $1.text.utf8.count }
        )
    }
}

// MARK: - Writing

extension MemoryStore {
    private func write(_ transition: Transition) -> TransitionResult {
        var run: Run
        if let begins = transition.begins {
            guard runs[transition.run] == nil else { return .overtaken }
            let submission = begins.submission
            run = Run(
                definition: begins.definition,
                facts: RunFacts(
                    input: submission.input,
                    key: submission.key,
                    labels: submission.labels,
                    priority: submission.priority,
                    createdAt: now,
                    scheduledAt: submission.startAt,
                    parent: submission.parent,
                    undoes: submission.undoing?.of
                )
            )
        } else {
            guard let known = runs[transition.run], known.live != nil,
                known.version == transition.expectedVersion
            else { return .overtaken }
            run = known
        }
        for hold in transition.holds {
            guard let task = run.tasks[hold.step], task.token == hold.token else {
                return .staleToken(step: hold.step)
            }
        }
        for timer in transition.firesTimers where run.timers[timer.key] != timer.dueAt {
            return .staleTimer(step: timer.key.step)
        }
        if let heard = transition.hears {
            guard outbox.removeValue(forKey: heard) != nil else { return .heard }
        }
        for message in transition.messages { outbox[message.key] = message }
        for step in transition.releases where step.isWaiting && run.applications[step.step] == nil {
            return .staleToken(step: step.step)
        }
        release(transition, &run)
        run.apply(transition, now: now)
        apply(transition.applications, to: &run)
        runs[transition.run] = run
        return .applied(version: run.version)
    }

    private func claim(_ request: ClaimRequest) -> [ClaimedTask] {
        var claimed: [ClaimedTask] = []
        for id in runs.keys.sorted() {
            for number in (runs[id]?.tasks.keys.sorted() ?? []) where claimed.count < request.limit {
                guard let task = runs[id]?.tasks[number], task.status == .ready,
                    request.queues.contains(task.row.queue), task.row.level <= request.level
                else { continue }
                claimed.append(claim(number, in: id, task, for: request))
            }
        }
        return claimed
    }

    private func claim(_ number: Int, in run: RunID, _ task: Task, for request: ClaimRequest) -> ClaimedTask {
        defer { nextToken += 1 }
        var task = task
        task.status = .running
        task.token = nextToken
        task.worker = request.worker
        task.callback = CallbackToken(run: run, step: number, seed: request.callbackSeed).hash
        task.startedAt = now
        runs[run]?.tasks[number] = task
        return ClaimedTask(
            run: run,
            step: number,
            path: task.row.path,
            token: nextToken,
            startedAt: now,
            queue: task.row.queue,
            attempt: task.row.attempt,
            losses: task.row.losses,
            spec: task.row.spec,
            input: task.row.input,
            attempts: task.row.attempts,
            checkpoint: task.row.checkpoint
        )
    }
}

extension MemoryStore.Run {
    fileprivate mutating func apply(_ transition: Transition, now: Timestamp) {
        version += 1
        live = transition.live
        if transition.ends != nil { end = transition.ends }
        for number in transition.removes { tasks[number] = nil }
        for row in transition.tasks {
            let old = tasks[row.step]
            tasks[row.step] = MemoryStore.Task(
                row: row,
                status: row.storedStatus,
                startedAt: row.storedStatus == .waiting ? old?.startedAt : nil,
                callback: old?.callback
            )
        }
        for number in transition.cancels { tasks[number]?.isCancelled = true }
        for step in transition.steps { steps[step.step] = step }
        for key in transition.clearsTimers { timers[key] = nil }
        for timer in transition.timers { timers[timer.key] = timer.due.time(from: now) }
        for key in transition.takesSignals { signals[key] = nil }
        for kept in transition.signals { signals[kept.key] = kept.payload }
        if transition.dropsSignals { signals = [:] }
        history += transition.events
        if live == nil {
            tasks = [:]
            timers = [:]
            applications = [:]
        }
    }
}

extension NewTimer.Due {
    fileprivate func time(from now: Timestamp) -> Timestamp {
        switch self {
        case .after(let milliseconds): now + .milliseconds(milliseconds)
        case .at(let time): time
        }
    }
}

extension MemoryStore.Task {
    fileprivate var facts: TaskFacts {
        TaskFacts(
            step: row.step,
            status: status,
            token: token,
            worker: worker,
            startedAt: startedAt,
            attempt: row.attempt,
            losses: row.losses,
            queue: row.queue,
            priority: row.priority,
            spec: row.spec,
            input: row.input,
            attempts: row.attempts,
            checkpoint: row.checkpoint,
            boundMilliseconds: row.boundMilliseconds,
            callback: callback
        )
    }
}

extension EndedStep {
    fileprivate var result: StepResult {
        StepResult(status: status, output: output ?? .null, error: error, attempts: 1, input: input)
    }
}
