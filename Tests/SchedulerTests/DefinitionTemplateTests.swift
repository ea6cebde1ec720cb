import JSON
import JSONata
import Testing

@testable import Scheduler

struct DefinitionTemplateTests {
    private static let context: JSONValue = [
        "input": ["n": 2, "real": 1.5, "text": "abc", "list": [1, 2], "object": ["k": true], "none": nil]
    ]

    @Test(arguments: [
        ("\"${ input.n }\"", "2"),
        ("\"${input.real}\"", "1.5"),
        ("\"${ input.list }\"", "[1,2]"),
        ("\"${ input.none }\"", "null"),
        ("\"n = ${ input.n }\"", "\"n = 2\""),
        ("\"${ input.n }${ input.text }\"", "\"2abc\""),
        ("\"o ${ input.object } l ${ input.list }\"", "\"o {\\\"k\\\":true} l [1,2]\""),
        ("\"missing: ${ input.x }.\"", "\"missing: .\""),
        ("\"$${ input.n }\"", "\"${ input.n }\""),
        ("\"$${a} ${ input.n }\"", "\"${a} 2\""),
        ("\"$ { } $5\"", "\"$ { } $5\""),
        ("\"\"", "\"\""),
        ("{\"a\": \"${ input.x }\", \"b\": \"${ input.n }\"}", "{\"b\":2}"),
        ("{\"a\": {\"b\": \"${ input.x }\"}}", "{\"a\":{}}"),
        ("[\"${ input.x }\", 1]", "[null,1]"),
        (
            "{\"deep\": [{\"x\": [\"${ input.n + 1 }\"]}], \"n\": null, \"t\": true}",
            "{\"deep\":[{\"x\":[3]}],\"n\":null,\"t\":true}"
        ),
        ("\"${ {'a': {'b': input.n}} }\"", "{\"a\":{\"b\":2}}"),
        ("\"${ '}' & \\\"}\\\" }\"", "\"}}\""),
        ("\"${ input.n /* } */ + 1 }\"", "3"),
        ("\"${ $contains('a}', /}/) }\"", "true"),
        ("\"${ $contains('a}', /[/}]/) }\"", "true"),
        ("\"${ input.n / 2 }}\"", "\"1}\""),
        ("\"${ (input.n) / 2 } and ${ 4 / input.n }\"", "\"1 and 2\""),
    ])
    func evaluates(source: String, expected: String) throws {
        let template = try Template(parsing: try JSONValue.parse(source))
        let value = try template.evaluate(Self.context, environment: Environment())
        #expect(value == (try JSONValue.parse(expected)))
    }

    @Test
    func aWholeExpressionThatYieldsNothingIsNothing() throws {
        let template = try Template(parsing: "${ input.x }")
        #expect(try template.evaluate(Self.context, environment: Environment()) == nil)
    }

    @Test(arguments: [
        ("{\"a\": [1, \"x ${ 1\"]}", "/a/1", 2),
        ("\"${ '} }\"", "", 0),
        ("\"${ 1 + }\"", "", 0),
        ("\"${ }\"", "", 0),
    ])
    func refuses(source: String, pointer: String, offset: Int) throws {
        let source = try JSONValue.parse(source)
        let error = #expect(throws: TemplateError.self) { try Template(parsing: source) }
        #expect(error?.pointer.description == pointer)
        #expect((error?.offset ?? -1) >= offset)
    }

    @Test
    func cutsTextAtBalancedBraces() throws {
        #expect(
            try TemplateText(parsing: "a ${ {'b': `}`} } c $${ d }").segments == [
                .text("a "), .expression(" {'b': `}`} ", offset: 4), .text(" c ${ d }"),
            ]
        )
    }

    @Test
    func readsAreThoseOfAllExpressions() throws {
        let template = try Template(parsing: ["${ steps.a.output }", ["k": "x ${ input.b } ${ item }"]])
        #expect(template.reads.roots.isSuperset(of: ["steps", "input", "item"]))
    }
}
