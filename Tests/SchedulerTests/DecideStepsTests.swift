import JSON
import Linux
import Testing

@testable import Scheduler
@testable import Simulation

@Suite("Steps start, end and are skipped in order")
struct DecideStepsTests {
    @Test("a chain runs one step after the other")
    func chain() throws {
        var builder = DefinitionBuilder()
        builder.node("a", .call(with: ["x": 1]))
        builder.node("b")
        let simulation = try Simulation(builder.build())
        #expect(try simulation.step("a").input.text == #"{"x":1}"#)
        try simulation.succeed("a", 5)
        try simulation.succeed("b", 6)
        #expect(simulation.end?.status == .succeeded)
        #expect(simulation.end?.output?.text == "null")
        #expect(simulation.ends(.succeeded) == ["a", "b"])
    }

    @Test("a join waits for all that it needs")
    func join() throws {
        var builder = DefinitionBuilder()
        let a = builder.node("a", needs: [])
        let b = builder.node("b", needs: [])
        builder.node("c", needs: [a, b])
        let simulation = try Simulation(builder.build())
        try simulation.succeed("b")
        #expect(simulation.claims.count == 1)
        try simulation.succeed("a")
        try simulation.succeed("c")
        #expect(simulation.end?.status == .succeeded)
    }

    @Test("a false `when` skips the step, and those that need it go on")
    func skipped() throws {
        var builder = DefinitionBuilder()
        builder.node("a") { $0.when = Program(.template, false) }
        builder.node("b")
        let simulation = try Simulation(builder.build())
        try simulation.succeed("b")
        #expect(simulation.ended("a")?.status == .skipped)
        #expect(simulation.end?.status == .succeeded)
    }

    @Test("a sleep waits for its timer, and a group closes with the outputs of its steps")
    func sleepAndGroup() throws {
        var builder = DefinitionBuilder()
        let inner = builder.scope()
        builder.node("pause", .sleep(Program(.template, "10m")))
        builder.node("group", .group(scope: inner))
        builder.node("x", in: inner, .set(Program(.template, 3)))
        builder.node("y", in: inner)
        let simulation = try Simulation(builder.build())
        let before = simulation.store.now
        try simulation.fireTimer()
        #expect(simulation.store.now - before == .seconds(600))
        try simulation.succeed("group/y", 4)
        #expect(simulation.ended("group")?.output?.text == #"{"x":3,"y":4}"#)
        #expect(simulation.end?.status == .succeeded)
    }

    @Test("a switch takes the first branch that holds, or none")
    func choice() throws {
        var builder = DefinitionBuilder()
        let first = builder.scope()
        let second = builder.scope()
        builder.node(
            "which",
            .choice([
                Branch(when: Program(.template, false), scope: first), Branch(when: nil, scope: second),
            ])
        )
        builder.node("one", in: first)
        builder.node("two", in: second)
        builder.node("none", .choice([]))
        let simulation = try Simulation(builder.build())
        try simulation.succeed("which/two", 2)
        #expect(simulation.ended("which")?.output?.text == #"{"branch":1,"output":{"two":2}}"#)
        #expect(simulation.ended("none")?.output?.text == #"{"branch":null,"output":null}"#)
        #expect(simulation.end?.status == .succeeded)
    }

    @Test("a foreach runs within its width, and gives the outputs in order")
    func foreach() throws {
        var builder = DefinitionBuilder()
        builder.node("ship") {
            $0.forEach = ForEach(items: Program(.template, ["p", "q", "r"]), maxConcurrency: 2)
        }
        let simulation = try Simulation(builder.build())
        #expect(simulation.claims.count == 2)
        try simulation.succeed("ship[1]", 1)
        try simulation.succeed("ship[2]", 2)
        try simulation.succeed("ship[0]", 0)
        #expect(simulation.ended("ship")?.output?.text == "[0,1,2]")
        #expect(simulation.end?.status == .succeeded)
    }

    @Test("a foreach tolerates so many failures, and fails with the one beyond")
    func tolerate() throws {
        var builder = DefinitionBuilder()
        builder.node("ship") {
            $0.forEach = ForEach(items: Program(.template, [1, 2, 3]), tolerate: .count(1))
        }
        let good = try Simulation(builder.build())
        try good.fail("ship[0]")
        try good.succeed("ship[1]", 1)
        try good.succeed("ship[2]", 2)
        #expect(good.ended("ship")?.output?.value[0]?["error"]?["type"] == "Exit")
        #expect(good.end?.status == .succeeded)

        let bad = try Simulation(builder.build())
        try bad.fail("ship[0]")
        try bad.fail("ship[1]")
        try bad.stopAsTold("ship[2]")
        #expect(bad.ended("ship")?.status == .failed)
        #expect(bad.end?.status == .failed)
    }

    @Test("a repeat runs until it holds, and fails after its last round")
    func rounds() throws {
        var builder = DefinitionBuilder()
        builder.node("poll") {
            $0.repeating = Repeat(until: Program(.template, false), delayMilliseconds: 500, max: 2)
        }
        let simulation = try Simulation(builder.build())
        try simulation.succeed("poll#1")
        try simulation.fireTimer()
        try simulation.succeed("poll#2")
        #expect(simulation.end?.error?.type == ErrorType.repeatLimit)
    }

    @Test("a wide run goes on over several transitions")
    func bounded() throws {
        var builder = DefinitionBuilder()
        for index in 0..<40 { builder.node("s\(index)", .set(Program(.template, nil)), needs: []) }
        var limits = RunLimits()
        limits.nodesPerTransition = 10
        let simulation = try Simulation(builder.build(), limits: limits)
        #expect(simulation.kinds.filter { $0 == "run.continues" }.count == 4)
        #expect(simulation.end?.status == .succeeded)
    }

    @Test("a run beyond its limit of steps fails")
    func tooLarge() throws {
        var builder = DefinitionBuilder()
        for index in 0..<10 { builder.node("s\(index)", .set(Program(.template, nil))) }
        var limits = RunLimits()
        limits.steps = 5
        let simulation = try Simulation(builder.build(), limits: limits)
        #expect(simulation.end?.error?.type == ErrorType.runTooLarge)
    }
}
