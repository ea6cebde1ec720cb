import Scheduler
import Testing

@Suite("A workflow is laid out")
struct WorkflowGraphTests {
    private static let source = """
        name: pictured
        steps:
          - id: first
            run: echo 1
            compensate: { run: echo undo }
          - id: left
            needs: [first]
            run: echo l
            catch:
              - { on: [Broken], output: { a: 1 } }
          - id: right
            needs: [first]
            when: "${ steps.first.output = 1 }"
            foreach: { items: "${ [1, 2, 3] }" }
            run: echo r
          - id: both
            needs: [left, right]
            switch:
              - when: "${ input.express }"
                steps: [{ id: fast, sleep: 1s }]
              - steps: [{ id: slow, sleep: 2s }]
          - id: last
            needs: [both, first]
            steps: [{ id: inner, run: echo i }]
        always:
          - { id: bye, run: echo bye }
        """

    private func graph(_ source: String = source) throws -> WorkflowGraph {
        let compilation = DefinitionCompiler.compile(source)
        return WorkflowGraph(try #require(compilation.workflow, "\(compilation.diagnostics)"), version: 3)
    }

    @Test("every step, handler, compensation and branch is in it, under the path that a run gives it")
    func contents() throws {
        let graph = try graph()
        let nodes = Dictionary(uniqueKeysWithValues: graph.nodes.map { ($0.path, $0) })
        let wanted: Set = [
            "first", "first!", "left", "left:catch", "right", "both/fast", "both/slow", "last/inner", "bye",
        ]
        #expect(Set(nodes.keys) == wanted)
        #expect(nodes["first!"]?.role == .compensation)
        #expect(nodes["left:catch"]?.role == .handler)
        #expect(nodes["bye"]?.role == .always)
        #expect(nodes["right"]?.isForEach == true)
        #expect(nodes["right"]?.condition == "steps.first.output = 1")
        #expect(Set(graph.groups.map(\.kind)) == ["switch", "branch", "group", "always"])
        #expect(graph.edges.contains { $0.from == "left" && $0.to == "left:catch" && $0.label == "Broken" })
    }

    @Test("edges lead downwards, nothing overlaps, and everything is within the picture")
    func places() throws {
        let graph = try graph()
        for edge in graph.edges {
            let ys = edge.points.map { $0[1] }
            #expect(ys == ys.sorted(), "\(edge)")
        }
        for (index, one) in graph.nodes.enumerated() {
            #expect(one.frame.x >= 0 && one.frame.x + one.frame.width <= graph.width)
            #expect(one.frame.y >= 0 && one.frame.y + one.frame.height <= graph.height)
            for other in graph.nodes[(index + 1)...] { #expect(!overlap(one.frame, other.frame)) }
        }
    }

    private func overlap(_ one: WorkflowGraph.Frame, _ other: WorkflowGraph.Frame) -> Bool {
        one.x < other.x + other.width && other.x < one.x + one.width && one.y < other.y + other.height
            && other.y < one.y + one.height
    }

    @Test("the same workflow gives the same picture")
    func stable() throws {
        #expect(try graph() == graph())
    }

    @Test("a thousand steps are laid out in a moment")
    func large() throws {
        var steps = "  - { id: s0, run: echo 0 }\n"
        for index in 1..<1_000 {
            steps += "  - { id: s\(index), needs: [s\((index - 1) / 3)], run: echo \(index) }\n"
        }
        let graph = try graph("name: large\nsteps:\n\(steps)")
        #expect(graph.nodes.count == 1_000)
        #expect(graph.nodes.map(\.layer).max() == 6)
    }

    @Test("text of others is text in every format")
    func hostile() throws {
        let source = """
            name: hostile
            steps:
              - id: first
                run: "echo '</text><script>alert(1)</script>' \\u001b[31m # ;]"
            """
        let graph = try graph(source)
        #expect(!GraphSVG.document(graph).contains("<script"))
        #expect(!GraphMermaid.document(graph).contains("<script"))
        #expect(!GraphOutline.document(graph).contains("\u{1B}"))
    }

    @Test("an outline tells the order, and what follows what where it is not the line above")
    func outline() throws {
        let outline = GraphOutline.document(try graph())
        #expect(outline.hasPrefix("pictured version 3\n├─ first"))
        #expect(outline.contains("first ↩  echo undo  ← undoes first"))
        #expect(outline.contains("left ⚑  ← on Broken of left"))
    }
}
