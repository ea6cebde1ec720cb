import JSON
import Testing

@Suite("JSON values")
struct JSONValueTests {
    @Test(
        "text that is no JSON, or none that we take, is refused with a message",
        arguments: [
            "", " ", "[1e400]", "9223372036854775808", "-9223372036854775809", #""\ud800""#,
            #""\udc00\ud800""#,
            #"{"\u0000":1}"#, "123\0", "\u{FEFF}{}", "[1,]", "{} {}", "nul", "NaN", "01", "1.", "\"\t\"",
        ]
    )
    func refused(text: String) {
        let error = #expect(throws: JSONError.self) { try JSONValue.parse(text) }
        #expect(error?.message.isEmpty == false)
    }

    @Test(
        "a number that would have to be rounded is refused with what to do, at its place",
        arguments: [
            ("[1, 18446744073709551616]", "18446744073709551616 is beyond 64 bits; write it as text"),
            ("[1, -9223372036854775809]", "-9223372036854775809 is beyond 64 bits; write it as text"),
            ("[1, 1e400]", "1e400 is beyond a double"),
        ]
    )
    func beyond(text: String, said: String) {
        let error = #expect(throws: JSONError.self) { try JSONValue.parse(text) }
        #expect(error?.message.contains(said) == true, "\(error?.message ?? "")")
        #expect(error?.line == 1 && error?.column ?? 0 > 4)
    }

    @Test(
        "bytes that are no UTF-8 are refused",
        arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82]]
    )
    func invalidUTF8(bytes: [UInt8]) {
        let quote = [UInt8(ascii: "\"")]
        #expect(throws: JSONError.self) { try JSONValue.parse(quote + bytes + quote) }
    }

    @Test("nesting 100,000 deep is refused, up to the limit it is read and written")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: JSONError.self) { try JSONValue.parse(nested(100_000)) }
        #expect(throws: JSONError.self) { try JSONValue.parse(String(repeating: "[", count: 100_000)) }
        #expect(throws: JSONError.self) { try JSONValue.parse(nested(JSONValue.depthLimit + 2)) }
        #expect(
            try JSONValue.parse(nested(JSONValue.depthLimit)).serialized() == nested(JSONValue.depthLimit)
        )
    }

    @Test("numbers keep their value and their kind")
    func numbers() throws {
        let text = "[9223372036854775807,-9223372036854775808,9007199254740993,0.1,1.0,1e+22,5e-324]"
        let value = try JSONValue.parse(text)
        #expect(value[0] == .integer(.max))
        #expect(value[1] == .integer(.min))
        #expect(value[2] == 9_007_199_254_740_993)
        #expect(value[4] == .real(1))
        #expect(value.serialized() == text)
    }

    @Test("NUL and every other control character survive a round trip, and all but NUL in keys")
    func control() throws {
        let text = String(String.UnicodeScalarView((0..<0x30).compactMap { Unicode.Scalar(UInt32($0)) }))
        let value = JSONValue.object([String(text.dropFirst()): .string(text)])
        #expect(try JSONValue.parse(value.serialized()) == value)
    }

    @Test("a parse error says its line")
    func place() {
        let error = #expect(throws: JSONError.self) { try JSONValue.parse("{\n  \"a\": nope\n}") }
        #expect(error?.line == 2)
    }

    @Test("objects keep their order, and are equal whatever it is")
    func order() throws {
        let value = try JSONValue.parse(#"{"b":1,"a":2}"#)
        #expect(value.objectValue?.keys == ["b", "a"])
        #expect(value == ["a": 2, "b": 1])
    }

    @Test("an object with many keys finds, removes and adds them", arguments: [3, 16, 17, 500])
    func manyKeys(count: Int) {
        var object = JSONObject((0..<count).map { ("k\($0)", .integer(Int64($0))) })
        let copy = object
        object["k1"] = nil
        object["new"] = true
        #expect(object["k1"] == nil)
        #expect(object["k2"] == 2)
        #expect(object["new"] == true)
        #expect(object.count == count)
        #expect(copy["k1"] == 1)
    }
}
