import Linux
import Scheduler
import TestSupport
import Testing

/// Damaged definitions are refused or taken, and never bring the compiler down.
struct DefinitionMutationTests {
    @Test
    func neverCrashes() throws {
        var random = SeededGenerator(seed: .random(in: .min ... .max))
        let sources = try ["whole-language", "five-mistakes"].map {
            Array(try Definition.file("Tests/Fixtures/definitions/\($0).yaml").text.unicodeScalars)
        }
        for round in 0..<300 {
            var text = sources[round % sources.count]
            for _ in 0..<Int.random(in: 1...6, using: &random) { Self.damage(&text, &random) }
            let definition = Definition(text: String(String.UnicodeScalarView(text)))
            let compilation = definition.compilation
            let refused = compilation.diagnostics.hasErrors
            #expect((compilation.workflow == nil) == refused, "seed \(random.seed), round \(round)")
            for diagnostic in compilation.diagnostics {
                let isPlace = diagnostic.line >= 1 && diagnostic.column >= 1
                #expect(isPlace, "seed \(random.seed), round \(round): \(diagnostic)")
            }
        }
    }

    /// The API compiles on threads of 1 MiB.
    @Test
    func theDeepestNestingFitsAThread() {
        var step = "set: \"${ 1 + 1 }\""
        for level in 0..<48 { step = "steps: [{ id: s\(level), \(step) }]" }
        let definition = Definition(text: "name: n\n" + step)
        let nodes = Locked(0)
        DedicatedThread("deep", stackBytes: 512 << 10) {
            let compilation = definition.compilation
            nodes.withLock { $0 = compilation.workflow?.nodes.count ?? 0 }
        }.join()
        #expect(nodes.withLock { $0 } == 48)
    }

    private static let pieces = [
        "${", "}", "\"", "'", "\n", "  ", ": ", "- ", "[", "]", "{", "steps.", "/", "\\", "é", "0",
    ]

    private static func damage(_ text: inout [Unicode.Scalar], _ random: inout SeededGenerator) {
        let start = Int.random(in: 0..<text.count, using: &random)
        let end = min(text.count, start + Int.random(in: 1...12, using: &random))
        switch Int.random(in: 0..<4, using: &random) {
        case 0: text.removeSubrange(start..<end)
        case 1: text.insert(contentsOf: text[start..<end], at: Int.random(in: 0...text.count, using: &random))
        case 2:
            text.insert(contentsOf: (pieces.randomElement(using: &random) ?? "").unicodeScalars, at: start)
        default: text.swapAt(start, Int.random(in: 0..<text.count, using: &random))
        }
    }
}
