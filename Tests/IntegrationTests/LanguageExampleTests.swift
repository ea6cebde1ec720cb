import JSON
import Linux
import Scheduler
import TestSupport
import Testing

@Suite("Every key of the language has an example that does what it says")
struct LanguageExampleTests {
    /// A workflow of examples/language, with the comment at its top.
    struct Example: Sendable, CustomTestStringConvertible {
        var place: String
        var text: String

        var testDescription: String { place }

        /// What stands after `# word: ` as JSON; an empty object without it.
        func comment(_ word: String) throws -> JSONObject {
            let line = text.split(separator: "\n").first { $0.hasPrefix("# \(word): ") }
            guard let line else { return [:] }
            return try JSONValue.parse(String(line.dropFirst(word.count + 4))).objectValue ?? [:]
        }
    }

    private static let examples: [Example] = ["step", "workflow"].flatMap { folder in
        let path = "\(TestPrograms.repository)/examples/language/\(folder)"
        return ((try? Files.names(in: path)) ?? []).sorted().map { name in
            let text = (try? Files.read("\(path)/\(name)")) ?? []
            return Example(place: "\(folder)/\(name)", text: String(decoding: text, as: UTF8.self))
        }
    }

    @Test("it runs, and has what the comment at its top says", arguments: examples)
    func runs(_ example: Example) async throws {
        let (expected, input) = (try example.comment("expect"), try example.comment("input"))
        try #require(!expected.isEmpty, "it says nothing of what is expected")
        try await APIFixture.serve { api in
            if example.place == "step/workflow.yaml" {
                try api.apply(Self.examples.first { $0.place == "step/set.yaml" }?.text ?? "")
            }
            // The comments come before the name.
            let definition = example.text.split(separator: "\n").drop { $0.hasPrefix("#") }
            let run = try api.run(definition.joined(separator: "\n"), input: .object(input))
            for (member, value) in expected {
                Self.expect(run[member] ?? .null, value, "\(member) of \(run.serialized())")
            }
            if expected["status"] == nil { #expect(run["status"] == "succeeded", "\(run.serialized())") }
            APILanguageTests.expectWhole(try api.history(run["id"]?.stringValue ?? ""))
        }
    }

    /// Of an error the members that are named.
    private static func expect(_ found: JSONValue, _ wanted: JSONValue, _ what: String) {
        guard what.hasPrefix("error"), let members = wanted.objectValue else {
            #expect(found == wanted, "\(what)")
            return
        }
        for (name, value) in members { #expect(found[name] == value, "\(what)") }
    }
}
