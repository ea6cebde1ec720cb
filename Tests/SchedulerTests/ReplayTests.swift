import JSON
import Linux
import TestSupport
import Testing

@testable import Scheduler
@testable import Simulation

/// Random workflows under random schedules; ``Simulation`` checks the promises after each event.
@Suite("Whatever happens in whatever order, the promises hold")
struct ReplayTests {
    @Test("500 random schedules")
    func schedules() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("random schedules: seed \(seed)")
        for round in 0..<500 {
            try check(seed: seed &+ UInt64(round))
        }
    }

    private func check(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var schedule = RandomSchedule(definition: RandomWorkflow.definition(&random), random: random)
        do {
            try schedule.play()
        } catch {
            let history = schedule.simulation?.history.map { "\($0.kind.rawValue) \($0.path ?? "")" } ?? []
            Issue.record("seed \(seed): \(error)\n\(history.joined(separator: "\n"))")
            throw error
        }
    }
}

/// One run under a schedule drawn at random.
struct RandomSchedule {
    private let definition: Scheduler.Definition
    private var random: SeededGenerator
    private(set) var simulation: Simulation?
    private let actor = Actor(name: "chance")

    init(definition: Scheduler.Definition, random: SeededGenerator) {
        self.definition = definition
        self.random = random
    }

    mutating func play() throws {
        let simulation = try Simulation(definition)
        self.simulation = simulation
        for _ in 0..<2_000 where simulation.end == nil { try happen(simulation) }
        guard simulation.end != nil else { throw Broken(description: "the run does not end") }
        try checkEnd(simulation)
    }

    private mutating func happen(_ simulation: Simulation) throws {
        switch Int.random(in: 0..<100, using: &random) {
        case 0: try simulation.apply(.cancel(actor))
        case 1: try simulation.apply(.pause(actor))
        case 2...9: try simulation.apply(.resume(actor))
        case 10...24: try simulation.fireTimer()
        case 25...27: try signal(simulation)
        case 28...32: try answer(simulation)
        case 33: try intervene(simulation)
        default: try endAttempt(simulation)
        }
    }

    private mutating func signal(_ simulation: Simulation) throws {
        let name = Bool.random(using: &random) ? "red" : "green"
        try simulation.apply(.signalled(Signal(name: name, payload: Payload(1), actor: actor)))
    }

    /// Answers for some attempt, deferred or not, over or not.
    private mutating func answer(_ simulation: Simulation) throws {
        let steps = simulation.callbacks.keys.sorted()
        guard let step = steps.randomElement(using: &random), let token = simulation.callbacks[step] else {
            return
        }
        let content: CallbackAnswer.Content
        switch Int.random(in: 0..<3, using: &random) {
        case 0: content = .failed(StepError(type: "Declined", message: "no"))
        case 1: content = .heartbeat(checkpoint: nil)
        default: content = .completed(Payload(["answered": true]))
        }
        try simulation.apply(.answered(CallbackAnswer(token: token, content: content)))
    }

    private mutating func intervene(_ simulation: Simulation) throws {
        let tasks = try simulation.record.tasks
        guard let path = tasks.keys.sorted().randomElement(using: &random).flatMap({ tasks[$0]?.row.path })
        else {
            return
        }
        let isHurry = Bool.random(using: &random)
        try simulation.apply(isHurry ? .hurry(step: path, actor) : .failAttempt(step: path, actor))
    }

    private mutating func endAttempt(_ simulation: Simulation) throws {
        guard let step = simulation.claims.keys.sorted().randomElement(using: &random),
            let task = simulation.claims[step]
        else {
            try simulation.fireTimer()
            return
        }
        let isCancelled = try simulation.record.tasks[step]?.isCancelled == true
        switch Int.random(in: 0..<20, using: &random) {
        case 0, 1: try simulation.report(task, .failed(StepError(type: "Exit", message: "1")))
        case 2: try simulation.report(task, .failed(StepError(type: ErrorType.timeout, message: "late")))
        case 3: try simulation.apply(.attemptLost(step: step, token: task.token, worker: "w"))
        case 4: try simulation.report(task, .snoozed(afterMilliseconds: 500))
        case 5: try simulation.report(task, .handedBack(reason: "draining"))
        case 16: try simulation.report(task, .deferred(timeoutMilliseconds: 2_000))
        case 6: try simulation.report(task, .failed(StepError(type: ErrorType.spawnFailed, message: "")))
        case 7...15 where isCancelled:
            try simulation.report(task, .cancelled(StepError(type: ErrorType.cancelled, message: "")))
        default: try simulation.report(task, .succeeded(Payload(["n": .integer(Int64(step))])))
        }
    }

    /// Compensations in reverse order of what they undo, and a compensation for all that was done.
    private func checkEnd(_ simulation: Simulation) throws {
        let record = try simulation.record
        guard record.tasks.isEmpty, record.timers.isEmpty, record.signals.isEmpty else {
            throw Broken(description: "rows are left over")
        }
        guard record.history.map(\.kind).filter({ RunTransitions.terminal[$0] != nil }).count == 1 else {
            throw Broken(description: "the run did not end exactly once")
        }
        guard let start = record.history.firstIndex(where: { $0.kind == .compensationStarted }) else {
            return
        }
        let undone = record.history[start...].filter { $0.kind == .stepSucceeded && $0.path?.last == "!" }
        let ends = undone.compactMap { event in
            record.history.firstIndex { $0.endsStep && $0.path == event.path.map { String($0.dropLast()) } }
        }
        guard ends == ends.sorted(by: >) else {
            throw Broken(description: "compensated out of order: \(undone.compactMap(\.path))")
        }
    }
}

extension HistoryEvent {
    fileprivate var endsStep: Bool {
        [.stepSucceeded, .stepFailed, .stepCancelled, .stepSkipped].contains(kind)
    }
}
