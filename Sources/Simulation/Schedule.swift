import JSON
import Linux
import Scheduler

/// A course of events drawn from a seed: servers that share a store, and what befalls them.
///
/// Every step is drawn from the seed and its number alone, so that a step can be left out and the others
/// stay what they are.
struct Schedule {
    private static let lease = Duration.seconds(10)

    let seed: UInt64
    private let definitions: [Int64: Definition]
    private let courier: SimulatedCourier
    let store = FaultyStore()
    var servers: [SimulatedServer] = []
    var redis = SimulatedRedis()
    /// Until when each worker's lease lasts, of the dead ones too.
    private var leases: [WorkerID: Timestamp] = [:]
    var random: SplitMix64

    init(seed: UInt64) {
        self.seed = seed
        random = SplitMix64(state: seed)
        // Most seeds have plain workflows, those of violations so far among them.
        let drawn =
            switch seed % 8 {
            case 1, 5: [RandomWorkflow.definition(&random, RandomWorkflow.Traits(isLimited: true))]
            case 3: RandomWorkflow.family(&random)
            default: [RandomWorkflow.definition(&random)]
            }
        definitions = Dictionary(uniqueKeysWithValues: drawn.map { ($0.stored.id, $0) })
        courier = SimulatedCourier(definitions: definitions)
        for definition in drawn { store.store.add(definition.stored) }
        for _ in 0..<Int.random(in: 2...3, using: &random) { servers.append(newServer()) }
        for number in 1...UInt64.random(in: 1...2, using: &random) { submit(number) }
    }

    /// Plays these steps, heals, and says what promise was broken; nil when all were kept.
    mutating func play(_ steps: [Int]) -> String? {
        for step in steps {
            random = SplitMix64(state: seed &* 0x1_0000_0001 &+ UInt64(step) &+ 1)
            happen()
            if step % 30 == 0 { checkRuns() }
            if let violation = store.witness.violation { return violation }
        }
        heal()
        checkRuns()
        return store.witness.violation
    }

    private func checkRuns() {
        for run in store.store.runs.values {
            guard let definition = definitions[run.definition] else { continue }
            store.witness.check(run, of: definition)
        }
        for definition in definitions.values { store.witness.check(store.store, of: definition) }
    }

    private mutating func newServer() -> SimulatedServer {
        let worker = WorkerID(high: random.next(), low: random.next())
        leases[worker] = store.store.now + Self.lease
        return SimulatedServer(
            worker: worker,
            skew: .milliseconds(Int64.random(in: -50...50, using: &random))
        )
    }

    private mutating func submit(_ number: UInt64) {
        let run = RunID(milliseconds: 1_750_000_000_000, random: (1, number))
        let submission = Submission(run: run, input: Payload([:]), actor: Actor(name: "simulation"))
        servers[0].inbox.append(SimulatedServer.Item(run: run, event: .submitted(submission)))
    }
}

// MARK: - What happens

extension Schedule {
    private mutating func happen() {
        let isJump = chance(60)
        let pause = Int64.random(in: isJump ? 5_000...60_000 : 0...400, using: &random)
        store.store.now = store.store.now + .milliseconds(pause)
        let place = Int.random(in: servers.indices, using: &random)
        if let until = servers[place].pausedUntil, until > store.store.now { return }
        servers[place].pausedUntil = nil
        leases[servers[place].worker] = store.store.now + Self.lease
        if isHinted { attend(to: place) }
        if chance(6) { store.fault = FaultyStore.Fault.allCases.randomElement(using: &random) }
        defer {
            store.fault = nil
            if isHinted { spreadHints(of: place) }
        }
        if !store.store.outbox.isEmpty, chance(4) { return deliverMessage(on: place) }
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<25: endAttempt(on: place)
        case 25..<55: deliver(on: place)
        case 55..<75: isHinted ? dispatch(on: place) : claimSome(on: place)
        case 75..<85: fireTimer(on: place)
        case 85..<90: rescue(on: place)
        case 90, 91: pauseServer(place)
        case 92: servers[place] = newServer(keeping: servers[place].inbox)
        default: command(on: place)
        }
    }

    private mutating func claimSome(on place: Int) {
        servers[place].held += servers[place].claim(Int.random(in: 1...4, using: &random), from: store)
    }

    mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

    /// A server dies, and what only it knew is lost; what clients and timers ask for comes again.
    private mutating func newServer(keeping inbox: [SimulatedServer.Item]) -> SimulatedServer {
        var server = newServer()
        server.inbox = inbox.filter {
            if case .submitted = $0.event { true } else { false }
        }
        return server
    }

    /// Longer than its lease, now and then: it wakes up and goes on as if nothing had been.
    private mutating func pauseServer(_ place: Int) {
        let pause = Int64.random(in: 1_000...40_000, using: &random)
        servers[place].pausedUntil = store.store.now + .milliseconds(pause)
    }

    private mutating func deliver(on place: Int) {
        guard let item = servers[place].inbox.indices.randomElement(using: &random) else { return }
        servers[place].deliver(item, to: store, definitions)
    }

    /// Any message may come, so that some come late; one that is written and not confirmed comes again.
    private mutating func deliverMessage(on place: Int) {
        let message = messages.randomElement(using: &random)
        guard let message, let item = courier.item(for: message, in: store.store) else { return }
        servers[place].inbox.append(item)
        servers[place].deliver(servers[place].inbox.count - 1, to: store, definitions)
    }

    private var messages: [Message] { store.store.outbox.values.sorted { $0.key.isBefore($1.key) } }

    /// An attempt ends; its report may be lost on the way, or sent twice.
    private mutating func endAttempt(on place: Int) {
        guard let index = servers[place].held.indices.randomElement(using: &random) else { return }
        let task = servers[place].held.remove(at: index)
        let event = end(of: task, outcome(of: task, on: place))
        let copies = chance(20) ? 0 : chance(10) ? 2 : 1
        for _ in 0..<copies { servers[place].inbox.append(SimulatedServer.Item(run: task.run, event: event)) }
        // Without a report the worker lives on and knows nothing of it: it hands the task to the rescuer.
        if copies == 0 { leave(task, on: place) }
    }

    private mutating func leave(_ task: ClaimedTask, on place: Int) {
        let lost = RunEvent.attemptLost(step: task.step, token: task.token, worker: "w")
        servers[place].inbox.append(SimulatedServer.Item(run: task.run, event: lost))
    }

    private mutating func outcome(of task: ClaimedTask, on place: Int) -> Outcome {
        let isCancelled =
            isHinted
            ? servers[place].attention.stopping.contains(task.token)
            : store.store.runs[task.run]?.tasks[task.step]?.isCancelled == true
        switch Int.random(in: 0..<20, using: &random) {
        case 0, 1: return .failed(StepError(type: "Exit", message: "1"))
        case 2: return .failed(StepError(type: ErrorType.timeout, message: "late"))
        case 3: return .failed(StepError(type: ErrorType.spawnFailed, message: "none"))
        case 4: return .snoozed(afterMilliseconds: 500)
        case 5: return .handedBack(reason: "draining")
        case 6: return .deferred(timeoutMilliseconds: 2_000)
        case 7...15 where isCancelled:
            return .cancelled(StepError(type: ErrorType.cancelled, message: "stopped"))
        default: return .succeeded(Payload(["n": .integer(Int64(task.step))]))
        }
    }

    private func end(of task: ClaimedTask, _ outcome: Outcome) -> RunEvent {
        .attemptEnded(
            AttemptEnd(
                step: task.step,
                token: task.token,
                worker: "w",
                startedAt: task.startedAt,
                endedAt: store.store.now,
                report: AttemptReport(outcome: outcome),
                task: task
            )
        )
    }

    /// Fires a timer that is due by the store's clock; a server that has found it due too is late to say so.
    private mutating func fireTimer(on place: Int) {
        var due: [SimulatedServer.Item] = []
        for run in store.store.runs.keys.sorted() {
            let timers = (store.store.runs[run]?.timers ?? [:]).filter { $0.value <= store.store.now }
            let inOrder = timers.sorted {
                ($0.value, $0.key.step, $0.key.kind.rawValue) < ($1.value, $1.key.step, $1.key.kind.rawValue)
            }
            due += inOrder.map { key, time in
                let event = RunEvent.timerDue(step: key.step, kind: key.kind, dueAt: time)
                return SimulatedServer.Item(run: run, event: event)
            }
        }
        guard let item = due.randomElement(using: &random) else { return }
        if chance(3) { servers[servers.indices.randomElement(using: &random) ?? place].inbox.append(item) }
        servers[place].inbox.append(item)
        servers[place].deliver(servers[place].inbox.count - 1, to: store, definitions)
    }

    /// Tells of every attempt of a worker whose lease has run out.
    private mutating func rescue(on place: Int) {
        for (run, step, token, task) in claimed {
            guard let worker = task.worker, leases[worker, default: store.store.now] < store.store.now else {
                continue
            }
            let lost = RunEvent.attemptLost(step: step, token: token, worker: "w", isAlone: chance(2))
            servers[place].inbox.append(SimulatedServer.Item(run: run, event: lost))
        }
    }

    /// Every task that somebody holds, in order.
    var claimed: [(run: RunID, step: Int, token: Int64, task: MemoryStore.Task)] {
        store.store.runs.keys.sorted().flatMap { run in
            let tasks = store.store.runs[run]?.tasks ?? [:]
            return tasks.keys.sorted().compactMap { step in
                tasks[step].flatMap { task in task.token.map { (run, step, $0, task) } }
            }
        }
    }

    private mutating func command(on place: Int) {
        guard let run = store.store.runs.keys.sorted().randomElement(using: &random) else { return }
        let actor = Actor(name: "chance")
        let event: RunEvent =
            switch Int.random(in: 0..<14, using: &random) {
            case 0: .cancel(actor)
            case 1, 2: .pause(actor)
            case 3...7: .resume(actor)
            case 8...10: .signalled(Signal(name: "red", payload: Payload(1), actor: actor))
            default: .signalled(Signal(name: "green", payload: Payload(1), actor: actor))
            }
        servers[place].inbox.append(SimulatedServer.Item(run: run, event: event))
    }
}

// MARK: - Healing

extension Schedule {
    /// Nothing breaks any more: every run must end, without any hint.
    private mutating func heal() {
        redis.isUp = false
        for place in servers.indices { servers[place].pausedUntil = nil }
        for _ in 0..<2_000 {
            for place in servers.indices { settle(place) }
            if store.witness.violation != nil { return }
            if store.store.runs.values.allSatisfy({ $0.end != nil }), messages.isEmpty { return }
            store.store.now = store.store.now + .seconds(1)
        }
        for (run, record) in store.store.runs where record.end == nil {
            let tasks = record.tasks.values.map { "\($0.row.path) \($0.status)" }.sorted()
            store.witness.report(
                "\(run) does not end once all is well: \(tasks), \(record.timers.count) timers"
            )
        }
        if !messages.isEmpty { store.witness.report("messages are never heard: \(messages)") }
    }

    private mutating func settle(_ place: Int) {
        leases[servers[place].worker] = store.store.now + Self.lease
        let now = store.store.now
        servers[place].inbox += messages.compactMap { courier.item(for: $0, in: store.store) }
        for _ in 0..<200 where !servers[place].inbox.isEmpty {
            servers[place].deliver(0, to: store, definitions)
        }
        if isHinted {
            arrive(on: place)
            dispatch(on: place)
        } else {
            servers[place].held += servers[place].claim(1_000, from: store)
        }
        for task in servers[place].held {
            let event = end(of: task, .succeeded(.null))
            servers[place].inbox.append(SimulatedServer.Item(run: task.run, event: event))
        }
        servers[place].held = []
        for _ in 0..<4 { fireTimer(on: place) }
        if isHinted {
            rescue(on: place)
            beat(on: place)
        } else {
            rescueUnheld(on: place, now)
        }
        encourage(on: place)
    }

    /// The worker is asked what it runs, and what it does not know of is lost: a claim without an answer.
    private mutating func rescueUnheld(on place: Int, _ now: Timestamp) {
        rescue(on: place)
        for (run, step, token, task) in claimed {
            guard task.worker == servers[place].worker, let start = task.startedAt, start + Self.lease < now
            else { continue }
            let lost = RunEvent.attemptLost(step: step, token: token, worker: "w")
            servers[place].inbox.append(SimulatedServer.Item(run: run, event: lost))
        }
    }

    /// Resumes what is paused, and sends the signals that are waited for.
    private mutating func encourage(on place: Int) {
        for run in store.store.runs.keys.sorted() {
            guard let record = store.store.runs[run], record.end == nil else { continue }
            let actor = Actor(name: "operator")
            var events: [RunEvent] = [.resume(actor)]
            if record.tasks.values.allSatisfy({ $0.status == .waiting }) {
                events += ["red", "green"].map {
                    .signalled(Signal(name: $0, payload: Payload(1), actor: actor))
                }
            }
            servers[place].inbox += events.map { SimulatedServer.Item(run: run, event: $0) }
        }
    }
}
