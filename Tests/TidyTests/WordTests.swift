import Testing

@Suite("Nothing unfinished, nothing of one machine")
struct WordTests {
    // Spelled in two halves, so that this file does not find itself.
    private static let unfinished = ["TO" + "DO", "FIX" + "ME", "X" + "XX", "fatal" + "Error"]
    private static let ofOneMachine = ["/wo" + "rk/", "/tmp/" + "wt/", "/ho" + "me/", "/opt/" + "swift"]
    private static let vague = ["Man" + "ager", "Help" + "er", "Ut" + "il", "Com" + "mon"]

    @Test("no placeholder is left in the sources", arguments: unfinished)
    func nothingUnfinished(word: String) throws {
        let wholeWord = try Regex("\\b\(word)\\b")
        for file in Tree.current.files where file.isIn("Sources", "plugins", "examples", "scripts") {
            guard file.text.contains(word) else { continue }
            for (index, line) in file.lines.enumerated() where line.contains(wholeWord) {
                report(file, line: index + 1, "'\(word)' is not finished")
            }
        }
    }

    @Test("no path of a machine is in the tree", arguments: ofOneMachine)
    func nothingOfOneMachine(path: String) {
        for file in Tree.current.files where file.text.contains(path) {
            for (index, line) in file.lines.enumerated() where line.contains(path) {
                report(file, line: index + 1, "'\(path)' is a path of one machine")
            }
        }
    }

    @Test("no file has a name that says nothing", arguments: vague)
    func namesSaySomething(word: String) {
        for file in Tree.current.files where file.isIn("Sources", "Tests") {
            if file.name.contains(word) { report(file, "'\(word)' says nothing about its duty") }
        }
    }

    @Test("the Swift code is laid out as .swift-format says")
    func layout() throws {
        let paths = ["Package.swift", "Sources", "Tests"]
        let lint = try Program.run(
            "/usr/bin/env",
            ["swift", "format", "lint", "--strict", "--parallel", "--recursive"] + paths
        )
        #expect(lint.status == .exited(0), "\(lint.output)")
    }
}
