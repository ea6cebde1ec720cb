import JSON
import Linux
import Postgres
import Scheduler
import TestSupport

/// A migrated database with one workflow, and transitions as the engine would make them.
struct StoreFixture: Sendable {
    let configuration: PostgresConfiguration
    let workflow: Int64
    let definition: Int64
    static let actor = Actor(name: "test")

    static func make() async throws -> StoreFixture {
        let configuration = try await TestServers.database()
        return try await onOwnThread {
            try Migrator(PostgresConnection.open(configuration)).migrate()
            let applied = try PostgresStore.open(configuration)
                .apply(compiled("chain"), source: "name: chain", digest: "d1")
            return StoreFixture(
                configuration: configuration,
                workflow: applied.workflow,
                definition: applied.id
            )
        }
    }

    static func compiled(_ name: String) -> CompiledWorkflow {
        CompiledWorkflow(name: name, scopes: [], nodes: [])
    }

    func store() throws -> PostgresStore { try PostgresStore.open(configuration) }

    func connection() throws -> PostgresConnection { try PostgresConnection.open(configuration) }

    /// A worker with a lease of a minute, unless told.
    func worker(_ store: PostgresStore, lease: Int64 = 60_000) throws -> WorkerID {
        let worker = WorkerID.random()
        try store.register(worker, about: "{}", level: 1, leaseMilliseconds: lease)
        return worker
    }

    static func newID() -> RunID {
        RunID(
            milliseconds: Timestamp.now.microseconds / 1_000,
            random: (.random(in: .min ... .max), .random(in: .min ... .max))
        )
    }

    /// A run with one ready step.
    func begin(
        _ run: RunID = newID(),
        key: String? = nil,
        idempotency: IdempotencyClaim? = nil,
        queue: String = "default",
        priority: Int = 0,
        labels: [String: String] = [:]
    ) -> Transition {
        var transition = Transition(run: run, expectedVersion: nil, firstSeq: 1)
        transition.begins = NewRun(
            definition: definition,
            workflow: workflow,
            submission: Submission(
                run: run,
                input: Payload(["order": 7]),
                key: key,
                labels: labels,
                actor: Self.actor,
                idempotency: idempotency
            )
        )
        transition.live = live(seq: 2, nextStep: 2)
        transition.tasks = [task(1, queue: queue, priority: priority)]
        transition.events = [event(.runStarted), event(.stepQueued, step: 1)]
        return transition
    }

    /// The end of the step that was claimed, and the next step, if any; else the end of the run.
    func complete(_ task: ClaimedTask, version: Int64, next: Bool = true) -> Transition {
        let seq = 1 + 2 * task.step
        var transition = Transition(run: task.run, expectedVersion: version, firstSeq: seq)
        transition.holds = [Hold(step: task.step, token: task.token)]
        transition.removes = [task.step]
        transition.steps = [ended(task, seq: seq)]
        transition.events = [event(.stepSucceeded, step: task.step)]
        if next {
            transition.tasks = [self.task(task.step + 1)]
            transition.events.append(event(.stepQueued, step: task.step + 1))
            transition.live = live(seq: seq + 1, nextStep: task.step + 2)
        } else {
            transition.events.append(event(.runSucceeded))
            transition.ends = RunEnd(status: .succeeded, compensation: .none, output: .null, error: nil)
        }
        return transition
    }

    private func ended(_ task: ClaimedTask, seq: Int) -> EndedStep {
        EndedStep(
            step: task.step,
            scope: 0,
            path: task.path,
            status: .succeeded,
            token: task.token,
            endedSeq: seq,
            startedAt: task.startedAt,
            endedAt: .now,
            attempts: #"[{"number":1}]"#,
            input: task.input,
            output: Payload(["done": .integer(Int64(task.step))])
        )
    }

    func task(_ step: Int, queue: String = "default", priority: Int = 0) -> NewTask {
        NewTask(
            step: step,
            path: "step-\(step)",
            status: .ready,
            queue: queue,
            priority: priority,
            spec: TaskSpec(node: step),
            input: Payload(["n": .integer(Int64(step))])
        )
    }

    func live(seq: Int, nextStep: Int) -> LiveRun {
        LiveRun(
            phase: .running,
            paused: false,
            compensation: .none,
            lastSeq: seq,
            nextStep: nextStep,
            state: "{}"
        )
    }

    func event(_ kind: HistoryEvent.Kind, step: Int? = nil) -> HistoryEvent {
        HistoryEvent(kind: kind, at: .now, path: step.map { "step-\($0)" }, step: step)
    }

    func claim(
        _ worker: WorkerID,
        limit: Int = 1,
        successors: Int = 0,
        queues: [String] = ["default"]
    ) -> ClaimRequest {
        ClaimRequest(worker: worker, queues: queues, level: 1, limit: limit, successors: successors)
    }
}

extension PostgresStore {
    /// Commits transitions alone and gives their results.
    func commit(_ transitions: [Transition]) throws -> [TransitionResult] {
        try commit(Batch(transitions: transitions)).results
    }

    func claim(_ request: ClaimRequest) throws -> [ClaimedTask] {
        try commit(Batch(transitions: [], claim: request)).claimed
    }
}

extension TransitionResult {
    /// What the result is, in a word or two, for expectations.
    var word: String {
        switch self {
        case .applied(let version): "applied \(version)"
        case .overtaken: "overtaken"
        case .heard: "heard"
        case .staleToken(let step): "stale \(step)"
        case .staleTimer(let step): "stale timer \(step)"
        case .keyTaken: "key taken"
        case .replayed(let answer): "replayed \(answer)"
        case .keyReused: "key reused"
        case .fireTaken: "fire taken"
        case .declined: "declined"
        case .refused: "refused"
        }
    }
}
