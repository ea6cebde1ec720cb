import JSON
import JSONSchema
import Linux

/// Why a decision stops before its end.
enum Interrupt: Error {
    case needs(Needs)
    case ignored(String)
    case refused(String)
    case gone(String)
    case invalid(String, [Violation])
}

/// Something that follows from what has happened, to be done in this transition.
enum Work: Hashable {
    /// Start the node at a position of a dag or machine.
    case begin(scope: Int, position: Int)
    /// Start items of a foreach as far as its width allows.
    case fill(scope: Int)
    /// Start the next item of a foreach, up to the one before `until`.
    case items(scope: Int, until: Int)
    /// Judge the round of a repeated step that has ended, or start the first.
    case round(scope: Int)
    /// All that was in the scope is over.
    case close(scope: Int)
    /// Undo the next thing inside a failed step, or settle what becomes of it.
    case advance(step: Int)
    /// The steps have ended: undo, run `always`, end.
    case run
}

/// A decision in the making: facts are emitted, folded into the state, and what follows is put on the agenda.
struct Deciding {
    let decider: Decider
    let view: RunView
    let now: Timestamp
    var state: RunState
    var transition: Transition
    var newResults: [Int: StepResult] = [:]
    /// Tasks that this transition writes.
    var written: [Int: NewTask] = [:]
    /// The tasks whose attempts ended, as their workers had them.
    var reported: [Int: KnownTask] = [:]
    /// Deferred steps, which keep their slots until their answer.
    var keepsAdmission: Set<Int> = []
    /// How the child of a step ended, while its step is settled.
    var endedChild: (step: Int, end: ChildEnd)?
    /// Steps of a run that is taken up, of which nothing live is stored.
    var revived: Set<Int> = []
    /// The output of a run that succeeded, until it ends.
    var output: Payload?
    private var agenda: [Work] = []
    private var handled = 0
    private var begun = 0
    private var bytes = 0
    private var isBounded = false
    /// It goes on where a transition stopped at its bound.
    private var resumes: Bool

    init(_ decider: Decider, _ view: RunView, now: Timestamp) {
        self.decider = decider
        self.view = view
        self.now = now
        let state = view.state ?? RunState()
        self.state = state
        resumes = state.mustProceed
        transition = Transition(
            run: view.run,
            expectedVersion: view.state == nil ? nil : view.version,
            firstSeq: state.lastSeq + 1
        )
    }

    var definition: Definition { view.definition }

    /// The result of a step, if it is at hand.
    func result(of step: Int) -> StepResult? { newResults[step] ?? view.results[step] }

    /// The steps below this number were there before this transition.
    var firstNewStep: Int { view.state?.nextStep ?? 1 }

    /// Whether a live step has rows from before this transition.
    func isStored(_ step: Int) -> Bool { step < firstNewStep && !revived.contains(step) }
}

// MARK: - Facts and what follows

extension Deciding {
    /// Records a fact of the run or of a scope.
    mutating func emit(_ kind: HistoryEvent.Kind, path: String? = nil, _ data: JSONObject = [:]) {
        append(HistoryEvent(kind: kind, at: now, path: path, data: data))
    }

    /// Records a fact of a live step.
    mutating func emit(_ kind: HistoryEvent.Kind, step: Int, _ data: JSONObject = [:]) {
        append(HistoryEvent(kind: kind, at: now, path: path(of: step), step: step, data: data))
    }

    /// Records the first fact of a step that begins, and returns its number.
    mutating func emit(_ kind: HistoryEvent.Kind, beginning instance: Instance, _ data: JSONObject = [:])
        -> Int
    {
        let number = instance.number ?? state.nextStep
        let path = state.path(of: instance.asStep, definition)
        append(
            HistoryEvent(kind: kind, at: now, path: path, step: number, data: instance.data(adding: data))
        )
        begun += 1
        return number
    }

    private mutating func append(_ event: HistoryEvent) {
        state.apply(event, of: definition)
        transition.events.append(event)
        // By estimate: names, times and numbers take some 100 bytes, and errors are short.
        bytes += 100 + 40 * event.data.count
    }

    mutating func follow(_ work: Work) {
        agenda.append(work)
    }

    /// Works the agenda off, first in first out, until nothing instantaneous is left or the bound is reached.
    mutating func settle() throws {
        if resumes {
            resumes = false
            for work in state.dueWork(definition) { follow(work) }
        }
        while handled < agenda.count, !state.paused, transition.ends == nil {
            guard isWithinBounds else { return stopAtBound() }
            handled += 1
            try perform(agenda[handled - 1])
        }
        guard view.state?.mustProceed == true else { return }
        // Nothing was left to do after all, and a fact has to say so.
        if transition.events.isEmpty { emit(.runContinues, ["settled": true]) }
        if !transition.clearsTimers.contains(.proceed) { transition.clearsTimers.append(.proceed) }
    }

    /// Whether a further event may be taken into the transition.
    var hasRoom: Bool { isWithinBounds && !isBounded && transition.ends == nil }

    private var isWithinBounds: Bool {
        begun < decider.limits.nodesPerTransition && bytes < decider.limits.bytesPerTransition
    }

    /// What a transition carries beside its events counts towards its bound.
    mutating func carry(_ payload: Payload) { bytes += payload.text.utf8.count }

    private mutating func stopAtBound() {
        isBounded = true
        emit(.runContinues)
        // The row of a transition that stopped before is still there, and due.
        guard view.state?.mustProceed != true else {
            return transition.clearsTimers.removeAll { $0 == .proceed }
        }
        transition.timers.append(NewTimer(step: 0, kind: .proceed, due: .after(milliseconds: 0)))
    }

    private mutating func perform(_ work: Work) throws {
        switch work {
        case .begin(let scope, let position): try begin(position, in: scope)
        case .fill(let scope): try fill(scope)
        case .items(let scope, let end): try beginItem(in: scope, until: end)
        case .round(let scope): try judgeRound(in: scope)
        case .close(let scope): try close(scope)
        case .advance(let step): try advance(step)
        case .run: try advanceRun()
        }
    }

    func path(of step: Int) -> String {
        state.steps[step].map { state.path(of: $0, definition) } ?? ""
    }
}

extension TimerKey {
    static let proceed = TimerKey(step: 0, kind: .proceed)
    static let runTimeout = TimerKey(step: 0, kind: .runTimeout)
}

/// A step about to begin.
struct Instance {
    var scope: Int
    var node: Int
    var own: NodeSpec?
    var index = -1
    var of = 0
    var serves = 0
    var priority = 0
    /// Of a step that begins again: its number, its next attempt, the receipts of those before.
    var number: Int?
    var attempt = 1
    var generation = 1
    var receipts: String?
    var input: Payload?
    /// An attempt of it may have had effects that nobody knows of.
    var isUnknown = false

    var asStep: StepState {
        var step = StepState(scope: scope, node: node)
        step.own = own
        step.index = index
        step.of = of
        step.serves = serves
        return step
    }

    func data(adding more: JSONObject) -> JSONObject {
        var data: JSONObject = ["scope": .integer(Int64(scope)), "node": .integer(Int64(node))]
        if index >= 0 { data["index"] = .integer(Int64(index)) }
        if of != 0 { data["of"] = .integer(Int64(of)) }
        if serves != 0 { data["serves"] = .integer(Int64(serves)) }
        if priority != 0 { data["priority"] = .integer(Int64(priority)) }
        if attempt != 1 { data["attempt"] = .integer(Int64(attempt)) }
        if generation != 1 { data["generation"] = .integer(Int64(generation)) }
        if isUnknown { data["unknown"] = true }
        if let own { data["own"] = try? JSONValue(encoding: own) }
        for (key, value) in more { data[key] = value }
        return data
    }
}

// MARK: - What is due

extension RunState {
    /// What follows from the state alone: where a transition goes on that stopped at its bound, or was
    /// paused.
    func dueWork(_ definition: Definition) -> [Work] {
        var work: [Work] = []
        for number in scopes.keys.sorted() {
            if let scope = scopes[number] { work += scope.dueWork(number, definition) }
        }
        for number in steps.keys.sorted() {
            if let step = steps[number], step.stage == .undoing, step.helper == 0 {
                work.append(.advance(step: number))
            }
        }
        if scopes[root]?.stop == .closed { work.append(.run) }
        return work
    }
}

extension ScopeState {
    fileprivate func dueWork(_ number: Int, _ definition: Definition) -> [Work] {
        if stop == .closed { return [] }
        if isOver { return [.close(scope: number)] }
        guard isRunning else { return [] }
        switch kind {
        case .dag:
            return begun.indices.filter { begun[$0] == 0 && counts[$0] == 0 }
                .map { .begin(scope: number, position: $0) }
        case .machine: return cursor >= 0 ? [.begin(scope: number, position: cursor)] : []
        case .items: return [.fill(scope: number)]
        case .rounds: return live == 0 ? [.round(scope: number)] : []
        case .program: return []
        }
    }

    /// Whether nothing more happens in the scope.
    var isOver: Bool {
        guard live == 0 else { return false }
        if stop != .none { return stop != .closed }
        switch kind {
        case .dag, .items: return ended == total
        case .machine: return cursor < 0
        case .rounds, .program: return false
        }
    }
}
