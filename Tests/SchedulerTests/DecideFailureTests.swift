import JSON
import Linux
import Testing

@testable import Scheduler
@testable import Simulation

@Suite("Failures are retried, caught, continued, or stop the run")
struct DecideFailureTests {
    @Test("a failed attempt is tried again after its back-off, as often as its rule says")
    func retried() throws {
        var builder = DefinitionBuilder()
        builder.node("a") { $0.retry = [.times(3)] }
        let simulation = try Simulation(builder.build())
        for attempt in 1...3 {
            #expect(try simulation.step("a").attempt == attempt)
            try simulation.fail("a")
            if attempt < 3 { try simulation.fireTimer() }
        }
        #expect(simulation.end?.status == .failed)
        #expect(simulation.ended("a")?.attempts?.contains(#""number":3"#) == true)
    }

    @Test("a permanent error is not retried, and one that a rule names is")
    func permanent() throws {
        var builder = DefinitionBuilder()
        builder.node("a") { $0.retry = [.times(3)] }
        let simulation = try Simulation(builder.build())
        try simulation.fail("a", retryable: false)
        #expect(simulation.end?.status == .failed)

        builder.edit(0) { $0.retry = [.times(2, on: ["InvalidInput"])] }
        let named = try Simulation(builder.build())
        try named.fail("a", "InvalidInput")
        try named.fireTimer()
        try named.succeed("a")
        #expect(named.end?.status == .succeeded)
    }

    @Test("each rule counts for itself")
    func twoRules() throws {
        var builder = DefinitionBuilder()
        let inner = builder.scope()
        builder.node("map", .group(scope: inner)) {
            $0.retry = [.times(2, on: ["Flaky"]), .times(3, on: ["Busy"])]
        }
        builder.node("each", in: inner) { $0.forEach = ForEach(items: Program(.template, [1, 2])) }
        let simulation = try Simulation(builder.build())
        for (generation, type) in [("", "Busy"), ("~2", "Flaky"), ("~3", "Busy")] {
            try simulation.fail("map\(generation)/each[0]", type)
            try simulation.stopAsTold("map\(generation)/each[1]")
            try simulation.fireTimer()
        }
        try simulation.fail("map~4/each[1]", "Busy")
        try simulation.stopAsTold("map~4/each[0]")
        #expect(simulation.end?.error?.type == "Busy")
        let rules = simulation.history.filter { $0.kind == .stepRetrying }.map {
            $0.data["rule"]?.integerValue
        }
        #expect(rules == [1, 0, 1])
    }

    @Test("a lost worker spends no attempt, and the fifth loss ends the step")
    func lost() throws {
        var builder = DefinitionBuilder()
        builder.node("a")
        let simulation = try Simulation(builder.build())
        for _ in 1...4 {
            try simulation.lose("a")
            #expect(try simulation.step("a").attempt == 1)
        }
        try simulation.lose("a")
        #expect(simulation.end?.error?.type == ErrorType.workerLost)
    }

    @Test("a step that is not to run twice fails with its worker")
    func atMostOnce() throws {
        var builder = DefinitionBuilder()
        builder.node("a") { $0.retry = [RetryRule(attempts: 5, except: ["WorkerLost"])] }
        let simulation = try Simulation(builder.build())
        try simulation.lose("a")
        #expect(simulation.end?.error?.type == ErrorType.workerLost)
    }

    @Test("a result under an old token is rejected")
    func fenced() throws {
        var builder = DefinitionBuilder()
        builder.node("a")
        let simulation = try Simulation(builder.build())
        let old = try simulation.step("a")
        try simulation.lose("a")
        #expect(try !simulation.report(old, .succeeded(.null)))
        #expect(simulation.end == nil)
        try simulation.succeed("a")
        #expect(simulation.end?.status == .succeeded)
    }

    @Test("a snoozed step comes back under the same attempt")
    func snoozed() throws {
        var builder = DefinitionBuilder()
        builder.node("a")
        let simulation = try Simulation(builder.build())
        try simulation.report(try simulation.step("a"), .snoozed(afterMilliseconds: 2_000))
        #expect(try simulation.record.tasks[1]?.status == .waiting)
        try simulation.fireTimer()
        #expect(try simulation.step("a").attempt == 1)
        try simulation.succeed("a")
    }

    @Test("a failure that is continued counts as done")
    func continued() throws {
        var builder = DefinitionBuilder()
        builder.node("a") { $0.continuesOnError = true }
        builder.node("b")
        let simulation = try Simulation(builder.build())
        try simulation.fail("a", "Oops")
        #expect(simulation.ended("a")?.status == .failed)
        #expect(simulation.ended("a")?.output?.value["error"]?["type"] == "Oops")
        try simulation.succeed("b")
        #expect(simulation.end?.status == .succeeded)
    }

    @Test("a handler's output becomes the step's")
    func caught() throws {
        var builder = DefinitionBuilder()
        let a = builder.node("a")
        builder.handler(of: a, on: ["Other"])
        builder.handler(of: a, on: ["Oops"], .call("handle"))
        builder.node("b")
        let simulation = try Simulation(builder.build())
        try simulation.fail("a", "Oops")
        #expect(try simulation.step("a:catch").spec.phase == .catch)
        try simulation.succeed("a:catch", 7)
        #expect(simulation.ended("a")?.status == .succeeded)
        #expect(simulation.ended("a")?.output?.value == 7)
        #expect(simulation.ended("a")?.error?.type == "Oops")
        try simulation.succeed("b")
        #expect(simulation.end?.status == .succeeded)
    }

    @Test("a failing step stops its siblings, and a success that arrives now is accepted")
    func siblings() throws {
        var builder = DefinitionBuilder()
        builder.node("a", needs: [])
        let b = builder.node("b", needs: [])
        builder.compensation(of: b)
        builder.node("c", needs: [])
        builder.node("d", needs: [b])
        let simulation = try Simulation(builder.build())
        try simulation.fail("a", "Oops")
        #expect(try simulation.record.tasks.values.allSatisfy(\.isCancelled))
        try simulation.succeed("b", 1)
        try simulation.stopAsTold("c")
        #expect(simulation.ended("d") == nil)
        try simulation.succeed("b!")
        #expect(simulation.end?.status == .failed)
        #expect(simulation.end?.compensation == .completed)
        #expect(simulation.ended("c")?.status == .cancelled)
    }

    @Test("the run's time-out fails it")
    func runTimeout() throws {
        var builder = DefinitionBuilder()
        builder.node("a")
        let simulation = try Simulation(builder.build { $0.timeoutMilliseconds = 5_000 })
        try simulation.fireTimer()
        try simulation.stopAsTold("a")
        #expect(simulation.end?.status == .failed)
        #expect(simulation.end?.error?.type == ErrorType.timeout)
    }

    @Test("a step that no worker takes in time fails")
    func queueTimeout() throws {
        var builder = DefinitionBuilder()
        builder.node("a") {
            $0.settings.queueTimeoutMilliseconds = 1_000
            $0.settings.queue = Program(.template, "nobody")
        }
        let simulation = try Simulation(builder.build())
        try simulation.fireTimer()
        #expect(simulation.end?.error?.type == ErrorType.queueTimeout)
    }

    @Test("nobody takes it while that error is handled")
    func queueTimeoutHandled() throws {
        var builder = DefinitionBuilder()
        let node = builder.node("a") {
            $0.settings.queueTimeoutMilliseconds = 1_000
            $0.settings.queue = Program(.template, "nobody")
        }
        builder.handler(of: node)
        let simulation = try Simulation(builder.build())
        try simulation.fireTimer()
        let task = try simulation.record.tasks.values.first { $0.row.path == "a" }
        #expect(task?.status == .waiting)
        try simulation.finish()
        #expect(simulation.end?.status == .succeeded)
    }
}

@Suite("What a failed run has done is undone")
struct DecideCompensationTests {
    private func chain(_ ids: String...) -> DefinitionBuilder {
        var builder = DefinitionBuilder()
        for id in ids {
            let node = builder.node(id)
            builder.compensation(of: node)
        }
        builder.node("last")
        return builder
    }

    @Test("completed steps are undone in reverse order, one at a time")
    func reverse() throws {
        let simulation = try Simulation(chain("a", "b", "c").build())
        for path in ["a", "b", "c"] { try simulation.succeed(path) }
        try simulation.fail("last", "Declined")
        for path in ["c!", "b!", "a!"] {
            #expect(simulation.claims.count == 1)
            #expect(try simulation.step(path).spec.stepKey == "\(simulation.run)/\(path.dropLast())")
            try simulation.succeed(path)
        }
        #expect(simulation.end?.status == .failed)
        #expect(simulation.end?.compensation == .completed)
        #expect(simulation.end?.error?.type == "Declined")
        #expect(simulation.ends(.compensated) == ["c!", "b!", "a!"])
    }

    @Test("the first compensation that fails for good stops it")
    func broken() throws {
        let simulation = try Simulation(chain("a", "b").build())
        for path in ["a", "b"] { try simulation.succeed(path) }
        try simulation.fail("last")
        try simulation.fail("b!")
        #expect(simulation.end?.status == .failed)
        #expect(simulation.end?.compensation == .failed)
        #expect(simulation.ends(.compensationFailed) == ["b!"])
    }

    @Test("a compensation is retried like a step")
    func retried() throws {
        var builder = DefinitionBuilder()
        let node = builder.node("a")
        builder.compensation(of: node, retry: [.times(2)])
        builder.node("b")
        let simulation = try Simulation(builder.build())
        try simulation.succeed("a")
        try simulation.fail("b")
        try simulation.fail("a!")
        try simulation.fireTimer()
        try simulation.succeed("a!")
        #expect(simulation.end?.compensation == .completed)
    }

    @Test("an unknown outcome is undone too, a step that failed by itself is not")
    func unknown() throws {
        var builder = DefinitionBuilder()
        let a = builder.node("a")
        builder.compensation(of: a)
        let timedOut = try Simulation(builder.build())
        try timedOut.fail("a", ErrorType.timeout)
        #expect(try timedOut.step("a!").spec.phase == .compensate)
        try timedOut.succeed("a!")
        #expect(timedOut.end?.compensation == .completed)

        let failed = try Simulation(builder.build())
        try failed.fail("a", "Declined")
        #expect(failed.end?.compensation == CompensationStatus.none)
    }

    @Test("what is caught is undone before its handler runs, and not again")
    func caughtGroup() throws {
        var builder = DefinitionBuilder()
        let inner = builder.scope()
        let group = builder.node("g", .group(scope: inner))
        builder.handler(of: group)
        let x = builder.node("x", in: inner)
        builder.compensation(of: x)
        builder.node("y", in: inner)
        builder.node("after")
        let simulation = try Simulation(builder.build())
        try simulation.succeed("g/x")
        try simulation.fail("g/y")
        try simulation.succeed("g/x!")
        try simulation.succeed("g:catch", 9)
        try simulation.fail("after")
        #expect(simulation.ended("g")?.output?.value == 9)
        #expect(simulation.end?.status == .failed)
        #expect(simulation.end?.compensation == CompensationStatus.none)
    }

    @Test("a group's own compensation replaces those inside")
    func replaced() throws {
        var builder = DefinitionBuilder()
        let inner = builder.scope()
        let group = builder.node("g", .group(scope: inner))
        let x = builder.node("x", in: inner)
        builder.compensation(of: x)
        builder.compensation(of: group)
        builder.node("after", needs: [group])
        let simulation = try Simulation(builder.build())
        try simulation.succeed("g/x")
        try simulation.fail("after")
        try simulation.succeed("g!")
        #expect(simulation.ends(.compensated) == ["g!"])
    }

    @Test("a retried group undoes a generation before the next")
    func generations() throws {
        var builder = DefinitionBuilder()
        let inner = builder.scope()
        builder.node("g", .group(scope: inner)) { $0.retry = [.times(2)] }
        let x = builder.node("x", in: inner)
        builder.compensation(of: x)
        builder.node("y", in: inner)
        let simulation = try Simulation(builder.build())
        try simulation.succeed("g/x")
        try simulation.fail("g/y")
        try simulation.succeed("g/x!")
        try simulation.fireTimer()
        let group = simulation.store.runs[simulation.run]?.tasks.values.first { $0.row.path == "g" }
        #expect(group?.status == .waiting, "it is in back-off no more")
        try simulation.succeed("g~2/x")
        try simulation.succeed("g~2/y")
        #expect(simulation.end?.status == .succeeded)
    }

    @Test("items of a foreach are undone each for itself")
    func items() throws {
        var builder = DefinitionBuilder()
        let ship = builder.node("ship") { $0.forEach = ForEach(items: Program(.template, ["p", "q"])) }
        builder.compensation(of: ship, .call("undo", with: ["parcel": "${ item }", "got": "${ output }"]))
        builder.node("last", needs: [ship])
        let simulation = try Simulation(builder.build())
        try simulation.succeed("ship[1]", 11)
        try simulation.succeed("ship[0]", 10)
        try simulation.fail("last")
        #expect(try simulation.step("ship[0]!").input.text == #"{"parcel":"p","got":10}"#)
        try simulation.succeed("ship[0]!")
        #expect(try simulation.step("ship[1]!").input.text == #"{"parcel":"q","got":11}"#)
        try simulation.succeed("ship[1]!")
        #expect(simulation.end?.compensation == .completed)
    }

    @Test("`on_failure: stop` undoes nothing, and `always` runs in the end")
    func stopAndAlways() throws {
        var builder = chain("a")
        let always = builder.scope()
        builder.node("clean", in: always)
        let simulation = try Simulation(
            builder.build {
                $0.onFailure = .stop
                $0.always = always
            }
        )
        try simulation.succeed("a")
        try simulation.fail("last")
        #expect(try simulation.step("clean").spec.phase == .always)
        try simulation.succeed("clean")
        #expect(simulation.end?.status == .failed)
        #expect(simulation.end?.compensation == CompensationStatus.none)
    }

    @Test("a failing `always` makes a succeeded run failed and undoes nothing")
    func alwaysFails() throws {
        var builder = chain("a")
        let always = builder.scope()
        builder.node("clean", in: always)
        let simulation = try Simulation(builder.build { $0.always = always })
        try simulation.succeed("a")
        try simulation.succeed("last")
        try simulation.fail("clean", "Dirty")
        #expect(simulation.end?.status == .failed)
        #expect(simulation.end?.error?.type == "Dirty")
        #expect(simulation.ends(.compensated).isEmpty)
    }
}
