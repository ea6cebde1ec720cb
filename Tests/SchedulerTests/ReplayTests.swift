import JSON
import Linux
import TestSupport
import Testing

@testable import Scheduler

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
        var schedule = RandomSchedule(definition: randomWorkflow(&random), random: random)
        do {
            try schedule.play()
        } catch {
            let history = schedule.simulation?.history.map { "\($0.kind.rawValue) \($0.path ?? "")" } ?? []
            Issue.record("seed \(seed): \(error)\n\(history.joined(separator: "\n"))")
            throw error
        }
    }

    private func randomWorkflow(_ random: inout SeededGenerator) -> Scheduler.Definition {
        var builder = DefinitionBuilder()
        fill(0, depth: 0, &builder, &random)
        let hasAlways = Bool.random(using: &random)
        let always = hasAlways ? builder.scope() : nil
        if let always { builder.node("clean", in: always) }
        return builder.build {
            $0.always = always
            if Int.random(in: 0..<5, using: &random) == 0 { $0.onFailure = .stop }
            if Int.random(in: 0..<5, using: &random) == 0 { $0.timeoutMilliseconds = 20_000 }
        }
    }

    private func fill(
        _ scope: Int,
        depth: Int,
        _ builder: inout DefinitionBuilder,
        _ random: inout SeededGenerator
    ) {
        var siblings: [Int] = []
        for index in 0..<Int.random(in: 1...4, using: &random) {
            let needs = siblings.filter { _ in Bool.random(using: &random) }
            let node = add("s\(scope)_\(index)", scope, needs, depth, &builder, &random)
            decorate(node, &builder, &random)
            siblings.append(node)
        }
    }

    private func add(
        _ id: String,
        _ scope: Int,
        _ needs: [Int],
        _ depth: Int,
        _ builder: inout DefinitionBuilder,
        _ random: inout SeededGenerator
    ) -> Int {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return builder.node(id, in: scope, .set(Program(.template, 1)), needs: needs)
        case 1: return builder.node(id, in: scope, .sleep(Program(.template, "3s")), needs: needs)
        case 2,
            3 where depth < 2:
            let inner = builder.scope()
            let node = builder.node(id, in: scope, .group(scope: inner), needs: needs)
            fill(inner, depth: depth + 1, &builder, &random)
            return node
        case 4:
            return builder.node(id, in: scope, needs: needs) {
                $0.forEach = ForEach(
                    items: Program(.template, [1, 2, 3]),
                    maxConcurrency: 2,
                    tolerate: .count(1)
                )
            }
        case 5:
            return builder.node(id, in: scope, needs: needs) {
                $0.repeating = Repeat(until: Program(.template, false), delayMilliseconds: 100, max: 2)
                $0.continuesOnError = true
            }
        default: return builder.node(id, in: scope, needs: needs)
        }
    }

    private func decorate(_ node: Int, _ builder: inout DefinitionBuilder, _ random: inout SeededGenerator) {
        if Bool.random(using: &random) { builder.compensation(of: node, retry: [.times(3)]) }
        switch Int.random(in: 0..<6, using: &random) {
        case 0: builder.edit(node) { $0.continuesOnError = true }
        case 1: builder.handler(of: node)
        case 2: builder.edit(node) { $0.retry = [.times(2, on: ["Exit"]), .times(2)] }
        default: break
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
        default: try endAttempt(simulation)
        }
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
        case 6: try simulation.report(task, .failed(StepError(type: ErrorType.spawnFailed, message: "")))
        case 7...15 where isCancelled:
            try simulation.report(task, .cancelled(StepError(type: ErrorType.cancelled, message: "")))
        default: try simulation.report(task, .succeeded(Payload(["n": .integer(Int64(step))])))
        }
    }

    /// Compensations in reverse order of what they undo, and a compensation for all that was done.
    private func checkEnd(_ simulation: Simulation) throws {
        let record = try simulation.record
        guard record.tasks.isEmpty, record.timers.isEmpty else {
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
