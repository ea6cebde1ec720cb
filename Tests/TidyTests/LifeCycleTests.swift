import Scheduler
import Testing

@Suite("The drawings of life cycles have the statuses of the code")
struct LifeCycleTests {
    @Test("a run's statuses")
    func runs() throws { try expectDrawing("Run", of: RunStatus.allCases.map(\.rawValue)) }

    @Test("a step's statuses")
    func steps() throws { try expectDrawing("Step", of: StepStatus.allCases.map(\.rawValue)) }

    /// Expects the drawing under a heading to have exactly these statuses.
    private func expectDrawing(_ heading: String, of statuses: [String]) throws {
        let lines = try Tree.current.file("docs/state-machine.md").lines
        let section = lines.drop { $0 != "## \(heading)" }.dropFirst().prefix { !$0.hasPrefix("## ") }
        let drawn = section.flatMap { line in
            line.firstMatch(of: /^ +([\w*\[\]]+) --> ([\w*\[\]]+)/).map { [String($0.1), String($0.2)] } ?? []
        }
        #expect(Set(drawn).subtracting(["[*]"]) == Set(statuses))
    }
}
