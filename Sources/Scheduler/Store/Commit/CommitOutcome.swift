import Linux
import Postgres

/// What the database answered to a batch, put together row by row.
struct CommitOutcome {
    private(set) var claimed: [ClaimedTask] = []
    /// The database's clock, as far as it was heard.
    private(set) var now = Timestamp.now
    private let rows: CommitRows
    private var applied: [RunID: Int64] = [:]
    private var stale: [RunID: Int] = [:]
    private var staleTimers: [RunID: Int] = [:]
    private var heard: Set<RunID> = []

    init(_ rows: CommitRows) {
        self.rows = rows
    }

    mutating func read(_ row: PostgresRow) throws {
        let run = RunID(try row.uuid(1))
        let at = try row.timestamp(4)
        switch CommitStatement.Reply(rawValue: try row.int32(0)) {
        case .applied: applied[run] = try row.int64(3)
        case .stale: stale[run] = Int(try row.int32(2))
        case .staleTimer: staleTimers[run] = Int(try row.int32(2))
        case .claimed: claim(run, step: Int(try row.int32(2)), token: try row.int64(3), at: at)
        case .heard: heard.insert(run)
        case nil: break
        }
        now = at
    }

    mutating func add(_ task: ClaimedTask) {
        claimed.append(task)
        now = max(now, task.startedAt)
    }

    /// The results in the order of the batch; `conflict` finds out why a transition did not pass.
    func results(conflict: (Transition) throws -> TransitionResult) throws -> [TransitionResult] {
        try rows.transitions.map { member in
            if let version = applied[member.run] { return .applied(version: version) }
            if let step = stale[member.run] { return .staleToken(step: step) }
            if let step = staleTimers[member.run] { return .staleTimer(step: step) }
            if heard.contains(member.run) { return .heard }
            return try conflict(member.value)
        }
    }

    private mutating func claim(_ run: RunID, step: Int, token: Int64, at: Timestamp) {
        guard let task = rows.tasks.first(where: { $0.run == run && $0.value.task.step == step })?.value.task
        else { return }
        claimed.append(
            ClaimedTask(
                run: run,
                step: step,
                path: task.path,
                token: token,
                startedAt: at,
                queue: task.queue,
                attempt: task.attempt,
                losses: task.losses,
                spec: task.spec,
                input: task.input,
                attempts: task.attempts,
                checkpoint: task.checkpoint
            )
        )
    }
}
