import FoundationEssentials
import JSON
import JSONata
import Testing

@Suite("docs/expressions.md is true")
struct ExpressionDocumentTests {
    @Test("every example gives what is written behind its arrow")
    func examples() throws {
        let document = try Self.text()
        let input = try JSONValue.parse(try #require(Self.blocks("json", in: document).first))
        var examples: [Substring] = []
        for block in Self.blocks("jsonata", in: document) {
            examples += block.split(separator: "\n").filter { $0.contains(" → ") }
        }
        #expect(examples.count >= 60)
        for example in examples {
            let arrow = try #require(example.firstRange(of: " → "))
            let source = example[..<arrow.lowerBound].trimming(" ")
            let expected = example[arrow.upperBound...].trimming(" ")
            #expect(try Self.outcome(of: source, input) == Self.normal(expected), "\(example)")
        }
    }

    private static func outcome(of source: String, _ input: JSONValue) throws -> String {
        do {
            let result = try Expression(parsing: source).evaluate(input)
            return result?.serialized() ?? "undefined"
        } catch {
            return "error \(error.code)"
        }
    }

    private static func normal(_ expected: String) throws -> String {
        if expected == "undefined" || expected.hasPrefix("error ") { return expected }
        return try JSONValue.parse(expected).serialized()
    }

    private static func blocks(_ language: String, in document: String) -> [String] {
        let fences = document.split(separator: "```", omittingEmptySubsequences: false)
        return stride(from: 1, to: fences.count, by: 2).compactMap { index in
            let block = fences[index]
            guard let end = block.firstIndex(of: "\n"), block[..<end] == language else { return nil }
            return String(block[block.index(after: end)...])
        }
    }

    private static func text() throws -> String {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let path = tests.deletingLastPathComponent().appending(path: "docs/expressions.md")
        return String(decoding: try Data(contentsOf: path), as: UTF8.self)
    }
}

extension Substring {
    fileprivate func trimming(_ blank: Character) -> String {
        var rest = self
        while rest.first == blank { rest.removeFirst() }
        while rest.last == blank { rest.removeLast() }
        return String(rest)
    }
}
