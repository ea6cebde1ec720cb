import Scheduler
import Testing

@Suite("Every key of the language and every call of the API is shown and tested")
struct CoverageTests {
    @Test("each key has a workflow of examples/language, which a test runs")
    func keys() {
        check(LanguageKeys.step, "examples/language/step")
        check(LanguageKeys.workflow, "examples/language/workflow")
    }

    private func check(_ keys: [LanguageKeys.Key], _ folder: String) {
        for key in keys {
            let path = "\(folder)/\(key.name).yaml"
            guard let example = Tree.current.files.first(where: { $0.path == path }) else {
                Issue.record("there is no \(path), which shows `\(key.name)`")
                continue
            }
            for word in [key.name] + key.inner where !example.text.contains("\(word):") {
                report(example, "it does not show `\(word)`")
            }
        }
        let names = Set(keys.map { "\($0.name).yaml" })
        for file in Tree.current.files where file.isIn(folder) && !names.contains(file.name) {
            report(file, "there is no such key")
        }
    }

    @Test("each call is one of those that APICallTests makes")
    func calls() throws {
        let document = try Tree.current.file("docs/http-api.md").text
        let tests = try Tree.current.file("Tests/IntegrationTests/APICallList.swift").text
        for match in document.matches(of: /\| `([A-Z]+ \/[^`]*)` \|/) {
            #expect(tests.contains("\"\(match.1)\""), "APICallList has no line for \(match.1)")
        }
    }
}
