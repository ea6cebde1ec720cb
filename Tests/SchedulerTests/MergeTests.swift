import JSON
import Linux
import TestSupport
import Testing

@testable import Scheduler
@testable import Simulation

/// The same events, decided one by one and several in one transition, leave the same rows and history.
@Suite("Several events in one transition are as good as one by one")
struct MergeTests {
    @Test("100 random schedules")
    func schedules() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("merged schedules: seed \(seed)")
        for round in 0..<100 {
            do {
                try check(seed: seed &+ UInt64(round))
            } catch {
                Issue.record("seed \(seed &+ UInt64(round)): \(error)")
                throw error
            }
        }
    }

    private func check(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let definition = RandomWorkflow.definition(&random)
        let merged = try Simulation(definition)
        let single = try Simulation(definition)
        for _ in 0..<500 where single.end == nil {
            let events = try draw(from: single, &random)
            merged.store.now = single.store.now
            guard !events.isEmpty else {
                try single.apply(.resume(Actor(name: "chance")))
                try merged.apply(.resume(Actor(name: "chance")))
                continue
            }
            try single.apply(oneByOne: events)
            try merged.apply(merged: events)
            try compare(single, merged)
            if single.end == nil, Int.random(in: 0..<20, using: &random) == 0 {
                try single.apply(.pause(Actor(name: "chance")))
                try merged.apply(.pause(Actor(name: "chance")))
            }
        }
    }

    /// Ends of some running steps, a repeated one now and then, and timers that are due.
    private func draw(from simulation: Simulation, _ random: inout SeededGenerator) throws -> [RunEvent] {
        var events: [RunEvent] = []
        for step in simulation.claims.keys.sorted().shuffled(using: &random).prefix(6) {
            guard let task = simulation.claims[step] else { continue }
            let event = try end(of: task, simulation, &random)
            events.append(event)
            if Int.random(in: 0..<10, using: &random) == 0 { events.append(event) }
        }
        if events.isEmpty || Bool.random(using: &random) {
            let timers = try simulation.record.timers.sorted {
                ($0.value, $0.key.step) < ($1.value, $1.key.step)
            }
            if let (key, due) = timers.first, key.kind != .proceed {
                simulation.store.now = max(simulation.store.now, due)
                events.append(.timerDue(step: key.step, kind: key.kind))
            }
        }
        return events
    }

    private func end(
        of task: ClaimedTask,
        _ simulation: Simulation,
        _ random: inout SeededGenerator
    ) throws -> RunEvent {
        let outcome: Outcome
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 1: outcome = .failed(StepError(type: "Exit", message: "1"))
        case 2: outcome = .failed(StepError(type: ErrorType.timeout, message: "late"))
        case 3: return .attemptLost(step: task.step, token: task.token, worker: "w")
        case 4: outcome = .snoozed(afterMilliseconds: 500)
        case 5: outcome = .handedBack(reason: "draining")
        case 6: outcome = .failed(StepError(type: ErrorType.spawnFailed, message: ""))
        case 7: outcome = .cancelled(StepError(type: ErrorType.cancelled, message: ""))
        default: outcome = .succeeded(Payload(["n": .integer(Int64(task.step))]))
        }
        return simulation.end(of: task, outcome)
    }

    private func compare(_ single: Simulation, _ merged: Simulation) throws {
        let (left, right) = (try single.record, try merged.record)
        guard left.rows == right.rows else {
            let (ours, theirs) = (Set(left.rows), Set(right.rows))
            throw Broken(
                description: "rows differ:\n\(ours.subtracting(theirs).sorted())\nand merged\n"
                    + "\(theirs.subtracting(ours).sorted())"
            )
        }
        guard left.history.map(\.text) == right.history.map(\.text) else {
            throw Broken(description: "history differs")
        }
    }
}

extension HistoryEvent {
    fileprivate var text: String { "\(kind.rawValue) \(path ?? "") \(JSONValue.object(data).serialized())" }
}

extension MemoryStore.Run {
    /// All rows but the version, which counts transitions.
    fileprivate var rows: [String] {
        var rows = [live?.state ?? "", "\(String(describing: end?.status))"]
        for (number, task) in tasks.sorted(by: { $0.key < $1.key }) {
            rows.append(
                "task \(number) \(task.status) \(task.isCancelled) \(task.row.attempt) \(task.row.losses) "
                    + "\(task.row.attempts ?? "") \(task.row.input.text)"
            )
        }
        for (number, step) in steps.sorted(by: { $0.key < $1.key }) {
            rows.append(
                "step \(number) \(step.path) \(step.status) \(step.compensates) \(step.endedSeq) "
                    + "\(step.attempts ?? "") \(step.output?.text ?? "")"
            )
        }
        for (key, due) in timers.sorted(by: {
            ($0.key.step, $0.key.kind.rawValue) < ($1.key.step, $1.key.kind.rawValue)
        }) {
            rows.append("timer \(key.step) \(key.kind) \(due)")
        }
        return rows
    }
}
