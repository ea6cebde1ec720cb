import Testing

/// The deliberate faults that `scripts/mutants` puts into a copy of the engine.
@Suite("Every mutant still fits the sources")
struct MutantTests {
    private static let patches = Tree.current.files.filter { $0.isIn("Tests/Mutants") }

    @Test("there are eight, and each says its fault and the suites that are to catch it")
    func complete() throws {
        #expect(Self.patches.count == 8)
        let code = Tree.current.files.filter { $0.isIn("Tests") && $0.ends(in: "swift") }
        for patch in Self.patches {
            #expect(patch.lines.first?.hasPrefix("fault: ") == true, "\(patch.path)")
            let suites = try #require(patch.lines.first { $0.hasPrefix("suites: ") }, "\(patch.path)")
            for suite in suites.dropFirst("suites: ".count).split(separator: "|") {
                let isThere = code.contains { $0.name == "\(suite).swift" }
                #expect(isThere, "\(patch.path) names \(suite)")
            }
        }
    }

    @Test("what it changes is there, once")
    func applies() throws {
        for patch in Self.patches {
            let target = try #require(patch.lines.first { $0.hasPrefix("--- a/") }, "\(patch.path)")
            let source = try Tree.current.file(String(target.dropFirst("--- a/".count)))
            for hunk in Self.hunks(patch) {
                let places = source.lines.indices.filter { source.lines[$0...].starts(with: hunk) }
                #expect(places.count == 1, "\(patch.path): \(places.count) places for \(hunk)")
            }
        }
    }

    /// What each hunk finds in the source: its context and what it takes away.
    private static func hunks(_ patch: TextFile) -> [[String]] {
        let body = patch.lines.drop { !$0.hasPrefix("@@") }
        return body.split { $0.hasPrefix("@@") }.map { hunk in
            hunk.filter { !$0.hasPrefix("+") }.map { String($0.dropFirst()) }
        }
    }
}
