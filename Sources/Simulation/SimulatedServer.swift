import Linux
import Scheduler

/// One server and its worker: what it remembers of runs, which may be stale, and what it has in hand.
struct SimulatedServer {
    struct Item {
        var run: RunID
        var event: RunEvent
        /// Of a run that begins.
        var definition: Int64 = 1
        /// What it was made from.
        var message: Message.Key?
    }

    private struct Known {
        var state: RunState
        var version: Int64
    }

    let worker: WorkerID
    /// Stands still until then, its lease running out meanwhile.
    var pausedUntil: Timestamp?
    /// Attempts that its executor runs.
    var held: [ClaimedTask] = []
    /// What it is to write, in no order.
    var inbox: [Item] = []
    /// What it has to tell the others since it was asked last.
    var hints: [Hint] = []
    var attention = Attention()
    /// How far its idea of the database's clock is off.
    let skew: Duration
    private var known: [RunID: Known] = [:]
    private let decider = Decider(seed: 7)

    init(worker: WorkerID, skew: Duration) {
        self.worker = worker
        self.skew = skew
    }

    /// Decides on what is in the inbox at that place and writes; after a failure it stays there.
    mutating func deliver(_ place: Int, to store: FaultyStore, _ definitions: [Int64: Definition]) {
        let item = inbox.remove(at: place)
        do {
            try write(item, to: store, definitions)
        } catch {
            known = [:]
            inbox.append(item)
        }
    }

    /// Claims so many tasks; those whose answer is lost are held by nobody who knows.
    func claim(_ limit: Int, from store: FaultyStore) -> [ClaimedTask] {
        let request = ClaimRequest(
            worker: worker,
            queues: ["default"],
            level: Decider.currentLevel,
            limit: limit,
            successors: 0
        )
        return (try? store.commit(Batch(transitions: [], claim: request)))?.claimed ?? []
    }

    private mutating func write(
        _ item: Item,
        to store: FaultyStore,
        _ definitions: [Int64: Definition]
    ) throws(StoreError) {
        for _ in 0..<40 {
            guard let decided = try decide(item, store, definitions) else {
                // A message that changes nothing is taken away by itself.
                if let message = item.message { store.store.discard(message) }
                return
            }
            store.witness.event = item.event
            let result = try store.commit(Batch(transitions: [decided.transition]))
            switch result.results[0] {
            case .applied(let version):
                known[item.run] = nil
                hints += decided.transition.hints
                guard let state = decided.state, decided.transition.live != nil else { return }
                known[item.run] = Known(state: state, version: version)
                if state.mustProceed { inbox.append(Item(run: item.run, event: .proceed)) }
                return
            case .overtaken: known[item.run] = nil
            case .staleToken(let step) where !item.event.reports(step): known[item.run] = nil
            default: return
            }
        }
        store.witness.report("overtaken for ever on \(item.event)")
    }

    /// Nil for what changes nothing.
    private mutating func decide(
        _ item: Item,
        _ store: FaultyStore,
        _ definitions: [Int64: Definition]
    ) throws(StoreError) -> (transition: Transition, state: RunState?)? {
        var isFresh = known[item.run] == nil
        guard var view = try view(item, store, definitions) else { return nil }
        for _ in 0..<40 {
            switch decider.decide(item.event, on: view, now: store.store.now + skew) {
            case .transition(var transition, let state, _):
                transition.hears = item.message
                return (transition, state)
            case .needs(let needs):
                guard try load(needs, into: &view, from: store) else { return nil }
                // Another server has taken the signal: what is known of the run is stale.
                guard !needs.signals.isSubset(of: view.signals.keys) else { continue }
                known[item.run] = nil
                guard let fresh = try self.view(item, store, definitions) else { return nil }
                view = fresh
            case .ignored, .refused:
                // What changes nothing is never overtaken, so nothing else would tell of stale knowledge.
                guard !isFresh else { return nil }
                known[item.run] = nil
                isFresh = true
                guard let fresh = try self.view(item, store, definitions) else { return nil }
                view = fresh
            }
        }
        store.witness.report("the decision on \(item.event) never has what it needs")
        return nil
    }

    private mutating func view(
        _ item: Item,
        _ store: FaultyStore,
        _ definitions: [Int64: Definition]
    ) throws(StoreError) -> RunView? {
        if case .submitted(let submission) = item.event {
            guard store.store.runs[item.run] == nil, let definition = definitions[item.definition] else {
                return nil
            }
            let facts = RunFacts(submission, createdAt: store.store.now)
            return RunView(run: item.run, definition: definition, facts: facts, state: nil, version: 0)
        }
        guard let run = store.store.runs[item.run], let definition = definitions[run.definition] else {
            return nil
        }
        if known[item.run] == nil {
            guard let snapshot = try store.load([item.run], withTasks: false).first,
                let state = try? RunState(decoding: snapshot.live.state)
            else { return nil }
            known[item.run] = Known(state: state, version: snapshot.version)
        }
        return known[item.run].map {
            RunView(
                run: item.run,
                definition: definition,
                facts: run.facts,
                state: $0.state,
                version: $0.version
            )
        }
    }

    /// False when the run has ended meanwhile.
    private func load(_ needs: Needs, into view: inout RunView, from store: FaultyStore) throws(StoreError)
        -> Bool
    {
        view.signals.merge(try store.signals(needs.signals, of: view.run)) { $1 }
        view.results.merge(try store.results(of: Array(needs.results), in: view.run)) { $1 }
        if let undone = view.facts.undoes {
            view.results.merge(try store.results(of: Array(needs.results), in: undone)) { $1 }
        }
        view.results.merge(try store.inputs(of: Array(needs.inputs), in: view.run)) { $1 }
        for (scope, first) in needs.items {
            view.items[scope] = try store.items(of: scope, from: first, in: view.run)
        }
        guard needs.tasks else { return true }
        guard let snapshot = try store.load([view.run], withTasks: true).first,
            let state = try? RunState(decoding: snapshot.live.state)
        else { return false }
        (view.state, view.version) = (state, snapshot.version)
        view.tasks = Dictionary(uniqueKeysWithValues: (snapshot.tasks ?? []).map { ($0.step, $0) })
        return true
    }
}

extension RunEvent {
    /// Whether it tells of an attempt of that step, which is late for good under a stale token.
    fileprivate func reports(_ step: Int) -> Bool {
        switch self {
        case .attemptEnded(let end): end.step == step
        case .attemptLost(let lost, _, _, _): lost == step
        default: false
        }
    }
}
