import JSON
import Linux

/// A batch as rows of the commit statement; `index` is the transition's place in the batch.
struct CommitRows {
    struct Member<Value> {
        let index: Int
        let run: RunID
        let value: Value
    }

    /// A hold, and whether the task that is held goes.
    struct HeldTask {
        let hold: Hold
        let isRemoved: Bool
    }

    /// A task, and whether the committing worker takes it at once.
    struct QueuedTask {
        let task: NewTask
        let isClaimed: Bool
    }

    private(set) var transitions: [Member<Transition>] = []
    private(set) var begins: [Member<NewRun>] = []
    private(set) var holds: [Member<HeldTask>] = []
    /// Tasks that go although nobody needs to hold them.
    private(set) var removes: [Member<Int>] = []
    private(set) var cancels: [Member<Int>] = []
    private(set) var tasks: [Member<QueuedTask>] = []
    private(set) var steps: [Member<EndedStep>] = []
    private(set) var releases: [Member<LeavingStep>] = []
    private(set) var applications: [Member<Application>] = []
    private(set) var timers: [Member<NewTimer>] = []
    private(set) var clears: [Member<TimerKey>] = []
    private(set) var firing: [Member<FiringTimer>] = []
    private(set) var keeps: [Member<KeptSignal>] = []
    private(set) var takes: [Member<SignalKey>] = []
    private(set) var guards: [Member<IdempotencyClaim>] = []
    private(set) var messages: [Member<Message>] = []
    private(set) var heard: [Member<Message.Key>] = []
    private(set) var freezes: [Member<FreezeChange>] = []
    /// How many tasks the committing worker takes at once.
    private(set) var successors = 0

    /// Rows of the set that has most.
    var largestSet: Int {
        let counts = [
            transitions.count, holds.count, removes.count, cancels.count, tasks.count, steps.count,
            releases.count, applications.count, timers.count, clears.count, keeps.count, takes.count,
            messages.count, firing.count,
        ]
        return counts.max() ?? 0
    }

    init(_ batch: [Transition], claim: ClaimRequest?) {
        for (index, transition) in batch.enumerated() { add(transition, at: index, claim) }
    }

    private mutating func add(_ transition: Transition, at index: Int, _ claim: ClaimRequest?) {
        let run = transition.run
        func add<Value>(_ values: [Value], to rows: inout [Member<Value>]) {
            for value in values { rows.append(Member(index: index, run: run, value: value)) }
        }
        transitions.append(Member(index: index, run: run, value: transition))
        if let begin = transition.begins { add([begin], to: &begins) }
        var removed = Set(transition.removes)
        for hold in transition.holds {
            let isRemoved = removed.remove(hold.step) != nil
            add([HeldTask(hold: hold, isRemoved: isRemoved)], to: &holds)
        }
        if !removed.isEmpty { add(transition.removes.filter(removed.contains), to: &removes) }
        add(transition.cancels, to: &cancels)
        add(transition.steps, to: &steps)
        add(transition.leaving, to: &releases)
        add(transition.applications, to: &applications)
        add(transition.timers, to: &timers)
        add(transition.firesTimers, to: &firing)
        add(transition.signals, to: &keeps)
        add(transition.takesSignals, to: &takes)
        if let claim = transition.idempotency { add([claim], to: &guards) }
        add(transition.messages, to: &messages)
        if let message = transition.hears { add([message], to: &heard) }
        if let freeze = transition.freeze { add([freeze], to: &freezes) }
        addClears(of: transition, at: index)
        for task in transition.tasks {
            let isClaimed = claim.map { successors < $0.successors && $0.accepts(task) } ?? false
            successors += isClaimed ? 1 : 0
            add([QueuedTask(task: task, isClaimed: isClaimed)], to: &tasks)
        }
    }

    /// A timer that is armed again is not cleared first.
    private mutating func addClears(of transition: Transition, at index: Int) {
        guard !transition.clearsTimers.isEmpty else { return }
        let armed = Set(transition.timers.map(\.key))
        for key in transition.clearsTimers where !armed.contains(key) {
            clears.append(Member(index: index, run: transition.run, value: key))
        }
    }
}

extension ClaimRequest {
    fileprivate func accepts(_ task: NewTask) -> Bool {
        task.status == .ready && task.spec.admission == nil && task.level <= level
            && queues.contains(task.queue) && (abilities?.isSuperset(of: task.spec.needs) ?? true)
    }
}

// MARK: - Columns

extension CommitRows {
    static let transitionColumns = RowSet<Member<Transition>>(
        alias: "t",
        columns: [
            .int("i") { $0.index },
            .run("run_id") { $0.run },
            .bigint("version") { $0.value.expectedVersion },
            .text("phase") { $0.value.live?.phase.rawValue },
            .bool("paused") { $0.value.live?.paused ?? false },
            .text("compensation") { $0.value.live?.compensation.rawValue },
            .int("last_seq") { $0.value.live?.lastSeq },
            .int("next_step") { $0.value.live?.nextStep },
            .text("state") { $0.value.live?.state },
            .int("seq") { $0.value.firstSeq },
            .int("count") { $0.value.events.count },
            .time("at") { $0.value.events.last?.at },
            .text("events") { HistoryEvent.encode($0.value.events) },
        ]
    )

    static let beginColumns = RowSet<Member<NewRun>>(
        alias: "b",
        columns: [
            .int("i") { $0.index },
            .run("run_id") { $0.run },
            .bigint("workflow_id") { $0.value.workflow },
            .bigint("definition_id") { $0.value.definition },
            .text("business_key") { $0.value.submission.key },
            .int("priority") { $0.value.submission.priority },
            .text("labels") { labels($0.value.submission.labels) },
            .time("scheduled_at") { $0.value.submission.startAt },
            .text("actor") { $0.value.submission.actor.name },
            .text("input") { $0.value.submission.input.text },
            .text("principal") { $0.value.submission.idempotency?.principal },
            .text("key") { $0.value.submission.idempotency?.key },
            .text("body_hash") { $0.value.submission.idempotency?.bodyHash },
            .text("answer") { $0.value.submission.idempotency?.answer },
        ]
    )

    static let endColumns = RowSet<Member<Transition>>(
        alias: "e",
        columns: [
            .int("i") { $0.index },
            .text("status") { $0.value.ends?.status.rawValue },
            .text("compensation") { $0.value.ends?.compensation.rawValue },
            .time("ended_at") { $0.value.events.last?.at },
            .text("error_type") { $0.value.ends?.error?.type },
            .text("output") { $0.value.ends?.output?.text },
            .text("error") { $0.value.ends?.error?.json.serialized() },
        ]
    )

    static let holdColumns = RowSet<Member<HeldTask>>(
        alias: "h",
        columns: [
            .int("i") { $0.index },
            .run("run_id") { $0.run },
            .int("step") { $0.value.hold.step },
            .bigint("token") { $0.value.hold.token },
            .bool("goes") { $0.value.isRemoved },
        ]
    )

    static let stepNumberColumns = RowSet<Member<Int>>(
        alias: "n",
        columns: [.int("i") { $0.index }, .run("run_id") { $0.run }, .int("step") { $0.value }]
    )

    static let taskColumns = RowSet<Member<QueuedTask>>(
        alias: "n",
        columns: [
            .int("i") { $0.index },
            .int("step") { $0.value.task.step },
            .text("path") { $0.value.task.path },
            .text("status") { $0.value.task.storedStatus.rawValue },
            .text("queue") { $0.value.task.queue },
            .int("priority") { $0.value.task.priority },
            .int("level") { $0.value.task.level },
            .int("attempt") { $0.value.task.attempt },
            .int("losses") { $0.value.task.losses },
            .bigint("bound_ms") { $0.value.task.boundMilliseconds },
            .text("spec") { $0.value.task.spec.encoded },
            .text("input") { $0.value.task.input.text },
            .text("attempts") { $0.value.task.attempts },
            .text("checkpoint") { $0.value.task.checkpoint?.text },
            .text("needs") { $0.value.task.spec.storedNeeds },
            .bool("mine") { $0.value.isClaimed },
        ]
    )

    static let stepColumns = RowSet<Member<EndedStep>>(
        alias: "n",
        columns: [
            .int("i") { $0.index },
            .int("step") { $0.value.step },
            .int("scope") { $0.value.scope },
            .text("path") { $0.value.path },
            .text("status") { $0.value.status.rawValue },
            .bigint("token") { $0.value.token },
            .int("ended_seq") { $0.value.endedSeq },
            .time("started_at") { $0.value.startedAt },
            .time("ended_at") { $0.value.endedAt },
            .bool("compensates") { $0.value.compensates },
            .text("attempts") { $0.value.attempts },
            .text("input") { $0.value.input?.text },
            .text("output") { $0.value.output?.text },
            .text("error") { $0.value.error?.json.serialized() },
        ]
    )
}

private func labels(_ labels: [String: String]) -> String {
    let sorted = labels.sorted { $0.key < $1.key }
    return JSONValue.object(JSONObject(sorted.map { ($0.key, .string($0.value)) })).serialized()
}
