import JSON
import Testing

@Suite("Swift values as JSON")
struct JSONCodingTests {
    struct Step: Codable, Equatable {
        enum Backoff: String, Codable { case exponential, linear }
        enum Action: Codable, Equatable {
            case uses(plugin: String)
            case sleep(seconds: Int64)
        }

        var id: String
        var attempts: Int64
        var backoff: Backoff?
        var ratio: Double
        var action: Action
        var with: JSONValue?
        var labels: [String: String]
        var inner: [Step]
    }

    static let step = Step(
        id: "charge",
        attempts: .max,
        backoff: .linear,
        ratio: 0.1,
        action: .uses(plugin: "payments/charge"),
        with: .null,
        labels: ["b": "2", "a": "1"],
        inner: [
            Step(
                id: "x",
                attempts: 9_007_199_254_740_993,
                ratio: 2,
                action: .sleep(seconds: 5),
                labels: [:],
                inner: []
            )
        ]
    )

    @Test("a value survives the round trip, its integers unrounded, null apart from absent")
    func roundTrip() throws {
        let json = try JSONValue(encoding: Self.step)
        #expect(try json.decode(Step.self) == Self.step)
        #expect(try JSONValue.parse(json.serialized()).decode(Step.self) == Self.step)
        #expect(json["with"] == .some(.null))
        #expect(json["inner"]?[0]?["with"] == nil)
        #expect(json["inner"]?[0]?["backoff"] == nil)
    }

    @Test("dictionaries are written in the order of their keys")
    func sorted() throws {
        let keys = (0..<50).map { "k\($0)" }
        let json = try JSONValue(encoding: Dictionary(uniqueKeysWithValues: keys.map { ($0, 1) }))
        #expect(json.objectValue?.keys == keys.sorted())
    }

    @Test(
        "an error names the place of what is missing, of another kind or out of range",
        arguments: [
            ("id", nil, #"/inner/0: the key "id" is missing"#),
            ("id", 3, "/inner/0/id: expected a string, found 3"),
            ("attempts", 1.5, "/inner/0/attempts: expected an integer"),
            ("backoff", "cubic", "/inner/0/backoff: Cannot initialize Backoff"),
            ("labels", ["a/b": 1], "/inner/0/labels/a~1b: expected a string, found 1"),
        ] as [(String, JSONValue?, String)]
    )
    func errors(key: String, value: JSONValue?, expected: String) throws {
        var step = try #require(try JSONValue(encoding: Self.step).objectValue)
        var inner = try #require(step["inner"]?[0]?.objectValue)
        inner[key] = value
        step["inner"] = [.object(inner)]
        let error = #expect(throws: JSONCodingError.self) { try JSONValue.object(step).decode(Step.self) }
        #expect(error?.description.hasPrefix(expected) == true, "\(String(describing: error))")
    }

    @Test("small integer types are checked, whole reals are taken, optional elements may be null")
    func leaves() throws {
        #expect(throws: JSONCodingError.self) { try JSONValue.integer(256).decode(UInt8.self) }
        #expect(throws: JSONCodingError.self) { try JSONValue(encoding: UInt64.max) }
        #expect(throws: JSONCodingError.self) { try JSONValue(encoding: [Double.nan]) }
        #expect(try JSONValue.real(3).decode(Int.self) == 3)
        #expect(try JSONValue.array([1, .null]).decode([Int?].self) == [1, nil])
        #expect(try JSONValue(encoding: [1, nil]) == [1, nil])
        #expect(try JSONValue(encoding: [String]()) == [])
    }

    @Test("pointers are escaped, read back and followed")
    func pointers() throws {
        let pointer = JSONPointer.root.appending("a/b").appending("m~n").appending(1)
        #expect(pointer.description == "/a~1b/m~0n/1")
        #expect(JSONPointer(parsing: pointer.description) == pointer)
        #expect(JSONPointer(parsing: "") == .root)
        #expect(JSONPointer(parsing: "/") == JSONPointer([""]))
        #expect(JSONPointer(parsing: "a") == nil)
        #expect(JSONPointer(parsing: "/~2") == nil)
        let value: JSONValue = ["a/b": ["m~n": [1, 2]]]
        #expect(value[pointer] == 2)
        #expect(value[pointer.parent ?? .root] == [1, 2])
        #expect(value[JSONPointer(["a/b", "m~n", "01"])] == nil)
    }
}
