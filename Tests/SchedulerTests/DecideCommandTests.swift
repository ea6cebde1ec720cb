import JSON
import Linux
import Testing

@testable import Scheduler
@testable import Simulation

@Suite("Runs are cancelled, terminated, paused and resumed")
struct DecideCommandTests {
    private let actor = Actor(name: "ann", reason: "why not")

    private func undoable() -> DefinitionBuilder {
        var builder = DefinitionBuilder()
        let a = builder.node("a")
        builder.compensation(of: a)
        builder.node("b", needs: [a])
        return builder
    }

    @Test("a cancel stops what runs, and undoes what is done")
    func cancel() throws {
        let simulation = try Simulation(undoable().build())
        try simulation.succeed("a")
        try simulation.apply(.cancel(actor))
        try simulation.stopAsTold("b")
        try simulation.succeed("a!")
        #expect(simulation.end?.status == .cancelled)
        #expect(simulation.end?.compensation == .completed)
        #expect(simulation.ends(.cancelled) == ["b"])
    }

    @Test("a second cancel changes nothing, and one while undoing is refused")
    func again() throws {
        let simulation = try Simulation(undoable().build())
        try simulation.succeed("a")
        try simulation.apply(.cancel(actor))
        #expect(try !simulation.apply(.cancel(actor)))
        try simulation.stopAsTold("b")
        #expect(try !simulation.apply(.cancel(actor)))
        #expect(simulation.lastDecision.contains("compensating"))
    }

    @Test("terminate ends at once and undoes nothing")
    func terminate() throws {
        let simulation = try Simulation(undoable().build())
        try simulation.succeed("a")
        try simulation.apply(.terminate(actor))
        #expect(simulation.end?.status == .terminated)
        #expect(simulation.end?.compensation == CompensationStatus.none)
        #expect(simulation.ends(.cancelled) == ["b"])
    }

    @Test("a paused run records what ends and starts nothing until it is resumed")
    func pause() throws {
        let simulation = try Simulation(undoable().build())
        try simulation.apply(.pause(actor))
        try simulation.succeed("a")
        #expect(simulation.claims.isEmpty)
        #expect(simulation.ended("a")?.status == .succeeded)
        try simulation.apply(.resume(actor))
        try simulation.succeed("b")
        #expect(simulation.end?.status == .succeeded)
    }

    @Test("a run is frozen with its pause or after it, and what it leaves of that goes with its end")
    func freeze() throws {
        let simulation = try Simulation(undoable().build())
        func freeze() throws -> RunState.Freeze? {
            try simulation.record.live.map { try RunState(decoding: $0.state).freeze }
        }
        try simulation.apply(.pause(actor))
        #expect(try freeze() == .never)
        try simulation.apply(.pause(actor, freezes: true))
        #expect(try freeze() == .on)
        try simulation.apply(.pause(actor, freezes: true))
        #expect(simulation.lastDecision.contains("frozen already"))
        try simulation.apply(.resume(actor))
        #expect(try freeze() == .over)
        try simulation.apply(.cancel(actor))
        try simulation.apply(.pause(actor, freezes: true))
        #expect(simulation.lastDecision.contains("cannot be paused"))
    }

    @Test("a timer that comes due while its run is paused fires at resume")
    func heldTimer() throws {
        var builder = DefinitionBuilder()
        builder.node("nap", .sleep(Program(.template, "1s")))
        let simulation = try Simulation(builder.build { $0.timeoutMilliseconds = 60_000 })
        try simulation.apply(.pause(actor))
        try simulation.fireTimer()
        #expect(try simulation.record.timers.isEmpty)
        try simulation.apply(.resume(actor))
        #expect(try simulation.record.timers.count == 2)
        try simulation.fireTimer()
        #expect(simulation.end?.status == .succeeded)
    }

    @Test("a queued step is blocked while its run is paused")
    func blocked() throws {
        var builder = DefinitionBuilder()
        builder.node("a") { $0.settings.queue = Program(.template, "elsewhere") }
        let simulation = try Simulation(builder.build())
        try simulation.apply(.pause(actor))
        #expect(try simulation.record.tasks[1]?.status == .blocked)
        try simulation.apply(.resume(actor))
        #expect(try simulation.record.tasks[1]?.status == .ready)
        try simulation.apply(.cancel(actor))
        #expect(simulation.end?.status == .cancelled)
    }
}
