import JSON
import Linux
import Testing

@testable import Scheduler
@testable import Simulation

@Suite("An operator intervenes in a step")
struct DecideInterventionTests {
    private let actor = Actor(name: "ann", reason: "it hangs")

    @Test("now ends a sleep, a back-off, a snooze and the pause between rounds")
    func now() throws {
        var builder = DefinitionBuilder()
        builder.node("nap", .sleep(Program(.template, "1h")))
        builder.node("work") { $0.retry = [.times(2)] }
        builder.node("poll") {
            $0.repeating = Repeat(until: Program(.template, false), delayMilliseconds: 60_000, max: 2)
            $0.continuesOnError = true
        }
        let simulation = try Simulation(builder.build())
        #expect(try simulation.apply(.hurry(step: "nap", actor)))
        #expect(try !simulation.apply(.hurry(step: "work", actor)))
        #expect(simulation.lastDecision.contains("neither sleeps"))
        try simulation.fail("work")
        #expect(try simulation.apply(.hurry(step: "work", actor)))
        try simulation.report(try simulation.step("work"), .snoozed(afterMilliseconds: 60_000))
        #expect(try simulation.apply(.hurry(step: "work", actor)))
        #expect(try simulation.step("work").attempt == 2)
        try simulation.succeed("work")
        try simulation.succeed("poll#1")
        #expect(try simulation.apply(.hurry(step: "poll", actor)))
        try simulation.succeed("poll#2")
        #expect(simulation.end?.status == .succeeded)
        let cuts = simulation.history.filter { $0.kind == .timerCut }
        #expect(cuts.map { $0.data["timer"] } == ["sleep", "backoff", "backoff", "round"])
        #expect(cuts[0].data["actor"] == "ann" && cuts[0].data["reason"] == "it hangs")
    }

    @Test("fail stops the running attempt; it fails, and is retried by the rules")
    func fail() throws {
        var builder = DefinitionBuilder()
        builder.node("work") { $0.retry = [.times(2)] }
        let simulation = try Simulation(builder.build())
        #expect(try simulation.apply(.failAttempt(step: "work", actor)))
        #expect(try simulation.record.tasks[1]?.isCancelled == true)
        #expect(try !simulation.apply(.failAttempt(step: "work", actor)))
        try simulation.stopAsTold("work")
        #expect(
            simulation.history.last { $0.kind == .attemptFailed }?.error?.message.contains("it hangs") == true
        )
        #expect(try !simulation.apply(.failAttempt(step: "work", actor)))
        try simulation.fireTimer()
        #expect(try simulation.step("work").attempt == 2)
        try simulation.apply(.failAttempt(step: "work", actor))
        try simulation.succeed("work")
        #expect(simulation.end?.status == .succeeded)
    }

    @Test("an attempt that is to fail fails also by its worker's death or by a snooze")
    func failForSure() throws {
        for end in ["lost", "snoozed"] {
            var builder = DefinitionBuilder()
            builder.node("work")
            let simulation = try Simulation(builder.build())
            try simulation.apply(.failAttempt(step: "work", actor))
            if end == "lost" {
                try simulation.lose("work")
            } else {
                try simulation.report(try simulation.step("work"), .snoozed(afterMilliseconds: 1))
            }
            #expect(simulation.end?.error?.type == "Cancelled", "\(end)")
        }
    }

    @Test("resolve counts a step that waits for its next attempt as done, and a compensation too")
    func resolve() throws {
        var builder = DefinitionBuilder()
        let work = builder.node("work") { $0.retry = [.times(2)] }
        builder.compensation(of: work, retry: [.times(2)])
        builder.node("next")
        let simulation = try Simulation(builder.build())
        #expect(try !simulation.apply(.resolve(step: "work", output: Payload(1), actor)))
        try simulation.fail("work")
        #expect(try simulation.apply(.resolve(step: "work", output: Payload(1), actor)))
        #expect(simulation.ended("work")?.output?.value == 1)
        #expect(try simulation.record.timers.isEmpty)
        try simulation.fail("next")
        try simulation.fail("work!")
        #expect(try simulation.apply(.resolve(step: "work!", output: .null, actor)))
        #expect(simulation.end?.compensation == .completed)
        let resolved = simulation.history.filter { $0.kind == .stepResolved }
        #expect(resolved.map(\.path) == ["work", "work!"])
        #expect(resolved[0].data["reason"] == "it hangs")
    }

    @Test("a deferred step fails at once; a step that sleeps or is not under way is left alone")
    func failOthers() throws {
        var builder = DefinitionBuilder()
        builder.node("nap", .sleep(Program(.template, "1h")))
        builder.node("work")
        let simulation = try Simulation(builder.build())
        #expect(try !simulation.apply(.failAttempt(step: "nap", actor)))
        #expect(try !simulation.apply(.failAttempt(step: "work", actor)))
        try simulation.apply(.hurry(step: "nap", actor))
        try simulation.report(try simulation.step("work"), .deferred(timeoutMilliseconds: nil))
        #expect(try simulation.apply(.failAttempt(step: "work", actor)))
        #expect(simulation.end?.error?.type == "Cancelled")
    }
}
