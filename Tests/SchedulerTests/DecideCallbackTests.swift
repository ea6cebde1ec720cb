import JSON
import JSONSchema
import Linux
import Testing

@testable import Scheduler
@testable import Simulation

@Suite("Deferred steps are answered by their callback")
struct DecideCallbackTests {
    private static let schema: JSONValue = ["type": "object", "required": ["paid"]]

    private func simulate(_ edit: (inout NodeSpec) -> Void = { _ in }) throws -> Simulation {
        var builder = DefinitionBuilder()
        let node = builder.node("charge", .call(), edit)
        builder.compensation(of: node)
        return try Simulation(builder.build())
    }

    @discardableResult
    private func answer(
        _ simulation: Simulation,
        _ content: CallbackAnswer.Content,
        by token: CallbackToken? = nil
    ) throws -> Bool {
        let token = try #require(token ?? simulation.callbacks[1])
        return try simulation.apply(.answered(CallbackAnswer(token: token, content: content)))
    }

    private func deferStep(_ simulation: Simulation, _ timeout: Int64? = nil) throws {
        try simulation.report(try simulation.step("charge"), .deferred(timeoutMilliseconds: timeout))
    }

    @Test("a token is read as it was written, and any other text is none")
    func tokens() {
        let token = CallbackToken(run: RunID(milliseconds: 1, random: (2, 3)), step: 4, seed: [1, 2])
        #expect(CallbackToken(token.description) == token)
        for text in ["", "a-b-c", token.description + "0", String(token.description.dropLast()), "--"] {
            #expect(CallbackToken(text) == nil, "\(text)")
        }
    }

    @Test("the answer is the step's output, and a second one is gone")
    func completed() throws {
        let simulation = try simulate()
        try deferStep(simulation)
        #expect(simulation.claims.isEmpty)
        #expect(try simulation.record.tasks[1]?.status == .waiting)
        let token = simulation.callbacks[1]
        #expect(try answer(simulation, .completed(Payload(["paid": true]))))
        #expect(simulation.end?.status == .succeeded)
        #expect(simulation.ended("charge")?.output?.value == ["paid": true])
        #expect(token != nil)
    }

    @Test("an answer before the process has ended is kept until it has")
    func early() throws {
        let simulation = try simulate()
        #expect(try answer(simulation, .completed(Payload(7))))
        #expect(simulation.end == nil)
        #expect(try !answer(simulation, .completed(Payload(8))))
        #expect(simulation.lastDecision.contains("answered before"))
        try deferStep(simulation)
        #expect(simulation.ended("charge")?.output?.value == 7)
        #expect(try simulation.record.signals.isEmpty)
    }

    @Test("an early answer counts too when the worker dies, and not when the attempt fails")
    func earlyAndLost() throws {
        let lost = try simulate()
        try answer(lost, .completed(Payload(7)))
        try lost.lose("charge")
        #expect(lost.ended("charge")?.output?.value == 7)

        let failed = try simulate()
        try answer(failed, .completed(Payload(7)))
        try failed.fail("charge")
        #expect(failed.end?.status == .failed)
        #expect(try failed.record.signals.isEmpty)
    }

    @Test("a failure that is answered is retried by the step's rules, under another token")
    func failed() throws {
        let simulation = try simulate { $0.retry = [.times(2)] }
        try deferStep(simulation)
        let first = simulation.callbacks[1]
        try answer(simulation, .failed(StepError(type: "Declined", message: "no")))
        try simulation.fireTimer()
        #expect(try simulation.step("charge").attempt == 2)
        #expect(try !answer(simulation, .completed(Payload(1)), by: first))
        #expect(simulation.lastDecision.contains("later attempt"))
        try deferStep(simulation)
        try answer(simulation, .completed(Payload(2)))
        #expect(simulation.end?.status == .succeeded)
    }

    @Test("an answer that does not fit the plugin's schema is refused, and the step waits on")
    func invalid() throws {
        let simulation = try simulate()
        let task = try simulation.step("charge")
        try simulation.report(task, .deferred(timeoutMilliseconds: nil), outputSchema: Self.schema)
        #expect(try !answer(simulation, .completed(Payload(["free": true]))))
        #expect(simulation.end == nil)
        try answer(simulation, .completed(Payload(["paid": 1])))
        #expect(simulation.end?.status == .succeeded)
    }

    @Test("the time of an answer runs from the deferral; what was not answered is undone")
    func overdue() throws {
        let simulation = try simulate()
        try deferStep(simulation, 5_000)
        let token = simulation.callbacks[1]
        try simulation.fireTimer()
        #expect(try !answer(simulation, .completed(.null), by: token))
        try simulation.succeed("charge!")
        #expect(simulation.end?.error?.type == "Timeout")
        #expect(simulation.end?.compensation == .completed)
    }

    @Test("heartbeats keep a deferred step alive, and bring its checkpoint; silence fails it")
    func heartbeats() throws {
        let simulation = try simulate { $0.settings.heartbeatMilliseconds = 1_000 }
        try deferStep(simulation)
        let due = try simulation.record.timers[TimerKey(step: 1, kind: .heartbeat)]
        simulation.store.now = simulation.store.now + .milliseconds(900)
        try answer(simulation, .heartbeat(checkpoint: Payload(["at": 3])))
        #expect(try simulation.record.timers[TimerKey(step: 1, kind: .heartbeat)] != due)
        #expect(try simulation.record.tasks[1]?.row.checkpoint?.value == ["at": 3])
        try simulation.fireTimer()
        try simulation.succeed("charge!")
        #expect(simulation.end?.error?.type == "HeartbeatTimeout")
    }

    @Test("a cancel ends the wait, and undoes what may have happened")
    func cancelled() throws {
        let simulation = try simulate()
        try deferStep(simulation)
        try simulation.apply(.cancel(Actor(name: "ann")))
        try simulation.succeed("charge!")
        #expect(simulation.end?.status == .cancelled)
        #expect(simulation.ended("charge")?.status == .cancelled)
    }
}
