import Scheduler
import Testing

@Suite("Every workflow that is shown can be applied")
struct WorkflowDocumentTests {
    /// A workflow somewhere in the tree; a list of steps has been made one.
    struct Shown: Sendable, CustomTestStringConvertible {
        var place: String
        var text: String

        var testDescription: String { place }
    }

    @Test("it compiles", arguments: shown)
    func compiles(_ shown: Shown) {
        let compilation = DefinitionCompiler.compile(shown.text)
        #expect(compilation.diagnostics.isEmpty, "\(shown.place): \(compilation.diagnostics)")
        #expect(compilation.workflow != nil)
    }

    private static let shown =
        Tree.current.files.filter { $0.name == "workflow.yaml" && $0.isIn("examples") }
        .map { Shown(place: $0.path, text: $0.text) }
        + Tree.current.files.filter { $0.ends(in: "md") }.flatMap(inFences)

    /// Workflows and lists of steps between ```` ```yaml ```` fences; manifests are none.
    private static func inFences(of document: TextFile) -> [Shown] {
        let starts = document.lines.indices.filter { document.lines[$0] == "```yaml" }
        return starts.compactMap { start in
            let block = document.lines[(start + 1)...].prefix { $0 != "```" }
            let place = "\(document.path):\(start + 1)"
            if block.contains("steps:") { return Shown(place: place, text: block.joined(separator: "\n")) }
            guard block.first?.hasPrefix("- id:") == true else { return nil }
            let steps = block.map { "  " + $0 }
            return Shown(place: place, text: (["name: shown", "steps:"] + steps).joined(separator: "\n"))
        }
    }
}
