import Testing

@Suite("Nothing grows too large to be read at once")
struct SizeTests {
    private static let code = Tree.current.files.filter { file in
        file.ends(in: "swift", "c", "h", "py", "pl", "sh", "js", "mjs", "css", "sql")
    }

    @Test("a file of code has at most 400 lines")
    func fileLength() {
        for file in Self.code where file.lines.count > 400 {
            report(file, "\(file.lines.count) lines; split it by duty")
        }
    }

    @Test("a function has at most 70 lines")
    func functionLength() {
        for file in Self.code where file.ends(in: "swift", "c") {
            for function in Function.all(in: file) where function.length > 70 {
                report(file, line: function.line, "\(function.name) has \(function.length) lines")
            }
        }
    }

    @Test("a line of code has at most 110 columns")
    func lineLength() {
        for file in Self.code {
            for (index, line) in file.lines.enumerated() where line.count > 110 {
                report(file, line: index + 1, "\(line.count) columns")
            }
        }
    }

    @Test("the README has at most 250 lines")
    func readmeLength() throws {
        #expect(try Tree.current.file("README.md").lines.count <= 250)
    }

    @Test("functions are found where they are")
    func functionsAreFound() {
        let text = """
            struct S {
                init(a: Int) {
                    self.a = a
                }

                @Test("x")
                func long(
                    b: Int
                ) {
                    b()
                }
            }
            """
        let functions = Function.all(in: TextFile(path: "example.swift", text: text))
        #expect(functions.map(\.name) == ["init", "long"])
        #expect(functions.map(\.length) == [3, 5])
        #expect(functions.last?.attributes.contains("@Test") == true)
    }
}
