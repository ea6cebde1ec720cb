import JSON
import Linux
import Testing

@testable import Scheduler
@testable import Simulation

@Suite("A wide run costs by what is live, not by what there is")
struct WideRunTests {
    @Test("a foreach keeps a bounded window, its order and a small state")
    func window() throws {
        let count = 2_500
        var builder = DefinitionBuilder()
        builder.node("each") {
            $0.forEach = ForEach(items: Program(.template, .array((0..<count).map { .integer(Int64($0)) })))
        }
        let simulation = try Simulation(builder.build(), isReplayed: false)
        var largest = 0
        var widest = 0
        for _ in 0..<count {
            let live = try simulation.record.tasks.values.count { $0.status == .running }
            widest = max(widest, live)
            largest = max(largest, try simulation.record.live?.state.utf8.count ?? 0)
            guard let task = simulation.claims.values.min(by: { $0.step < $1.step }) else { break }
            try simulation.report(task, .succeeded(Payload(.string(task.path))))
        }
        #expect(simulation.end?.status == .succeeded)
        #expect(widest <= 1_000)
        #expect(largest < 2_048, "the state had \(largest) bytes")
        let outputs = simulation.ended("each")?.output?.value.arrayValue ?? []
        #expect(outputs == (0..<count).map { .string("each[\($0)]") })
    }

    @Test("what follows each other in a state is written once")
    func spans() throws {
        var step = StepState(scope: 3, node: 7)
        step.stage = .queued
        var steps: [Int: StepState] = [:]
        for number in 10..<500 where number % 97 != 0 {
            step.index = number * 2
            steps[number] = step
        }
        let spans = StepSpan.spans(of: steps)
        #expect(spans.count == 6)
        var expanded: [Int: StepState] = [:]
        for span in spans { span.expand(into: &expanded) }
        #expect(expanded == steps)
    }
}
