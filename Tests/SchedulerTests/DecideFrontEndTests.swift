import JSON
import Testing

@testable import Scheduler
@testable import Simulation

/// What later front ends need of the core, in compiled forms built by hand.
@Suite("The core runs what no front end writes yet")
struct DecideFrontEndTests {
    @Test("a machine loops through a choice until it is done")
    func choiceLoop() throws {
        var builder = DefinitionBuilder()
        let machine = builder.scope(.machine, output: .jsonata("vars.n"))
        builder.node("loop", .group(scope: machine))
        let work = builder.node("work", in: machine, .call(with: ["n": "${ vars.n }"]), needs: []) {
            $0.assign = .jsonata("{ 'n': output }")
        }
        let choice = builder.node("enough", in: machine, .pass, needs: [])
        let done = builder.node("done", in: machine, .set(Program(.template, "done")), needs: [])
        builder.edit(work) { $0.next = [NextEdge(to: choice)] }
        builder.edit(choice) {
            $0.next = [NextEdge(when: .jsonata("vars.n >= 3"), to: done), NextEdge(to: work)]
        }
        builder.change(machine) { $0.start = work }
        let simulation = try Simulation(
            builder.build { $0.output = Program(.template, "${ steps.loop.output }") }
        )
        try simulation.succeed("loop/work", 1)
        #expect(try simulation.step("loop/work#2").input.text == #"{"n":1}"#)
        try simulation.succeed("loop/work#2", 2)
        try simulation.succeed("loop/work#3", 3)
        #expect(simulation.ended("loop/enough#3")?.status == .succeeded)
        #expect(simulation.end?.output?.value == 3)
    }

    @Test("a catch assigns variables and moves the cursor")
    func catchAssigns() throws {
        var builder = DefinitionBuilder()
        let machine = builder.scope(.machine, output: .jsonata("vars.why"))
        builder.node("m", .group(scope: machine))
        let work = builder.node("work", in: machine, needs: [])
        let rescue = builder.node("rescue", in: machine, .call(with: ["why": "${ vars.why }"]), needs: [])
        builder.edit(work) {
            $0.catches = [Catch(on: ["Busy"], handler: rescue, assign: .jsonata("{ 'why': error.type }"))]
        }
        builder.change(machine) { $0.start = work }
        let simulation = try Simulation(
            builder.build { $0.output = Program(.template, "${ steps.m.output }") }
        )
        try simulation.fail("m/work", "Busy")
        #expect(try simulation.step("m/rescue").input.text == #"{"why":"Busy"}"#)
        try simulation.succeed("m/rescue")
        #expect(simulation.end?.output?.value == "Busy")
    }

    @Test("a program emits steps, and ends after them")
    func program() throws {
        var builder = DefinitionBuilder()
        builder.node("main", .program(PluginCall(plugin: "test", action: "main")))
        let simulation = try Simulation(builder.build())
        let task = try simulation.step("main")
        let nodes = ["x", "y"].map { NodeSpec(id: $0, scope: -1, action: .call(with: ["id": .string($0)])) }
        try simulation.apply(.emitted(step: task.step, token: task.token, nodes: nodes))
        #expect(try simulation.step("main/x").spec.own?.id == "x")
        try simulation.succeed("main/x", 1)
        try simulation.succeed("main", "out")
        #expect(simulation.end == nil)
        try simulation.succeed("main/y", 2)
        #expect(simulation.ended("main")?.output?.value == "out")
        #expect(simulation.end?.status == .succeeded)
    }

    @Test("what a program emits and what fails stops the program")
    func failedProgram() throws {
        var builder = DefinitionBuilder()
        builder.node("main", .program(PluginCall(plugin: "test", action: "main")))
        let simulation = try Simulation(builder.build())
        let task = try simulation.step("main")
        try simulation.apply(
            .emitted(
                step: task.step,
                token: task.token,
                nodes: [NodeSpec(id: "x", scope: -1, action: .call())]
            )
        )
        try simulation.fail("main/x", "Oops")
        try simulation.stopAsTold("main")
        #expect(simulation.end?.status == .failed)
        #expect(simulation.end?.error?.type == "Oops")
    }
}

@Suite("Expressions see what is in scope, and no more is loaded")
struct DecideExpressionTests {
    @Test("inputs are made of the run's input and of steps")
    func inputs() throws {
        var builder = DefinitionBuilder()
        builder.node("a")
        builder.node("b", .call(with: ["sum": "${ steps.a.output.n + input.n }", "id": "${ run.workflow }"]))
        let simulation = try Simulation(builder.build(), input: ["n": 2])
        try simulation.succeed("a", ["n": 1])
        #expect(try simulation.step("b").input.value["sum"]?.doubleValue == 3)
        #expect(try simulation.step("b").input.value["id"] == "test")
    }

    @Test("an error in an expression is the step's error")
    func error() throws {
        var builder = DefinitionBuilder()
        builder.node("a", .call(with: ["x": "${ input.n + 'text' }"])) { $0.continuesOnError = true }
        builder.node(
            "b",
            .fail(type: Program(.template, "Mine"), message: Program(.template, "on ${ input.n }"))
        )
        let simulation = try Simulation(builder.build(), input: ["n": 2])
        #expect(simulation.ended("a")?.error?.type == ErrorType.expressionError)
        #expect(simulation.end?.error == StepError(type: "Mine", message: "on 2", retryable: false))
    }

    @Test("items, rounds and the last output are in scope where they belong")
    func loops() throws {
        var builder = DefinitionBuilder()
        let inner = builder.scope(output: .jsonata("item & index"))
        builder.node("each", .group(scope: inner)) {
            $0.forEach = ForEach(items: Program(.template, "${ input.items }"))
        }
        builder.node("name", in: inner, .set(Program(.template, "${ item }-${ index }")))
        builder.node("poll", .call(with: ["round": "${ round }", "last": "${ output }"])) {
            $0.repeating = Repeat(until: .jsonata("output = 2"))
        }
        let simulation = try Simulation(builder.build(), input: ["items": ["p", "q"]])
        #expect(simulation.ended("each[1]/name")?.output?.value == "q-1")
        #expect(simulation.ended("each")?.output?.value == ["p0", "q1"])
        try simulation.succeed("poll#1", 1)
        #expect(try simulation.step("poll#2").input.text == #"{"round":1,"last":1}"#)
        try simulation.succeed("poll#2", 2)
        #expect(simulation.ended("poll")?.output?.value == 2)
    }

    @Test("`always` sees how the run ends, and steps that never ran")
    func always() throws {
        var builder = DefinitionBuilder()
        builder.node("a")
        builder.node("never")
        let always = builder.scope()
        builder.node(
            "tell",
            in: always,
            .call(with: ["s": "${ run.status }", "n": "${ steps.never.status }", "e": "${ run.error.type }"])
        )
        let simulation = try Simulation(builder.build { $0.always = always })
        try simulation.fail("a", "Oops")
        #expect(try simulation.step("tell").input.text == #"{"s":"failed","n":"cancelled","e":"Oops"}"#)
    }
}
