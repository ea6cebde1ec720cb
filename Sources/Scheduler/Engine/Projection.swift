import JSON
import Linux

/// A task as this decision knows it: its row, and who holds it.
struct KnownTask {
    var row: NewTask
    var status: TaskStatus = .ready
    var token: Int64?
    var startedAt: Timestamp?

    init(row: NewTask, token: Int64? = nil, startedAt: Timestamp? = nil) {
        self.row = row
        self.token = token
        self.startedAt = startedAt
        status = token == nil ? row.status : .running
    }
}

// What a decision writes: rows of tasks, steps and timers.

extension Deciding {
    /// The task of a live step; nil when it has none.
    ///
    /// - Throws: ``Interrupt`` when the tasks have to be read first.
    func task(_ number: Int) throws -> KnownTask? {
        if let row = written[number] { return KnownTask(row: row) }
        if let task = reported[number] { return task }
        guard isStored(number) else { return nil }
        guard let tasks = view.tasks else { throw Interrupt.needs(Needs(tasks: true)) }
        guard let facts = tasks[number] else { return nil }
        let row = NewTask(facts, path: path(of: number), level: definition.workflow.level)
        return KnownTask(row: row, token: facts.token, startedAt: facts.startedAt)
    }

    /// Writes the row of a step that no worker runs: it waits for a timer or for its scope.
    mutating func keep(_ number: Int, input: Payload) {
        guard let step = state.steps[number] else { return }
        written[number] = NewTask(
            step: number,
            path: path(of: number),
            status: .waiting,
            priority: step.priority,
            level: definition.workflow.level,
            spec: TaskSpec(node: step.own == nil ? step.node : nil, own: step.own),
            input: input
        )
        guard input !== Payload.null else { return }
        newResults[number] = StepResult(running: input)
    }

    /// Takes a step's task and timers away, and returns the task if the step's row needs it.
    mutating func ending(_ number: Int, _ step: StepState, _ plan: NodePlan) throws -> KnownTask? {
        let isNeeded =
            plan.runsProgram || plan.spec.forEach != nil || plan.spec.action.isChild
            || step.isSignalWait(plan)
        let task = isNeeded ? try task(number) : nil
        clearTimers(of: number, step.timers)
        if let release = releasing(number) { transition.releases.append(release) }
        written[number] = nil
        if isStored(number) { transition.removes.append(number) }
        return task
    }

    /// Writes the row of a step that has ended.
    mutating func record(
        _ number: Int,
        _ step: StepState,
        path: String,
        _ result: StepResult,
        _ task: KnownTask?,
        compensates: Bool
    ) {
        transition.steps.append(
            EndedStep(
                step: number,
                scope: step.scope,
                path: path,
                status: result.status,
                token: task?.token,
                endedSeq: state.lastSeq,
                startedAt: task?.startedAt
                    ?? (step.since == 0 ? now : Timestamp(microseconds: step.since)),
                endedAt: now,
                compensates: compensates,
                attempts: task?.row.attempts,
                input: result.input,
                output: result.output,
                error: result.error
            )
        )
    }

    mutating func arm(_ kind: TimerKind, of step: Int, _ due: NewTimer.Due) {
        transition.timers.append(NewTimer(step: step, kind: kind, due: due))
    }

    mutating func clearTimers(of step: Int, _ kinds: [TimerKind]) {
        for kind in kinds {
            let key = TimerKey(step: step, kind: kind)
            if let index = transition.timers.firstIndex(where: { $0.key == key }) {
                transition.timers.remove(at: index)
            }
            if isStored(step), !transition.clearsTimers.contains(key) {
                transition.clearsTimers.append(key)
            }
        }
    }

    /// Notes that a step must still be held so, once however many events rely on it.
    mutating func hold(_ step: Int, token: Int64?) {
        let isHeld = transition.holds.contains { $0.step == step && (token == nil || $0.token == token) }
        if !isHeld { transition.holds.append(Hold(step: step, token: token)) }
    }

    /// A step whose attempt is over while its error is handled or undone: nobody holds it any more.
    private mutating func keepReceipts() {
        for (number, task) in reported where written[number] == nil && state.steps[number] != nil {
            var row = task.row
            row.status = .waiting
            written[number] = row
        }
    }

    /// The transition with all its rows.
    mutating func projected() -> Transition {
        keepReceipts()
        var transition = transition
        transition.tasks = written.keys.sorted().compactMap { written[$0] }
        project(admissionsOf: transition.tasks, into: &transition)
        // A statement changes a row once: what goes or is written anew is told nothing.
        let removed = Set(transition.removes)
        transition.cancels.removeAll { removed.contains($0) || written[$0] != nil }
        // A timer that is set again is written, not cleared.
        let set = Set(transition.timers.map(\.key))
        transition.clearsTimers.removeAll { set.contains($0) }
        if transition.ends != nil {
            transition.signals = []
            if state.freeze != .never { transition.freeze = .forgotten }
        }
        if transition.ends == nil {
            transition.live = LiveRun(
                phase: state.phase,
                paused: state.paused,
                compensation: state.compensation,
                lastSeq: state.lastSeq,
                nextStep: state.nextStep,
                state: state.encoded
            )
        }
        return transition
    }
}

extension StepState {
    /// Whether what it waits for is said by its task alone.
    fileprivate func isSignalWait(_ plan: NodePlan) -> Bool {
        if case .wait = plan.spec.action { stage == .waiting } else { false }
    }
}
