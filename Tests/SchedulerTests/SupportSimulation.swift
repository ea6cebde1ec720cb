import JSON
import Linux

@testable import Scheduler

/// What went against a promise of the engine.
struct Broken: Error, CustomStringConvertible {
    var description: String
}

/// Runs one workflow through decider and memory store, event by event, and checks the promises after each.
final class Simulation {
    let store: MemoryStore
    let definition: Scheduler.Definition
    let decider: Decider
    let run: RunID
    /// Told of what is committed, and of tasks of other runs that were claimed with it.
    var committed: (Transition, [ClaimedTask]) throws -> Void = { _, _ in }
    private(set) var claims: [Int: ClaimedTask] = [:]
    /// By step, of the last attempt of each.
    private(set) var callbacks: [Int: CallbackToken] = [:]
    private var batches: UInt8 = 0
    private(set) var lastDecision: String = ""
    /// Paths in the order in which their attempts were started.
    private(set) var started: [String] = []
    private let facts: RunFacts
    /// Replaying all history after each event is much for a long run.
    private let isReplayed: Bool
    private let worker = WorkerID(high: 1, low: 1)

    convenience init(
        _ definition: Scheduler.Definition,
        input: JSONValue = [:],
        limits: RunLimits = RunLimits(),
        isReplayed: Bool = true
    ) throws {
        let run = RunID(milliseconds: 1_750_000_000_000, random: (1, 2))
        let submission = Submission(run: run, input: Payload(input), actor: Actor(name: "test"))
        self.init(of: submission, definition, in: MemoryStore(), limits: limits, isReplayed: isReplayed)
        try begin(submission)
    }

    /// A run that is to begin by ``begin(_:message:)``.
    init(
        of submission: Submission,
        _ definition: Scheduler.Definition,
        in store: MemoryStore,
        limits: RunLimits = RunLimits(),
        isReplayed: Bool = true
    ) {
        self.isReplayed = isReplayed
        self.definition = definition
        self.store = store
        run = submission.run
        decider = Decider(seed: 7, limits: limits)
        facts = RunFacts(submission, createdAt: store.now)
        store.add(definition.stored)
    }

    func begin(_ submission: Submission, message: Message.Key? = nil) throws {
        try apply(.submitted(submission), message: message)
    }

    var record: MemoryStore.Run {
        get throws {
            guard let record = store.runs[run] else { throw Broken(description: "the run was never written") }
            return record
        }
    }
    var end: RunEnd? { store.runs[run]?.end }
    var history: [HistoryEvent] { store.runs[run]?.history ?? [] }
    var kinds: [String] { history.map(\.kind.rawValue) }

    func ended(_ path: String) -> EndedStep? {
        store.runs[run]?.steps.values.filter { $0.path == path }.max { $0.step < $1.step }
    }

    /// Ended steps' paths in the order of their ends.
    func ends(_ status: StepStatus) -> [String] {
        (store.runs[run]?.steps.values.filter { $0.status == status } ?? [])
            .sorted { $0.endedSeq < $1.endedSeq }.map(\.path)
    }

    /// Decides on an event and commits, then claims whatever is ready.
    @discardableResult
    func apply(_ event: RunEvent, message: Message.Key? = nil) throws -> Bool {
        try take([event], message: message) > 0
    }

    /// Decides on all events in as few transitions as may be, then claims.
    func apply(merged events: [RunEvent]) throws {
        var rest = events[...]
        while !rest.isEmpty, end == nil { rest = rest.dropFirst(max(1, try take(Array(rest)))) }
    }

    /// Decides on the events one after the other, and claims when all are written.
    func apply(oneByOne events: [RunEvent]) throws {
        for event in events where end == nil { try take([event], claiming: false) }
        if end == nil { try claim() }
    }

    /// Decides and commits, and returns how many of the events the transition covers; what is ignored or
    /// refused is left out.
    @discardableResult
    private func take(_ events: [RunEvent], claiming: Bool = true, message: Message.Key? = nil) throws -> Int
    {
        var results: [Int: StepResult] = [:]
        var tasks: [Int: TaskFacts]?
        var signals: [SignalKey: Payload] = [:]
        var items: [Int: ItemOutputs] = [:]
        var events = events
        var dropped = 0
        for _ in 0..<40 where !events.isEmpty {
            var view = try view(results: results, tasks: tasks)
            view.signals = signals
            view.items = items
            let series = decider.decide(events, on: view, now: store.now)
            switch series.decision {
            case .transition(var transition, let state, _):
                transition.hears = message
                let isWritten = try commit(transition, state, claiming: claiming)
                return isWritten ? dropped + series.events : 0
            case .needs(let needs):
                signals.merge(try store.signals(needs.signals, of: run)) { $1 }
                let steps = Array(needs.results)
                results.merge(try store.results(of: steps, in: run)) { $1 }
                results.merge(try store.inputs(of: Array(needs.inputs), in: run)) { $1 }
                for (scope, first) in needs.items {
                    items[scope] = try store.items(of: scope, from: first, in: run)
                }
                if let other = facts.undoes {
                    results.merge(try store.results(of: steps, in: other)) { own, _ in own }
                }
                if needs.tasks {
                    let loaded = try store.load([run], withTasks: true).first?.tasks ?? []
                    tasks = Dictionary(uniqueKeysWithValues: loaded.map { ($0.step, $0) })
                }
            case .ignored(let reason):
                lastDecision = reason
                events.remove(at: series.events)
                if events.isEmpty { return 0 }
                dropped += 1
            case .refused(let refusal):
                lastDecision = refusal.message
                return 0
            }
        }
        throw Broken(description: "the decision on \(events) never has what it needs")
    }

    private func view(results: [Int: StepResult], tasks: [Int: TaskFacts]?) throws -> RunView {
        let snapshot = try store.load([run], withTasks: false).first
        return RunView(
            run: run,
            definition: definition,
            facts: snapshot?.facts ?? facts,
            state: try snapshot.map { try RunState(decoding: $0.live.state) },
            version: snapshot?.version ?? 0,
            results: results,
            tasks: tasks
        )
    }

    /// False for a late result, under a token that is held no more.
    private func commit(_ transition: Transition, _ state: RunState?, claiming: Bool) throws -> Bool {
        try check(transition)
        let result = try store.commit(Batch(transitions: [transition]))
        if case .staleToken = result.results[0] { return false }
        guard case .applied = result.results[0] else {
            throw Broken(description: "the transition was not applied: \(result.results[0])")
        }
        let others = claiming ? try claim() : []
        try checkState(state)
        try committed(transition, others)
        if state?.mustProceed == true { try take([.proceed], claiming: claiming) }
        return true
    }

    /// Claims whatever is ready; gives back what is of other runs.
    @discardableResult
    private func claim() throws -> [ClaimedTask] {
        batches &+= 1
        let claim = ClaimRequest(
            worker: worker,
            queues: ["default"],
            level: 1,
            limit: 1_000,
            successors: 0,
            callbackSeed: [batches]
        )
        let claimed = try store.commit(Batch(transitions: [], claim: claim)).claimed
        for task in claimed where task.run == run {
            take(task)
            callbacks[task.step] = CallbackToken(run: run, step: task.step, seed: claim.callbackSeed)
        }
        let tasks = try record.tasks
        claims = claims.filter { tasks[$0.key]?.token == $0.value.token }
        return claimed.filter { $0.run != run }
    }

    func take(_ task: ClaimedTask) {
        claims[task.step] = task
        started.append(task.path)
    }

    // MARK: Promises

    private func check(_ transition: Transition) throws {
        let known = store.runs[run]
        if known != nil, known?.live == nil { throw Broken(description: "an ended run moved on") }
        guard transition.firstSeq == (known?.history.count ?? 0) + 1 else {
            throw Broken(description: "history has a gap before \(transition.firstSeq)")
        }
        for step in transition.steps where known?.steps[step.step] != nil {
            throw Broken(description: "step \(step.path) ended twice")
        }
    }

    private func checkState(_ state: RunState?) throws {
        let record = try record
        guard let state else {
            guard record.end != nil else { throw Broken(description: "the run has neither state nor end") }
            return
        }
        guard try RunState(decoding: state.encoded) == state else {
            throw Broken(description: "the state is not what it was when written and read")
        }
        guard isReplayed else { return }
        let replayed = History.replay(record.history, of: definition)
        guard replayed == state else {
            throw Broken(description: "replay differs:\n\(replayed)\nfrom\n\(state)")
        }
        let isStuck = record.tasks.isEmpty && record.timers.isEmpty && !state.paused && !state.mustProceed
        if isStuck { throw Broken(description: "the run is stuck: \(state)") }
    }
}

// MARK: - What the outside does

extension Simulation {
    func step(_ path: String) throws -> ClaimedTask {
        guard let task = claims.values.first(where: { $0.path == path }) else {
            throw Broken(
                description: "\(path) is not running; running are \(claims.values.map(\.path).sorted())"
            )
        }
        return task
    }

    @discardableResult
    func report(_ task: ClaimedTask, _ outcome: Outcome, outputSchema: JSONValue? = nil) throws -> Bool {
        try apply(end(of: task, outcome, outputSchema))
    }

    func end(of task: ClaimedTask, _ outcome: Outcome, _ outputSchema: JSONValue? = nil) -> RunEvent {
        .attemptEnded(
            AttemptEnd(
                step: task.step,
                token: task.token,
                worker: "w",
                startedAt: task.startedAt,
                endedAt: store.now,
                report: AttemptReport(outcome: outcome, outputSchema: outputSchema),
                task: task
            )
        )
    }

    func succeed(_ path: String, _ output: JSONValue = nil) throws {
        try report(try step(path), .succeeded(Payload(output)))
    }

    func fail(_ path: String, _ type: String = "Exit", retryable: Bool? = nil) throws {
        try report(try step(path), .failed(StepError(type: type, message: "no", retryable: retryable)))
    }

    func stopAsTold(_ path: String) throws {
        try report(try step(path), .cancelled(StepError(type: ErrorType.cancelled, message: "stopped")))
    }

    func lose(_ path: String, isAlone: Bool = true) throws {
        let task = try step(path)
        try apply(.attemptLost(step: task.step, token: task.token, worker: "w", isAlone: isAlone))
    }

    /// Moves the clock to the next timer and fires it; false when there is none.
    @discardableResult
    func fireTimer() throws -> Bool {
        guard
            let (key, due) = try record.timers.min(by: { ($0.value, $0.key.step) < ($1.value, $1.key.step) })
        else { return false }
        store.now = max(store.now, due)
        try apply(.timerDue(step: key.step, kind: key.kind, dueAt: due))
        return true
    }

    /// Lets every step that runs or comes succeed, until the run has ended.
    func finish() throws {
        for _ in 0..<10_000 where end == nil {
            if let task = claims.values.min(by: { $0.step < $1.step }) {
                try report(task, .succeeded(.null))
            } else if try !fireTimer() {
                throw Broken(description: "nothing is left to do, and the run has not ended")
            }
        }
    }
}
