import JSON
import Linux

/// What became of the steps of a run since it began, or since it was taken up last.
struct RunRecord {
    struct Step {
        var scope: Int
        var path = ""
        var of = 0
        var serves = 0
        /// The scope that it opened last; 0 for none.
        var opened = 0
        /// What was done in that scope has been undone, or an attempt at it was made.
        var wasUndone = false
        var child: RunID?
        var end: HistoryEvent.Kind?
        var error: StepError?
        /// Its failure went no further: continued, tolerated or caught.
        var isContained = false

        /// It failed or was cancelled, and nobody dealt with that.
        var isLost: Bool { (end == .stepFailed || end == .stepCancelled) && !isContained }
        var isCompensation: Bool { of != 0 && path.hasSuffix("!") }
    }

    /// Where the events begin.
    private(set) var base = RunState()
    private(set) var events: ArraySlice<HistoryEvent>
    private(set) var steps: [Int: Step] = [:]
    /// The step that opened each scope.
    private(set) var owners: [Int: Int] = [:]
    private(set) var root = 0
    private(set) var always = 0
    /// The steps before `always` have succeeded.
    private(set) var hasSucceeded = false

    init(_ history: [HistoryEvent], of definition: Definition) {
        events = history[...]
        if let last = history.lastIndex(where: { $0.kind == .runRetried }) {
            base.lastSeq = last
            base.apply(history[last], of: definition)
            events = history[(last + 1)...]
            seed(definition)
        }
        for event in events { note(event) }
    }

    /// What is live where the events begin.
    private mutating func seed(_ definition: Definition) {
        (root, always) = (base.root, base.always)
        hasSucceeded = base.conclusion?.status == .succeeded
        for (number, scope) in base.scopes { owners[number] = scope.owner }
        for (number, state) in base.steps {
            var step = Step(scope: state.scope, path: base.path(of: state, definition))
            (step.of, step.serves, step.opened) = (state.of, state.serves, state.child)
            step.child = state.childRun
            steps[number] = step
        }
    }

    private mutating func note(_ event: HistoryEvent) {
        guard let number = event.step else { return noteRun(event) }
        if let scope = event.integer("scope") {
            var step = Step(scope: scope, path: event.path ?? "")
            step.of = event.integer("of") ?? 0
            step.serves = event.integer("serves") ?? 0
            step.child = event.data["child"]?.stringValue.flatMap(RunID.init)
            steps[number] = step
        }
        switch event.kind {
        case .stepFailing: steps[number]?.wasUndone = true
        case .stepSucceeded, .stepFailed, .stepSkipped, .stepCancelled, .stepKept:
            steps[number]?.end = event.kind
            steps[number]?.error = event.error
            steps[number]?.isContained = ["continued", "tolerated", "caught"].contains {
                event.data[$0] == true
            }
        default: break
        }
    }

    private mutating func noteRun(_ event: HistoryEvent) {
        if event.kind == .runConcluded, event.data["status"] == "succeeded" { hasSucceeded = true }
        guard event.kind == .scopeOpened, let scope = event.integer("scope") else { return }
        let owner = event.integer("owner") ?? 0
        owners[scope] = owner
        if owner != 0 {
            steps[owner]?.opened = scope
            steps[owner]?.wasUndone = false
        } else if root == 0 {
            root = scope
        } else {
            always = scope
        }
    }

    /// Whether a scope is another, or inside it.
    func isScope(_ scope: Int, within outer: Int) -> Bool {
        var scope = scope
        while scope != 0, scope != outer { scope = steps[owners[scope] ?? 0]?.scope ?? 0 }
        return scope == outer && outer != 0
    }

    /// The steps inside a scope that a step has opened.
    func descendants(of number: Int) -> [Int] {
        let scopes = owners.filter { $0.value == number }.map(\.key)
        return steps.filter { step in scopes.contains { isScope(step.value.scope, within: $0) } }.map(\.key)
    }

    /// The outermost step that a step is part of, as a helper of it or inside it.
    func outermost(of number: Int) -> Int {
        var number = number
        while let step = steps[number] {
            if step.of != 0 {
                number = step.of
            } else if let owner = owners[step.scope], owner != 0 {
                number = owner
            } else {
                break
            }
        }
        return number
    }
}
