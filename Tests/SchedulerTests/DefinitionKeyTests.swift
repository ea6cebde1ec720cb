import Scheduler
import Testing

/// Each key of the language, right and wrong.
struct DefinitionKeyTests {
    @Test(arguments: DefinitionCases.valid)
    func takes(keys: String) throws {
        _ = try Definition.step(keys).compiled()
    }

    @Test(arguments: DefinitionCases.invalid)
    func refuses(keys: String, message: String) {
        let messages = Definition.step(keys).messages
        #expect(messages.contains { $0.contains(message) }, "\(messages)")
        #expect(messages.count == 1, "\(messages)")
        #expect(messages.allSatisfy { $0.contains("error") })
    }

    @Test(arguments: DefinitionCases.validTop)
    func takesAtTheTop(keys: String) throws {
        _ = try Definition(text: keys + "\n" + DefinitionCases.body).compiled()
    }

    @Test(arguments: DefinitionCases.invalidTop)
    func refusesAtTheTop(keys: String, message: String) {
        let messages = Definition(text: keys + "\n" + DefinitionCases.body).messages
        #expect(messages.contains { $0.contains(message) }, "\(messages)")
        #expect(messages.count == 1, "\(messages)")
    }

    @Test
    func everyKeyHasACase() {
        let cases = (DefinitionCases.valid + DefinitionCases.validTop).joined(separator: "\n")
        for key in DefinitionCases.allKeys { #expect(cases.contains(key + ":"), "no case for \(key)") }
    }
}
