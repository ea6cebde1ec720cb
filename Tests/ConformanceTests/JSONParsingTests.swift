import FoundationEssentials
import JSON
import Testing

@Suite("JSON parsing agrees with JSONTestSuite")
struct JSONParsingTests {
    struct Case: Decodable, Sendable {
        enum Expectation: String, Decodable { case accept, reject, either }

        let name: String
        let expect: Expectation
        let base64: String

        var document: [UInt8] {
            get throws { [UInt8](try #require(Data(base64Encoded: base64))) }
        }
    }

    static func cases() throws -> [Case] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let lines = try Data(contentsOf: tests.appending(path: "Fixtures/json/cases.jsonl"))
        return try lines.split(separator: UInt8(ascii: "\n")).map { line in
            try JSONValue.parse([UInt8](line)).decode(Case.self)
        }
    }

    /// jansson holds no key with a NUL in it, and says so.
    static let knownRefusals = ["y_object_escaped_null_in_key.json"]

    @Test("every case is accepted or refused as the suite says")
    func verdicts() throws {
        let cases = try Self.cases()
        #expect(cases.count == 318)
        for example in cases {
            let verdict = Self.verdict(try example.document)
            switch (example.expect, verdict) {
            case (.accept, .success(let value)):
                #expect(try JSONValue.parse(value.serialized()) == value, "\(example.name)")
                #expect(try JSONValue.parse(value.pretty()) == value, "\(example.name)")
            case (.accept, .failure) where Self.knownRefusals.contains(example.name): break
            case (.accept, .failure(let error)): Issue.record("\(example.name) is refused: \(error)")
            case (.reject, .success(let value)): Issue.record("\(example.name) is read as \(value)")
            case (.reject, .failure), (.either, _): break
            }
        }
    }

    private static func verdict(_ document: [UInt8]) -> Result<JSONValue, JSONError> {
        do throws(JSONError) {
            return .success(try JSONValue.parse(document))
        } catch {
            return .failure(error)
        }
    }
}
