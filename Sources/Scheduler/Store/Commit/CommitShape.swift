/// Which parts a commit statement needs for a batch.
///
/// Each part costs time even without rows; a step of a chain needs six. A connection prepares a statement for
/// each shape that it meets, a few dozen in practice.
struct CommitShape: OptionSet, Hashable {
    let rawValue: Int

    /// Transitions of runs that exist.
    static let continues = CommitShape(rawValue: 1 << 0)
    static let begins = CommitShape(rawValue: 1 << 1)
    /// Some of the runs that begin come with an `Idempotency-Key`.
    static let idempotency = CommitShape(rawValue: 1 << 2)
    static let ends = CommitShape(rawValue: 1 << 3)
    static let holds = CommitShape(rawValue: 1 << 4)
    /// Some steps must be held by nobody: a claim may be under way, so they are locked.
    static let freeHolds = CommitShape(rawValue: 1 << 5)
    static let removes = CommitShape(rawValue: 1 << 6)
    static let cancels = CommitShape(rawValue: 1 << 7)
    static let tasks = CommitShape(rawValue: 1 << 8)
    /// Some tasks are claimed as they are written.
    static let successors = CommitShape(rawValue: 1 << 9)
    static let steps = CommitShape(rawValue: 1 << 10)
    static let timers = CommitShape(rawValue: 1 << 11)
    static let clears = CommitShape(rawValue: 1 << 12)
    /// Signals are kept, taken, or left over by a run that ends.
    static let keeps = CommitShape(rawValue: 1 << 13)
    static let takes = CommitShape(rawValue: 1 << 14)
    static let drops = CommitShape(rawValue: 1 << 15)
    /// Some of the runs that go on do so under an `Idempotency-Key`.
    static let guards = CommitShape(rawValue: 1 << 16)

    /// Some steps give up slots, or their place in line for one.
    static let releases = CommitShape(rawValue: 1 << 17)
    /// Some of those must still be in line.
    static let inLine = CommitShape(rawValue: 1 << 18)
    static let applications = CommitShape(rawValue: 1 << 19)
    /// Some timers fire.
    static let firesTimers = CommitShape(rawValue: 1 << 20)
    /// Some of the runs that begin are those of schedules.
    static let fires = CommitShape(rawValue: 1 << 24)
    /// Some of the runs that begin are children.
    static let children = CommitShape(rawValue: 1 << 25)
    /// Runs tell each other something.
    static let sends = CommitShape(rawValue: 1 << 26)
    /// Some of the steps that are held go.
    static let heldGo = CommitShape(rawValue: 1 << 28)
    static let hears = CommitShape(rawValue: 1 << 27)
    /// Runs are frozen, or thawed.
    static let freezes = CommitShape(rawValue: 1 << 29)
    /// More rows than are read one by one.
    static let many = CommitShape(rawValue: 1 << 30)

    init(rawValue: Int) {
        self.rawValue = rawValue
    }

    init(_ rows: CommitRows) {
        let parts: [(CommitShape, Bool)] = [
            (.continues, rows.begins.count < rows.transitions.count),
            (.begins, !rows.begins.isEmpty),
            (.idempotency, rows.begins.contains { $0.value.submission.idempotency != nil }),
            (.fires, !rows.fires.isEmpty),
            (.ends, rows.transitions.contains { $0.value.ends != nil }),
            (.holds, !rows.holds.isEmpty),
            (.freeHolds, rows.holds.contains { $0.value.hold.token == nil }),
            (.heldGo, rows.holds.contains { $0.value.isRemoved }),
            (.removes, !rows.removes.isEmpty),
            (.cancels, !rows.cancels.isEmpty),
            (.tasks, !rows.tasks.isEmpty),
            (.successors, rows.successors > 0),
            (.steps, !rows.steps.isEmpty),
            (.timers, !rows.timers.isEmpty),
            (.clears, !rows.clears.isEmpty),
            (.firesTimers, !rows.firing.isEmpty),
            (.keeps, !rows.keeps.isEmpty),
            (.takes, !rows.takes.isEmpty),
            (.drops, rows.transitions.contains { $0.value.dropsSignals }),
            (.guards, !rows.guards.isEmpty),
            (.releases, !rows.releases.isEmpty),
            (.inLine, rows.releases.contains { $0.value.release.isWaiting }),
            (.applications, !rows.applications.isEmpty),
            (.children, rows.begins.contains { $0.value.submission.parent != nil }),
            (.sends, !rows.messages.isEmpty),
            (.hears, !rows.heard.isEmpty),
            (.freezes, !rows.freezes.isEmpty),
            (.many, rows.largestSet > ParameterNumbers.fewRows),
        ]
        self = parts.reduce(into: []) { if $1.1 { $0.formUnion($1.0) } }
    }
}
