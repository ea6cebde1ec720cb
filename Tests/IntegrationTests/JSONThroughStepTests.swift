import JSON
import Linux
import Scheduler
import TestSupport
import Testing

@Suite("JSONTestSuite through a step's stdin and stdout")
struct JSONThroughStepTests {
    /// jansson holds no key with a NUL in it, and says so.
    private static let knownRefusals = ["y_object_escaped_null_in_key.json"]

    @Test("what is accepted comes back as it was, what is refused ends the step as InvalidOutput")
    func verdicts() async throws {
        let cases = try JSONSuiteCase.all.get()
        #expect(cases.count == 318)
        let folder = try TestServers.folder()
        for (index, example) in cases.enumerated() {
            let file = "\(folder)/\(index)"
            try Files.write(file, example.document)
            let told = await ExecutorFixture.shell("cat \(file)")
            let expected = try? JSONValue.parse(example.document)
            switch example.expectation {
            case .accept where !Self.knownRefusals.contains(example.name):
                let value = try #require(expected)
                #expect(told.output == value, "\(example.name)")
                let echoed = await ExecutorFixture.shell("cat", Payload(value))
                #expect(echoed.output == value, "\(example.name)")
            // A program that writes nothing has null as its output.
            case _ where example.document.isEmpty: #expect(told.output == .null)
            case .either where told.output != nil: #expect(told.output == expected, "\(example.name)")
            default: #expect(told.error?.type == "InvalidOutput", "\(example.name)")
            }
        }
    }
}
