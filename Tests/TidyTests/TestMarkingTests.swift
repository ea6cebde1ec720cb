import Testing

@Suite("Every test really runs")
struct TestMarkingTests {
    @Test("a function that expects something is a test, or is called by one")
    func everyTestIsMarked() {
        let files = Tree.current.files.filter { $0.isIn("Tests") && $0.ends(in: "swift") }
        let all = files.map(\.text).joined(separator: "\n")
        for file in files {
            for function in Function.all(in: file) where Self.looksLikeTest(function) {
                if function.attributes.contains("@Test") { continue }
                if function.name.hasPrefix("test") || all.mentions(of: function.name) < 2 {
                    report(file, line: function.line, "\(function.name) has no @Test: it never runs")
                }
            }
        }
    }

    @Test("every folder of tests is a target")
    func everyFolderIsTarget() throws {
        let package = try Tree.current.file("Package.swift").text
        let folders = Set(
            Tree.current.files.filter { $0.isIn("Tests") && $0.ends(in: "swift") }.map(\.folder)
        )
        for folder in folders {
            let target = folder.split(separator: "/")[1]
            #expect(package.contains("\"\(target)\""), "Package.swift has no target \(target): it never runs")
        }
    }

    @Test("a migration that is there is listed where migrations are run")
    func everyMigrationIsListed() throws {
        let folder = "Sources/Scheduler/Store/Migrations"
        let list = try Tree.current.file(folder + "/Migration.swift")
        for file in Tree.current.files where file.isIn(folder) {
            for match in file.text.matches(of: /static let (\w+) = Migration\(/) {
                let listed = try Regex("all: .*\\b\(match.1)\\b").dotMatchesNewlines()
                if !list.text.contains(listed) { report(file, "\(match.1) is listed nowhere: it never runs") }
            }
        }
    }

    private static func looksLikeTest(_ function: Function) -> Bool {
        function.name.hasPrefix("test")
            || function.body.contains { $0.contains("#expect(") || $0.contains("#require(") }
    }
}

extension String {
    fileprivate func mentions(of name: String) -> Int { split(separator: name + "(").count - 1 }
}
