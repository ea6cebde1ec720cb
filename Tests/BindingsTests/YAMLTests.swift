import JSON
import TestSupport
import Testing
import YAML

@Suite("YAML documents")
struct YAMLTests {
    @Test("scalars are those of the core schema of YAML 1.2")
    func scalars() throws {
        let text = """
            - [no, on, yes, off, y, 1_000, 0b1, 12:30:00, 2001-01-01, .5.5, +, "-", 1e, 0x, 0o8]
            - [true, True, FALSE, null, ~, , Null]
            - [1, -1, +1, 010, 0x1F, 0o17, 9007199254740993, -9223372036854775808]
            - [1.5, -.5, 1., 1.e3, 1e3, +12.0E-1]
            - ["true", '1', !!str 1, ! 1, !!int "7", !!float 1, !!null "", !!bool "true"]
            """
        let json = try YAMLNode.parse(text.replacing("~, ,", with: "~,")).json
        #expect(
            json[0] == [
                "no", "on", "yes", "off", "y", "1_000", "0b1", "12:30:00", "2001-01-01", ".5.5", "+", "-",
                "1e",
                "0x", "0o8",
            ]
        )
        #expect(json[1] == [true, true, false, nil, nil, nil])
        #expect(json[2] == [1, -1, 1, 10, 31, 15, 9_007_199_254_740_993, .integer(.min)])
        #expect(json[3] == [1.5, -0.5, 1.0, 1000.0, 1000.0, 1.2])
        #expect(json[4] == ["true", "1", "1", "1", 7, 1.0, nil, true])
    }

    @Test("every key and value knows its line and column, and how it is written")
    func marks() throws {
        let text = """
            # a comment
            name: ünï
            steps:
              - id: one
                run: |
                  echo "hi"
                with: {ä: 'x', b: [1, 2]}
            """
        let node = try YAMLNode.parse(text)
        #expect(node.mark == Mark(line: 2, column: 1))
        #expect(node.entry("steps")?.keyMark == Mark(line: 3, column: 1))
        let step = try #require(node["steps"]?.sequence?.first)
        #expect(step.entry("run")?.keyMark == Mark(line: 5, column: 5))
        #expect(step["run"]?.scalar?.style == .literal)
        #expect(step["run"]?.scalar?.text == "echo \"hi\"\n")
        #expect(step["with"]?.entry("b")?.keyMark == Mark(line: 7, column: 20))
        #expect(node.mark(of: JSONPointer(["steps", "0", "with", "b", "1"])) == Mark(line: 7, column: 27))
        #expect(node.mark(of: JSONPointer(["steps", "0", "absent"])) == Mark(line: 4, column: 5))
        #expect(node.json["steps"]?[0]?["with"] == ["ä": "x", "b": [1, 2]])
    }

    @Test("JSON is read by the same front end, with the same places")
    func jsonSource() throws {
        let text = """
            {
              "ä😀": [1, 2.50, "\\ud83d\\ude00\\/", {}, []],
              "b" : {"c": null, "d": [true, "x,]}"]}
            }
            """
        let node = try YAMLNode.parse(text)
        #expect(node.json == (try JSONValue.parse(text)))
        #expect(node.entry("b")?.keyMark == Mark(line: 3, column: 3))
        #expect(node["ä😀"]?.mark == Mark(line: 2, column: 9))
        #expect(node["ä😀"]?.sequence?[2].mark == Mark(line: 2, column: 19))
        #expect(node["b"]?["d"]?.sequence?[1].mark == Mark(line: 3, column: 33))
        #expect(node["ä😀"]?.sequence?[2].scalar?.text == "😀/")
    }

    @Test("anchors and aliases are replaced by what they stand for")
    func aliases() throws {
        let node = try YAMLNode.parse(
            "base: &b {x: [1, 2]}\nfirst: *b\nlist: [*b, *b]\n"
        )
        #expect(node.json["list"]?[1] == ["x": [1, 2]])
        #expect(node["first"]?["x"]?.mark == Mark(line: 1, column: 14))
        #expect(node.json["first"] == node.json["base"])
    }

    @Test(
        "what is not taken is refused with its place",
        arguments: [
            ("", 1, 1, "empty"),
            ("# only a comment", 1, 1, "empty"),
            ("a: 1\nb: 2\na: 3", 3, 1, #"the key "a" is here a second time; first at line 1, column 1"#),
            (#"{"a": 1,"# + "\n " + #""a": 2}"#, 2, 2, "first at line 1, column 2"),
            ("a: 1\n--- \nb: 2", 2, 1, "second document"),
            ("a: {<<: 1}", 1, 5, "merge keys"),
            ("? [a]\n: 1", 1, 3, "key must be"),
            ("a: &x [*x]", 1, 8, "inside its own anchor"),
            ("a: *x", 1, 4, "no anchor"),
            ("a: &x b\n*x : c", 2, 1, "key must be"),
            ("a: !!set {}", 1, 4, "!!set"),
            ("a: !mine 1", 1, 4, "!mine"),
            ("a: !!int x", 1, 4, "does not fit"),
            ("a: [1, .inf]", 1, 8, ".inf"),
            ("a: -.NaN", 1, 4, "-.NaN"),
            ("a: 9223372036854775808", 1, 4, "64-bit"),
            ("a: 1e400", 1, 4, "double"),
            ("a:\n\t- b", 2, 1, "tab"),
            ("ä: 1\nb: \u{7}", 2, 4, "control"),
            ("a: \"x", 1, 6, "end of stream"),
            ("a: b: c", 1, 5, "mapping values"),
            ("a: [1, 2", 2, 1, "flow sequence from line 1, column 4"),
            ("a: \0", 1, 4, "control"),
        ]
    )
    func refused(text: String, line: Int, column: Int, part: String) {
        let error = #expect(throws: YAMLError.self) { try YAMLNode.parse(text) }
        #expect(error?.mark == Mark(line: line, column: column), "\(String(describing: error))")
        #expect(error?.message.contains(part) == true, "\(String(describing: error))")
    }

    @Test("invalid UTF-8 is refused with its place, a byte order mark is skipped")
    func encoding() throws {
        let error = #expect(throws: YAMLError.self) { try YAMLNode.parse([0x61, 0x3A, 0x0A, 0x20, 0xFF]) }
        #expect(error?.mark == Mark(line: 2, column: 2))
        #expect(try YAMLNode.parse("\u{FEFF}a: 1").json == ["a": 1])
        #expect(try YAMLNode.parse("\u{FEFF}{\"a\": 1}")["a"]?.mark == Mark(line: 1, column: 7))
    }

    @Test("size, depth and expansion are bounded")
    func bounds() throws {
        func refusal(_ text: String) -> String {
            #expect(throws: YAMLError.self) { try YAMLNode.parse(text) }?.message ?? ""
        }
        #expect(refusal(String(repeating: "[", count: 100_000)).contains("deeper"))
        #expect(refusal(String(repeating: "- ", count: 5_000)).contains("deeper"))
        let deepJSON = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
        #expect(refusal(deepJSON).contains("deeper"))
        #expect(refusal(String(repeating: "a", count: YAMLNode.sizeLimit + 1)).contains("bytes"))
        #expect(refusal("[" + String(repeating: "1,", count: 100_001) + "1]").contains("100000 nodes"))
        var laughs = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        for level in 1...20 { laughs += "a\(level): &a\(level) [\(Self.nine("*a\(level - 1)"))]\n" }
        #expect(refusal(laughs).contains("100000 nodes"))
        var deep = "a0: &a0 [1]\n"
        for level in 1...120 { deep += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        #expect(refusal(deep).contains("deeper"))
    }

    @Test("no bytes crash the parser, and what it takes it can write as JSON")
    func mutations() throws {
        let seeds = [
            "name: x\nsteps:\n  - id: a\n    run: |\n      echo\n"
                + "    with: {a: [1, 'b', \"c\\u00e4\"], d: &x y, e: *x}\n",
            "{\"a\": [1, 2.5, \"\\ud83d\\ude00\", null, {\"b\": {}}]}",
            "- >-\n  folded\n- ! tagged\n- !!str x\n- ? complex\n  : key\n--- \n...\n%YAML 1.2\n",
        ].map { Array($0.utf8) }
        let alphabet =
            Array("{}[]:,-&*!|>'\"%@`#?~ \n\t\r\\0x.eE+äé".utf8) + [0, 0xFF, 0xC3, 0xEF, 0xBB, 0xBF]
        var random = SeededGenerator(seed: 0x59414D4C)
        for _ in 0..<4_000 {
            var text = seeds[Int.random(in: 0..<seeds.count, using: &random)]
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: text[place] = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
                case 1: text.insert(alphabet[Int.random(in: 0..<alphabet.count, using: &random)], at: place)
                default: if text.count > 1 { text.remove(at: place) }
                }
            }
            guard let json = try? YAMLNode.parse(text).json else { continue }
            #expect(try JSONValue.parse(json.bytes()) == json, "seed \(random.seed): \(text)")
        }
    }

    private static func nine(_ text: String) -> String {
        Array(repeating: text, count: 9).joined(separator: ", ")
    }
}
