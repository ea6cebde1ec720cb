import JSON
import Linux
import Testing

@testable import Scheduler
@testable import Simulation

@Suite("Steps wait for signals")
struct DecideSignalTests {
    private func signal(_ name: String, _ payload: JSONValue = nil) -> RunEvent {
        .signalled(Signal(name: name, payload: Payload(payload), actor: Actor(name: "ann")))
    }

    private func waiting(_ id: String = "approve", timeout: JSONValue? = nil, fallback: JSONValue? = nil)
        -> DefinitionBuilder
    {
        var builder = DefinitionBuilder()
        builder.node(
            id,
            .wait(
                SignalWait(
                    signal: Program(.template, "approval"),
                    timeout: timeout.map { Program(.template, $0) },
                    fallback: fallback.map { Program(.template, $0) }
                )
            )
        )
        return builder
    }

    @Test("a signal ends the wait with its payload as the output")
    func taken() throws {
        let simulation = try Simulation(waiting().build())
        #expect(try simulation.record.tasks[1]?.status == .waiting)
        #expect(try simulation.record.tasks[1]?.row.spec.awaits == .signal("approval"))
        try simulation.apply(signal("approval", ["by": "ann"]))
        #expect(simulation.end?.status == .succeeded)
        #expect(simulation.ended("approve")?.output?.value == ["by": "ann"])
        #expect(simulation.kinds.contains("signal.taken"))
    }

    @Test("signals that come early are kept, and taken first in first out by name")
    func early() throws {
        var builder = DefinitionBuilder()
        builder.node("work")
        for id in ["a", "b"] {
            builder.node(id, .wait(SignalWait(signal: Program(.template, "go"))), needs: [0])
        }
        let simulation = try Simulation(builder.build())
        try simulation.apply(signal("go", 1))
        try simulation.apply(signal("other", 9))
        try simulation.apply(signal("go", 2))
        #expect(try simulation.record.signals.count == 3)
        try simulation.succeed("work")
        #expect(simulation.ended("a")?.output?.value == 1)
        #expect(simulation.ended("b")?.output?.value == 2)
        #expect(simulation.end?.status == .succeeded)
        #expect(try simulation.record.signals.isEmpty)
    }

    @Test("of two that wait for one name the older takes the first")
    func order() throws {
        var builder = DefinitionBuilder()
        for id in ["a", "b"] {
            builder.node(id, .wait(SignalWait(signal: Program(.template, "go"))), needs: [])
        }
        let simulation = try Simulation(builder.build())
        try simulation.apply(signal("go", 1))
        #expect(simulation.ended("a")?.output?.value == 1)
        #expect(simulation.ended("b") == nil)
        try simulation.apply(signal("go", 2))
        #expect(simulation.ended("b")?.output?.value == 2)
    }

    @Test("after the timeout the output is the default, which may be null", arguments: ["no", nil])
    func fallback(value: JSONValue) throws {
        let simulation = try Simulation(waiting(timeout: "2s", fallback: value).build())
        try simulation.fireTimer()
        #expect(simulation.end?.status == .succeeded)
        #expect(simulation.ended("approve")?.output?.value == value)
    }

    @Test("after the timeout without a default the step fails with Timeout")
    func overdue() throws {
        let simulation = try Simulation(waiting(timeout: "2s").build())
        try simulation.fireTimer()
        #expect(simulation.end?.error?.type == "Timeout")
        #expect(simulation.end?.error?.message.contains("\"approval\"") == true)
    }

    @Test("a signal stops the clock of its wait")
    func inTime() throws {
        let simulation = try Simulation(waiting(timeout: "2s").build())
        try simulation.apply(signal("approval"))
        #expect(try simulation.record.timers.isEmpty)
        #expect(simulation.end?.status == .succeeded)
    }

    @Test("a signal is taken also while its run is paused, and starts nothing then")
    func paused() throws {
        var builder = waiting()
        builder.node("next")
        let simulation = try Simulation(builder.build())
        try simulation.apply(.pause(Actor(name: "ann")))
        try simulation.apply(signal("approval", true))
        #expect(simulation.ended("approve")?.output?.value == true)
        #expect(simulation.claims.isEmpty)
        try simulation.apply(.resume(Actor(name: "ann")))
        try simulation.succeed("next")
        #expect(simulation.end?.status == .succeeded)
    }

    @Test("a wait that is cancelled leaves the signal to the next")
    func cancelled() throws {
        let simulation = try Simulation(waiting().build())
        try simulation.apply(.cancel(Actor(name: "ann")))
        #expect(simulation.end?.status == .cancelled)
        #expect(simulation.ended("approve")?.status == .cancelled)
    }

    @Test("a run keeps no more signals than its limit")
    func limit() throws {
        var limits = RunLimits()
        limits.keptSignals = 2
        let simulation = try Simulation(waiting().build(), limits: limits)
        for _ in 1...2 { #expect(try simulation.apply(signal("later"))) }
        #expect(try !simulation.apply(signal("later")))
        #expect(simulation.lastDecision.contains("2 signals"))
    }
}
