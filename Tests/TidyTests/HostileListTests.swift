import Testing

@Suite("The list of hostile behaviours names tests that there are")
struct HostileListTests {
    @Test("every row has its test, and at least 70 of the 85 are tried")
    func rows() throws {
        let page = try Tree.current.file("docs/isolation.md")
        let sources = Tree.current.files.filter { $0.isIn("Tests") && $0.ends(in: "swift") }
        var count = 0
        for (index, line) in page.lines.enumerated() {
            guard let match = line.firstMatch(of: /^\| [0-9]+ \|.*\| `(\w+)\.(\w+)` \|$/) else { continue }
            count += 1
            let isThere = sources.contains { source in
                source.name == "\(match.1).swift" && source.text.contains("func \(match.2)(")
            }
            if !isThere { report(page, line: index + 1, "there is no test \(match.1).\(match.2)") }
        }
        #expect(count >= 70)
    }
}
