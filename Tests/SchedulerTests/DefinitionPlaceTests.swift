import Scheduler
import Testing

/// The place of a name within an expression, however the text around it is written.
struct DefinitionPlaceTests {
    @Test(arguments: [
        ("set: \"${ wrong.x }\"", 4, 14),
        ("set: '${ wrong.x }'", 4, 14),
        ("set: ${ wrong.x }", 4, 13),
        ("set: \"tab\\there \\u00e9 \\x41 ${ wrong.x }\"", 4, 36),
        ("set: 'it''s ${ wrong.x }'", 4, 20),
        ("set: |\n  first\n  and ${ wrong.x } here", 6, 14),
        ("set: |-\n\n  text\n    ${ wrong.x }", 7, 12),
        ("set: >-\n  folded\n  text ${ wrong.x }", 6, 15),
        ("set: one\n  two ${ wrong.x }", 5, 14),
        ("set: \"one\n  two \\\n  three ${ wrong.x }\"", 6, 16),
        ("set:\n  deep:\n    - [1, \"${ 1 + wrong.x }\"]", 6, 23),
        ("set: é \"ü ${ wrong.x }", 4, 18),
    ])
    func isFound(keys: String, line: Int, column: Int) {
        let diagnostics = Definition.step(keys).compilation.diagnostics
        #expect(diagnostics.count == 1, "\(diagnostics)")
        #expect(diagnostics.first.map { [$0.line, $0.column] } == [line, column], "\(diagnostics)")
    }

    @Test
    func isFoundInJSON() {
        let text =
            "{\n \"name\": \"n\",\n \"steps\": [{\"id\": \"a\", \"set\": \"\\ud83d\\ude00 ${ wrong }\"}]}"
        let diagnostics = Definition(text: text).compilation.diagnostics
        #expect(diagnostics.map { [$0.line, $0.column] } == [[3, 48]], "\(diagnostics)")
        #expect(diagnostics.first?.path == "/steps/0/set")
    }

    @Test
    func oneMistakeOfManyIsNotHeardTwice() {
        let ids = Definition.steps("- { id: Bad, set: 1 }\n- { id: b, set: \"${ steps.Bad.output }\" }")
        #expect(ids.messages.count == 1, "\(ids.messages)")
        let action = Definition.step("user: p/act")
        #expect(action.messages.count == 1, "\(action.messages)")
        let key = Definition(text: "nmae: n\nsteps: [{ id: a, set: 1 }]")
        #expect(key.messages.count == 1, "\(key.messages)")
    }

    @Test
    func aTextWithoutEndIsToldAHundredThings() {
        let steps = (0..<150).map { "- { id: s\($0), sleep: 1 }" }.joined(separator: "\n")
        let messages = Definition.steps(steps).messages
        #expect(messages.count == 101)
        #expect(messages.last?.contains("there is more to say") ?? false)
    }

    @Test
    func aLineEndAfterAnExpressionIsWarnedOf() {
        let compilation = Definition.step("set: |\n  ${ input }\n").compilation
        #expect(compilation.workflow != nil)
        #expect(compilation.diagnostics.map(\.severity) == [.warning])
    }

    @Test
    func aBareNameWithinAPredicateIsWarnedOf() {
        let compilation = Definition.step("set: \"${ input.files[id = input.id] }\"").compilation
        #expect(compilation.workflow != nil)
        let messages = compilation.diagnostics.map(\.description)
        #expect(messages.count == 1, "\(messages)")
        let place = "4:31: warning: within a path or predicate `input` means a member of the element"
        #expect(messages.first?.hasPrefix(place) ?? false, "\(messages)")
        #expect(Definition.step("set: \"${ input.files[id = $$.input.id] }\"").messages == [])
    }

    @Test
    func anExpressionThatCannotBeParsedIsAnErrorAtTheToken() {
        let messages = Definition.step("set: \"${ 1 + * ) }\"").messages
        #expect(messages.count == 1, "\(messages)")
        #expect(messages.first?.hasPrefix("4:20: error: in the expression: ") ?? false, "\(messages)")
    }
}
