import Linux

/// One writer's working state: what it knows of runs, and what waits for the next batch.
struct WriterDesk {
    private var connection: StoreConnection
    private let decider: Decider
    private let definitions: DefinitionCache
    private let clock: DatabaseClock
    private let counters: Counters
    private let worker: Worker?
    private let effects: TransitionEffects
    private var cache = RunCache()
    /// What must go on: later events of a run in the batch, and what was overtaken.
    private var waiting: [Writer.Item] = []
    /// What is being decided on and is not answered yet; after a failure it is decided again.
    private var inHand = WriterHand()

    /// Overtaken three times, an item stays a last time alone, and then says so.
    private static let triesLimit = 12

    init(
        connection: StoreConnection,
        decider: Decider,
        definitions: DefinitionCache,
        clock: DatabaseClock,
        counters: Counters,
        worker: Worker?,
        effects: TransitionEffects
    ) {
        self.connection = connection
        self.decider = decider
        self.definitions = definitions
        self.clock = clock
        self.counters = counters
        self.worker = worker
        self.effects = effects
    }

    var waitingCount: Int { waiting.count }

    /// Decides on events and writes one transition a run; what is left waits for the next call.
    mutating func work(on arrivals: [Writer.Item]) throws(StoreError) {
        waiting = inHand.take(waiting + arrivals)
        let store = try connection.get()
        try loadMissing(from: store)
        var decided: [DecidedEvents] = []
        for place in inHand.groups.indices {
            if let one = try decide(place, store: store) { decided.append(one) }
        }
        try write(decided, to: store)
    }

    /// Puts what was in hand back, or answers it, after the store failed.
    mutating func recover(from error: StoreError, closing: Bool) {
        for item in inHand.items {
            cache.drop(item.run)
            if case .unknownCommit = error { counters.add(.unknownCommits) }
            switch (error, item.event) {
            case (.refused(let message), _):
                item.reply?(.failed(message: message))
            case (.unreachable(let message), _) where !item.event.mustNotBeLost || closing:
                item.reply?(.unavailable(message: message))
            default:
                var again = item
                again.tries += 1
                waiting.append(again)
            }
        }
        inHand.clear()
        if error.breaksConnection {
            cache.dropAll()
            connection.drop()
        }
    }
}

// MARK: - Deciding

extension WriterDesk {
    private mutating func loadMissing(from store: any Store) throws(StoreError) {
        var missing: [RunID] = []
        for group in inHand.groups where cache[group.run] == nil {
            guard group.items[0].definition == nil || group.items[0].tries > 0 else { continue }
            missing.append(group.run)
        }
        guard !missing.isEmpty else { return }
        for snapshot in try store.load(missing, withTasks: false) {
            try remember(snapshot, store: store)
        }
    }

    private mutating func remember(_ snapshot: RunSnapshot, store: any Store) throws(StoreError) {
        guard let definition = try definitions.get(snapshot.definition, from: store) else {
            throw .refused(
                message: "run \(snapshot.run) needs definition \(snapshot.definition), which is gone"
            )
        }
        guard let state = try? RunState(decoding: snapshot.live.state) else {
            throw .refused(message: "the state of run \(snapshot.run) cannot be read by this release")
        }
        cache.put(
            snapshot.run,
            RunCache.Entry(
                version: snapshot.version,
                definition: definition,
                facts: snapshot.facts,
                state: state
            )
        )
    }

    /// The decision on a run's events, with what it asks for read on the way; nil when all are answered.
    private mutating func decide(_ place: Int, store: any Store) throws(StoreError) -> DecidedEvents? {
        let run = inHand.groups[place].run
        var tasks: [Int: TaskFacts]?
        var signals: [SignalKey: Payload] = [:]
        var outputs: [Int: ItemOutputs] = [:]
        var undone: [Int: StepResult] = [:]
        var isFresh = cache[run] == nil
        while let item = inHand.groups[place].items.first {
            let items = inHand.groups[place].items
            guard var view = view(of: item, tasks: tasks) else {
                for item in items { item.reply?(.notLive) }
                inHand.keep([], at: place)
                break
            }
            view.signals = signals
            view.items = outputs
            view.results.merge(undone) { own, _ in own }
            let series = decider.decide(items.map(\.event), on: view, now: clock.now)
            switch series.decision {
            case .transition(var transition, let state, let results):
                transition.idempotency = item.idempotency
                transition.hears = item.message
                let covered = Array(items[..<series.events])
                waiting.append(contentsOf: items[series.events...])
                inHand.keep(covered, at: place)
                return DecidedEvents(covered, transition, state, results, view)
            case .needs(let needs):
                if !needs.results.isEmpty {
                    let steps = Array(needs.results)
                    let results = try store.results(of: steps, in: run)
                    cache.add(results, to: run)
                    // Nothing is kept of a run that is still to go on.
                    if view.isEnded { undone.merge(results) { $1 } }
                    if let other = view.facts.undoes {
                        undone.merge(try store.results(of: steps, in: other)) { $1 }
                    }
                }
                if !needs.signals.isEmpty || !needs.inputs.isEmpty {
                    try read(needs, of: run, adding: &signals, from: store)
                }
                for (scope, first) in needs.items {
                    outputs[scope] = try store.items(of: scope, from: first, in: run)
                }
                if needs.tasks {
                    tasks = try reloadWithTasks(run, store: store)
                    isFresh = true
                }
            case .ignored, .refused:
                guard isFresh else {
                    // What changes nothing is never overtaken, so nothing else would tell of a stale cache.
                    try reload(run, store: store)
                    isFresh = true
                    continue
                }
                answer(items[series.events], series.decision)
                inHand.drop(series.events, at: place)
            }
        }
        return nil
    }

    /// Reads signals and inputs; where one is gone, another process has moved the run on since it was kept.
    private mutating func read(
        _ needs: Needs,
        of run: RunID,
        adding signals: inout [SignalKey: Payload],
        from store: any Store
    ) throws(StoreError) {
        let kept = needs.signals.isEmpty ? [:] : try store.signals(needs.signals, of: run)
        let inputs = needs.inputs.isEmpty ? [:] : try store.inputs(of: Array(needs.inputs), in: run)
        signals.merge(kept) { $1 }
        cache.add(inputs, to: run)
        let isStale = kept.count < needs.signals.count || inputs.count < needs.inputs.count
        if isStale { try reload(run, store: store) }
    }

    private func answer(_ item: Writer.Item, _ decision: Decision) {
        switch decision {
        case .ignored(let reason): item.reply?(.ignored(reason: reason))
        case .refused(let refusal): item.reply?(.refused(refusal))
        case .transition, .needs: break
        }
    }

    private func view(of item: Writer.Item, tasks: [Int: TaskFacts]?) -> RunView? {
        if let entry = cache[item.run] {
            return RunView(
                run: item.run,
                definition: entry.definition,
                facts: entry.facts,
                state: entry.state,
                version: entry.version,
                results: entry.results,
                tasks: tasks
            )
        }
        guard let definition = item.definition else { return nil }
        switch item.event {
        case .submitted(let submission):
            let facts = RunFacts(submission, createdAt: clock.now)
            return RunView(run: item.run, definition: definition, facts: facts, state: nil, version: 0)
        case .revive(let revival): return RunView(item.run, revival, of: definition, now: clock.now)
        default: return nil
        }
    }

    /// Another process may have moved the run on since it was kept.
    private mutating func reload(_ run: RunID, store: any Store) throws(StoreError) {
        cache.drop(run)
        for snapshot in try store.load([run], withTasks: false) { try remember(snapshot, store: store) }
    }

    private mutating func reloadWithTasks(
        _ run: RunID,
        store: any Store
    ) throws(StoreError) -> [Int: TaskFacts]? {
        guard let snapshot = try store.load([run], withTasks: true).first else {
            cache.drop(run)
            return nil
        }
        if cache[run]?.version != snapshot.version { try remember(snapshot, store: store) }
        return Dictionary(uniqueKeysWithValues: (snapshot.tasks ?? []).map { ($0.step, $0) })
    }
}

// MARK: - Writing

extension WriterDesk {
    private mutating func write(_ decided: [DecidedEvents], to store: any Store) throws(StoreError) {
        let ready = decided.reduce(0) { $0 + $1.transition.readyCount }
        let reservation = worker?.reserve(successors: ready)
        defer { reservation?.release() }
        let claim = reservation?.claim
        // Where all is answered without a change, nothing may stay in hand: it would be decided again.
        guard !decided.isEmpty || (claim?.limit ?? 0) > 0 else { return inHand.clear() }

        let batch = Batch(transitions: decided.map(\.transition), claim: claim)
        let sent = MonotonicTime.now
        CrashPoint.pass("writer.before-commit")
        let result = try store.commit(batch)
        CrashPoint.pass("writer.after-commit")
        effects.wrote(batch, in: .now - sent)
        clock.observe(result.now)
        counters.add(.batches)
        var claimed: [RunID: Set<Int>] = [:]
        for task in result.claimed { claimed[task.run, default: []].insert(task.step) }
        for (one, outcome) in zip(decided, result.results) {
            settle(one, outcome, claimed: claimed[one.transition.run] ?? [])
        }
        // All of it is answered: should what follows fail, nothing of it is decided again.
        inHand.clear()
        try launch(result, with: reservation, from: store)
    }

    private mutating func settle(_ one: DecidedEvents, _ outcome: TransitionResult, claimed: Set<Int>) {
        let run = one.transition.run
        switch outcome {
        case .applied(let version):
            counters.add(.transitions)
            let caller = one.transition.begins.map(\.submission.caller) ?? cache[run]?.state.caller
            counters.add(.successors, claimed.count)
            counters.add(.retries, one.transition.tasks.count { $0.status == .backoff })
            if let state = one.state, one.transition.live != nil {
                keep(one, state: state, version: version)
            } else {
                cache.drop(run)
            }
            effects.committed(one.transition, claimed: claimed)
            CrashPoint.pass("writer.before-reply")
            effects.trace(one.transition, of: one.definition.workflow.name, facts: one.facts, caller: caller)
            for item in one.items { item.reply?(.applied(ended: one.transition.ends != nil)) }
            if one.state?.mustProceed == true { waiting.append(Writer.Item(run: run, event: .proceed)) }
        case .overtaken:
            counters.add(.overtaken)
            cache.drop(run)
            for item in one.items { retry(item) }
        case .staleToken(let step):
            let caller = (one.state ?? cache[run]?.state)?.caller
            for item in one.items { settleStale(item, step: step, caller: caller) }
        case .staleTimer(let step):
            if one.items.count > 1 { return separate(one.items) }
            let reason = "the timer of step \(step) that was due has fired"
            one.items[0].reply?(.ignored(reason: reason))
        case .heard:
            cache.drop(run)
            one.items[0].reply?(.ignored(reason: "the message was heard already"))
        case .keyTaken(let holder): one.items[0].reply?(.keyTaken(by: holder))
        case .replayed(let answer): one.items[0].reply?(.replayed(answer: answer))
        case .keyReused: one.items[0].reply?(.keyReused)
        case .declined(let reason): one.items[0].reply?(.refused(CommandRefusal(message: reason)))
        case .fireTaken: one.items[0].reply?(.ignored(reason: "the schedule has changed, or has this run"))
        case .refused(let message):
            counters.add(.refused)
            cache.drop(run)
            if one.items.count == 1 { return settleRefused(one.items[0], message: message) }
            separate(one.items)
        }
    }

    /// One of the events is at fault: alone, the others pass.
    private mutating func separate(_ items: [Writer.Item]) {
        for var item in items {
            item.isAlone = true
            waiting.append(item)
        }
    }

    /// A result that the database will not take fails its step; anything else is told to whoever asked.
    private mutating func settleRefused(_ item: Writer.Item, message: String) {
        guard case .attemptEnded(var end) = item.event, item.tries == 0 else {
            item.reply?(.failed(message: message))
            return
        }
        let text = "the database refuses the step's result: \(message)"
        end.report.outcome = .failed(StepError(type: ErrorType.invalidOutput, message: text))
        var again = item
        again.event = .attemptEnded(end)
        again.tries = 1
        waiting.append(again)
    }

    private mutating func keep(_ one: DecidedEvents, state: RunState, version: Int64) {
        let run = one.transition.run
        if cache[run] == nil {
            cache.put(
                run,
                RunCache.Entry(version: version, definition: one.definition, facts: one.facts, state: state)
            )
        }
        cache.advance(run, to: version, state, adding: one.results)
    }

    /// A late result is rejected for good; any other event saw a task that a worker has taken since.
    private mutating func settleStale(_ item: Writer.Item, step: Int, caller: TraceContext?) {
        guard item.event.reportedStep == step else { return retry(item) }
        counters.add(.staleResults)
        effects.rejectedLateResult(run: item.run, step: step, caller: caller)
        item.reply?(.ignored(reason: "step \(step) is no longer held under this token"))
    }

    private mutating func retry(_ item: Writer.Item) {
        var again = item
        again.tries += 1
        guard again.tries < Self.triesLimit else {
            item.reply?(.unavailable(message: "run \(item.run) is changed by others all the time; try again"))
            return
        }
        waiting.append(again)
    }

    private mutating func launch(
        _ result: BatchResult,
        with reservation: Worker.Reservation?,
        from store: any Store
    ) throws(StoreError) {
        guard let reservation else { return }
        let claimed = result.claimed
        reservation.settle(claimed, isHeldBack: result.isHeldBack)
        guard !claimed.isEmpty else { return }
        CrashPoint.pass("writer.before-launch")
        counters.add(.claims, claimed.count)
        let unknown = claimed.map(\.run).filter { cache[$0] == nil }
        if !unknown.isEmpty {
            for snapshot in try store.load(unknown, withTasks: false) { try remember(snapshot, store: store) }
        }
        for task in claimed {
            guard let entry = cache[task.run] else { continue }
            counters.add(.attempts)
            worker?.start(
                task,
                definition: entry.definition,
                facts: entry.facts,
                callbackSeed: reservation.claim.callbackSeed,
                trace: effects.traceContext(of: task, caller: entry.state.caller),
                bounds: AttemptBounds(entry.state),
                atOnce: claimed.count == 1 && waiting.isEmpty
            )
        }
    }
}
