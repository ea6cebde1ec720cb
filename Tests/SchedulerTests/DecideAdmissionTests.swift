import JSON
import Linux
import TestSupport
import Testing

@testable import Scheduler
@testable import Simulation

@Suite("Steps and runs wait for slots and rates")
struct DecideAdmissionTests {
    private static let key = Program(.template, "k")

    /// Steps that start together, with a key that lets `limit` of them run.
    private func parallel(_ count: Int, limit: Int, _ edit: (inout NodeSpec) -> Void = { _ in })
        -> DefinitionBuilder
    {
        var builder = DefinitionBuilder()
        for index in 0..<count {
            builder.node("s\(index)", needs: []) { node in
                node.settings.concurrency = KeyLimit(key: Self.key, limit: limit)
                edit(&node)
            }
        }
        return builder
    }

    private func status(_ simulation: Simulation, _ path: String) throws -> TaskStatus? {
        try simulation.record.tasks.values.first { $0.row.path == path }?.status
    }

    @Test("no more than the limit run, and the next is admitted when one ends")
    func limit() throws {
        let simulation = try Simulation(parallel(4, limit: 2).build())
        #expect(simulation.claims.values.map(\.path).sorted() == ["s0", "s1"])
        #expect(try status(simulation, "s2") == .blocked)
        try simulation.succeed("s1")
        #expect(simulation.claims.values.map(\.path).sorted() == ["s0", "s2"])
        try simulation.finish()
        #expect(simulation.end?.status == .succeeded)
        #expect(simulation.store.slots["k"] == [:])
    }

    @Test("a lost worker's slot goes with its task, which stands in line again")
    func lost() throws {
        let simulation = try Simulation(parallel(2, limit: 1).build())
        try simulation.lose("s0")
        #expect(simulation.claims.values.map(\.path) == ["s1"])
        try simulation.succeed("s1")
        #expect(simulation.claims.values.map(\.path) == ["s0"])
    }

    @Test("a back-off holds no slot")
    func backoff() throws {
        let simulation = try Simulation(parallel(2, limit: 1) { $0.retry = [.times(2)] }.build())
        try simulation.fail("s0")
        #expect(simulation.claims.values.map(\.path) == ["s1"])
        try simulation.fireTimer()
        #expect(try status(simulation, "s0") == .blocked)
        try simulation.succeed("s1")
        try simulation.succeed("s0")
        #expect(simulation.end?.status == .succeeded)
    }

    @Test("a deferred step keeps its slot until its answer")
    func deferred() throws {
        let simulation = try Simulation(parallel(2, limit: 1).build())
        try simulation.report(try simulation.step("s0"), .deferred(timeoutMilliseconds: 1_000))
        #expect(simulation.claims.isEmpty)
        #expect(simulation.store.slots["k"]?.count == 1)
        try simulation.fireTimer()
        #expect(simulation.end?.status == .failed)
        #expect(simulation.store.slots["k"] == [:])
    }

    @Test("one whose answer is overdue gives its slot up to what undoes it")
    func deferredAndUndone() throws {
        var builder = parallel(1, limit: 1) { $0.continuesOnError = true }
        builder.compensation(of: 0)
        builder.edit(1) { $0.settings.concurrency = KeyLimit(key: Self.key, limit: 1) }
        let simulation = try Simulation(builder.build())
        try simulation.report(try simulation.step("s0"), .deferred(timeoutMilliseconds: 1_000))
        try simulation.fireTimer()
        #expect(simulation.claims.values.map(\.path) == ["s0!"])
        try simulation.succeed("s0!")
        #expect(simulation.end?.status == .succeeded)
    }

    @Test("a pause takes a step out of its line, and resume puts it back")
    func pause() throws {
        let simulation = try Simulation(parallel(3, limit: 1).build())
        try simulation.apply(.pause(Actor(name: "ann")))
        try simulation.succeed("s0")
        #expect(simulation.claims.isEmpty)
        #expect(simulation.store.slots["k"] == [:])
        try simulation.apply(.resume(Actor(name: "ann")))
        try simulation.finish()
        #expect(simulation.end?.status == .succeeded)
    }

    @Test("a run in line starts when its slot is given, and its end gives it back")
    func run() throws {
        var builder = DefinitionBuilder()
        builder.node("only")
        let simulation = try Simulation(
            builder.build { $0.concurrency = RunConcurrency(key: Self.key, limit: 1) }
        )
        #expect(simulation.kinds == ["run.queued"])
        try simulation.fireTimer()
        try simulation.succeed("only")
        #expect(simulation.end?.status == .succeeded)
        #expect(simulation.store.slots.values.filter { !$0.isEmpty } == [])
    }

    @Test("a rate lets so many attempts start in its time")
    func rate() throws {
        var builder = DefinitionBuilder()
        for index in 0..<3 {
            builder.node("s\(index)", needs: []) { node in
                node.settings.rate = KeyLimit(key: Self.key, limit: 1, perMilliseconds: 1_000)
            }
        }
        let simulation = try Simulation(builder.build())
        let start = simulation.store.now
        try simulation.succeed("s0")
        #expect(simulation.claims.isEmpty)
        simulation.store.now = start + .milliseconds(1_000)
        simulation.store.admit()
        #expect(try status(simulation, "s1") == .ready)
        #expect(try status(simulation, "s2") == .blocked)
    }

    @Test("whatever happens, no key exceeds its limit, and nobody is forgotten", arguments: 0..<40)
    func random(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let limit = Int.random(in: 1...3, using: &random)
        let definition = parallel(8, limit: limit) { node in
            node.retry = [.times(3)]
            if Bool.random(using: &random) { node.settings.concurrency = nil }
        }
        let simulation = try Simulation(definition.build { $0.onFailure = .stop })
        for _ in 0..<200 where simulation.end == nil {
            try act(on: simulation, &random)
            #expect((simulation.store.slots["k"]?.count ?? 0) <= limit, "seed \(seed)")
        }
        if try simulation.end == nil && simulation.record.live?.paused == true {
            try simulation.apply(.resume(Actor(name: "ann")))
        }
        try simulation.finish()
        #expect(simulation.store.slots["k"]?.isEmpty ?? true, "seed \(seed)")
    }

    private func act(on simulation: Simulation, _ random: inout SeededGenerator) throws {
        let running = simulation.claims.values.map(\.path).sorted().randomElement(using: &random)
        switch (Int.random(in: 0..<10, using: &random), running) {
        case (0..<3, let path?): try simulation.succeed(path)
        case (3..<5, let path?): try simulation.fail(path)
        case (5, let path?): try simulation.lose(path)
        case (6, let path?):
            try simulation.report(try simulation.step(path), .snoozed(afterMilliseconds: 10))
        case (7, _): try simulation.apply(.pause(Actor(name: "ann")))
        case (8, _): try simulation.apply(.resume(Actor(name: "ann")))
        default: try simulation.fireTimer()
        }
    }
}
