import JSON
import JSONSchema
import Testing

@Suite("JSON Schema")
struct SchemaTests {
    private func schema(_ text: String) throws -> Schema {
        try Schema.compile(JSONValue.parse(text))
    }

    private func violations(_ schema: String, _ value: String) throws -> [String] {
        try self.schema(schema).violations(of: JSONValue.parse(value)).map { "\($0.keyword) \($0)" }
    }

    static let order = """
        {
          "type": "object",
          "required": ["sku", "quantity"],
          "properties": {
            "sku": {"type": "string", "pattern": "^[A-Z]+-[0-9]+$"},
            "quantity": {"type": "integer", "minimum": 1},
            "parcels": {"type": "array", "items": {"type": "object", "required": ["kg"]}, "uniqueItems": true}
          },
          "additionalProperties": false
        }
        """

    @Test("every violation is reported, with its place")
    func places() throws {
        let value = #"{"sku": "x", "quantity": 0, "parcels": [{}, {"kg": 1}, {"kg": 1.0}], "quantitty": 2}"#
        #expect(
            Set(try violations(Self.order, value)) == [
                ##"pattern /sku: "x" does not match the pattern ^[A-Z]+-[0-9]+$"##,
                "minimum /quantity: 0 is less than 1",
                #"required /parcels/0: the property "kg" is missing"#,
                #"uniqueItems /parcels: the elements 1 and 2 are equal: {"kg":1.0}"#,
                #"additionalProperties /quantitty: the property "quantitty" is not known; "#
                    + #"did you mean "quantity"?"#,
            ]
        )
        #expect(try violations(Self.order, #"{"sku": "A-1", "quantity": 2.0}"#) == [])
        #expect(try violations(Self.order, "[]") == ["type expected object, found an array"])
    }

    @Test("violations stop at a hundred")
    func bounded() throws {
        let value = JSONValue.array((0..<500).map { .integer($0) })
        let violations = try schema(#"{"items": {"type": "string"}}"#).violations(of: value)
        #expect(violations.count == Schema.violationLimit)
    }

    @Test(
        "a schema outside the subset is refused with its place and the nearest keyword",
        arguments: [
            (
                #"{"properties": {"a": {"requierd": []}}}"#, "/properties/a/requierd",
                #"did you mean "required"?"#
            ),
            (#"{"unevaluatedProperties": false}"#, "/unevaluatedProperties", "unknown keyword"),
            (#"{"$id": "x"}"#, "/$id", "unknown keyword"),
            (#"{"type": "strin"}"#, "/type", #"did you mean "string"?"#),
            (#"{"type": []}"#, "/type", "at least one type"),
            (#"{"format": "hostname"}"#, "/format", "known are date-time"),
            (#"{"pattern": "("}"#, "/pattern", "cannot be read"),
            (#"{"patternProperties": {"[": {}}}"#, "/patternProperties/[", "cannot be read"),
            (#"{"minLength": -1}"#, "/minLength", "an integer of at least 0"),
            (#"{"multipleOf": 0}"#, "/multipleOf", "greater than 0"),
            (#"{"items": [{}]}"#, "/items", "a schema is an object, true or false"),
            (#"{"anyOf": []}"#, "/anyOf", "at least one schema"),
            (#"{"required": [1]}"#, "/required", "an array of strings"),
            (#"{"$ref": "http://x/y"}"#, "/$ref", "no local reference"),
            (##"{"$ref": "#/$defs/x"}"##, "/$ref", "leads nowhere"),
            (##"{"$ref": "#"}"##, "", "refers to itself"),
            (##"{"$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}}"##, "/$defs/a", "refers to itself"),
            (#"{"then": {}}"#, "/then", #"does nothing without "if""#),
            (#"{"$schema": "http://json-schema.org/draft-07/schema#"}"#, "/$schema", "dialect"),
            ("3", "", "a schema is an object"),
        ]
    )
    func refused(text: String, pointer: String, part: String) throws {
        let error = #expect(throws: SchemaError.self) { try schema(text) }
        #expect(error?.problems.first?.pointer.description == pointer)
        #expect(error?.description.contains(part) == true, "\(String(describing: error))")
    }

    @Test("all that is wrong with a schema is reported at once")
    func allProblems() throws {
        let error = #expect(throws: SchemaError.self) {
            try schema(#"{"type": "x", "foo": 1, "properties": {"a": {"minimum": "1"}}}"#)
        }
        #expect(
            Set(error?.problems.map(\.pointer.description) ?? []) == [
                "/foo", "/type", "/properties/a/minimum",
            ]
        )
    }

    @Test("integers are compared exactly, and a number without fraction is an integer")
    func numbers() throws {
        #expect(try violations(#"{"maximum": 9007199254740992.0}"#, "9007199254740993").count == 1)
        #expect(try violations(#"{"maximum": 9007199254740993}"#, "9007199254740993") == [])
        #expect(try violations(#"{"exclusiveMinimum": 0.5}"#, "0.5").count == 1)
        #expect(try violations(#"{"minimum": 1e300}"#, "9223372036854775807").count == 1)
        #expect(try violations(#"{"type": "integer", "const": 1}"#, "1.0") == [])
        #expect(try violations(#"{"type": "integer"}"#, "1.5").count == 1)
        #expect(try violations(#"{"enum": [[1.0, {"a": 2}]]}"#, #"[1, {"a": 2.0}]"#) == [])
    }

    @Test(
        "multiples are judged by the decimal notation",
        arguments: [
            ("0.3", "0.1", true), ("0.35", "0.1", false), ("1.1", "0.01", true), ("7", "2.5", false),
            ("7.5", "2.5", true), ("10", "2.5", true), ("1e300", "7", false), ("1e22", "1000", true),
            ("9007199254740993", "3", true), ("-9", "3", true), ("0", "0.7", true), ("5", "10", false),
            ("0.0001", "0.00005", true),
        ]
    )
    func multiples(value: String, divisor: String, expected: Bool) throws {
        #expect(try violations("{\"multipleOf\": \(divisor)}", value).isEmpty == expected)
    }

    @Test("length counts code points, patterns are not anchored")
    func strings() throws {
        #expect(try violations(#"{"minLength": 2, "maxLength": 2}"#, #""e\u0301""#) == [])
        #expect(try violations(#"{"maxLength": 1}"#, #""😀""#) == [])
        #expect(try violations(#"{"pattern": "b+"}"#, #""abc""#) == [])
        #expect(try violations(#"{"pattern": "^b"}"#, #""abc""#).count == 1)
        #expect(try violations(#"{"pattern": "^[a-z]$"}"#, #""a\n""#).count == 1)
        let evil = "\"" + String(repeating: "a", count: 60) + "!\""
        #expect(try violations(#"{"pattern": "^(a+)+$"}"#, evil).count == 1)
    }

    @Test("recursive references follow the value")
    func recursive() throws {
        let tree =
            ##"{"type": "object", "properties": {"children": {"items": {"$ref": "#"}}}, "required": ["id"]}"##
        let value = #"{"id": 1, "children": [{"id": 2, "children": [{}]}]}"#
        #expect(
            try violations(tree, value) == [#"required /children/0/children/0: the property "id" is missing"#]
        )
        let deep =
            String(repeating: #"{"id":1,"children":["#, count: 200) + String(repeating: "]}", count: 200)
        #expect(try schema(tree).accepts(JSONValue.parse(deep)))
    }

    @Test("exponential alternatives end at a budget")
    func exponential() throws {
        let schema = try schema(##"{"items": {"oneOf": [{"$ref": "#"}, {"$ref": "#"}]}}"##)
        let value = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
        #expect(try !schema.accepts(JSONValue.parse(value)))
    }

    @Test("an alternative that fails says how near the nearest came")
    func alternatives() throws {
        let text = #"{"oneOf": [{"type": "string"}, {"type": "object", "required": ["a"]}]}"#
        #expect(
            try violations(text, "{}") == [
                "oneOf fits none of the 2 alternatives; the nearest fails with: "
                    + "expected string, found an object"
            ]
        )
        #expect(
            try violations(#"{"oneOf": [{}, true]}"#, "1") == [
                "oneOf fits the alternatives 0, 1, must fit exactly one"
            ]
        )
    }

    @Test("absent properties get their defaults, at any depth")
    func defaults() throws {
        let schema = try schema(
            ##"""
            {
              "properties": {
                "retries": {"default": 3},
                "mail": {"default": {}, "properties": {"from": {"default": "me"}}},
                "list": {"items": {"properties": {"n": {"default": 1}}}},
                "again": {"$ref": "#/$defs/again"}
              },
              "$defs": {"again": {"properties": {"next": {"$ref": "#/$defs/again", "default": {}}}}}
            }
            """##
        )
        let value = try JSONValue.parse(#"{"retries": null, "list": [{}, {"n": 2}, 5], "again": {}}"#)
        let expected = try JSONValue.parse(
            #"{"retries": null, "list": [{"n": 1}, {"n": 2}, 5], "again": {"next": {}}, "#
                + #""mail": {"from": "me"}}"#
        )
        #expect(schema.fillingDefaults(in: value) == expected)
        #expect(schema.fillingDefaults(in: 5) == 5)
    }
}
