import Testing

@testable import Scheduler
@testable import Simulation

@Suite("A step that may have killed its worker runs by itself")
struct SolitudeTests {
    private func task(_ token: Int64, mustRunAlone: Bool) -> ClaimedTask {
        var spec = TaskSpec(node: 1)
        spec.mustRunAlone = mustRunAlone
        return ClaimedTask(
            run: RunID(high: 1, low: 1),
            step: 1,
            path: "a",
            token: token,
            startedAt: .now,
            queuedAt: .now,
            queue: "default",
            attempt: 1,
            losses: 1,
            spec: spec,
            input: .null,
            attempts: nil,
            checkpoint: nil
        )
    }

    @Test("an idle worker takes one when there is nothing else, and a busy one none")
    func idle() {
        let solitude = Solitude()
        #expect(solitude.permitsClaims(busy: 3))
        #expect(solitude.wish(isIdle: true) == .otherwise && solitude.wish(isIdle: false) == .never)
    }

    @Test("a worker that makes room claims nothing until it is idle, then that task and no other")
    func room() {
        var solitude = Solitude()
        solitude.begin()
        #expect(!solitude.permitsClaims(busy: 1) && solitude.permitsClaims(busy: 0))
        #expect(solitude.wish(isIdle: true) == .only)
        solitude.settle([task(7, mustRunAlone: true)])
        #expect(!solitude.permitsClaims(busy: 0) && !solitude.permitsClaims(busy: 1))
        #expect(!solitude.ends(running: [7], reserved: 0) && !solitude.ends(running: [], reserved: 1))
        #expect(solitude.ends(running: [], reserved: 0) && solitude.permitsClaims(busy: 3))
    }

    @Test("nothing is held up by a task that another worker took")
    func takenElsewhere() {
        var solitude = Solitude()
        solitude.begin()
        solitude.settle([])
        #expect(solitude.permitsClaims(busy: 3) && solitude.wish(isIdle: false) == .never)
    }

    @Test("only losses that a step suffered alone count towards the bound")
    func count() throws {
        var builder = DefinitionBuilder()
        builder.node("a") { $0.retry = [RetryRule(attempts: 1)] }
        let simulation = try Simulation(builder.build())
        for _ in 0..<20 { try simulation.lose("a", isAlone: false) }
        #expect(try simulation.step("a").spec.mustRunAlone)
        for _ in 0..<(RetryPolicy.hostFaultBound - 1) { try simulation.lose("a") }
        #expect(simulation.end == nil)
        try simulation.lose("a")
        #expect(simulation.end?.error?.type == ErrorType.workerLost)
    }

    @Test("once an attempt has ended by itself, the step runs beside others again")
    func cleared() throws {
        var builder = DefinitionBuilder()
        builder.node("a") { $0.retry = [RetryRule(attempts: 2)] }
        let simulation = try Simulation(builder.build())
        try simulation.lose("a", isAlone: false)
        #expect(try simulation.step("a").spec.mustRunAlone)
        try simulation.fail("a")
        try simulation.fireTimer()
        #expect(try !simulation.step("a").spec.mustRunAlone)
    }
}
