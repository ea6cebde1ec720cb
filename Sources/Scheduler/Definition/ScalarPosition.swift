import YAML

/// The source text of a definition, to find the place of a character within a scalar.
struct SourceText {
    private let lines: [[Unicode.Scalar]]

    init(_ text: String) {
        lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(Array.init)
    }

    /// Where the character at `offset` of a scalar's text stands in the source.
    ///
    /// Follows the text through quotes, escapes, indentation and folded lines. `mark` is where the scalar
    /// starts, its indicator or quote included.
    func mark(of offset: Int, in scalar: YAMLNode.Scalar, at mark: Mark) -> Mark {
        guard lines.indices.contains(mark.line - 1) else { return mark }
        var walk = Walk(lines: lines, line: mark.line - 1, column: mark.column - 1)
        walk.enter(scalar.style)
        for wanted in scalar.text.unicodeScalars.prefix(offset) { walk.pass(wanted, style: scalar.style) }
        walk.skipInvisible(style: scalar.style)
        return Mark(line: walk.line + 1, column: walk.column + 1)
    }
}

/// A position in the source that follows a scalar's text.
private struct Walk {
    let lines: [[Unicode.Scalar]]
    var line: Int
    var column: Int
    private var indentation = 0

    init(lines: [[Unicode.Scalar]], line: Int, column: Int) {
        self.lines = lines
        self.line = line
        self.column = column
    }

    /// Nil at the end of a line.
    private var current: Unicode.Scalar? {
        lines[line].indices.contains(column) ? lines[line][column] : nil
    }

    /// Goes from where the scalar starts to its first character.
    mutating func enter(_ style: YAMLNode.Style) {
        switch style {
        case .plain: break
        case .singleQuoted: find("'")
        case .doubleQuoted: find("\"")
        case .literal, .folded:
            let first = lines[(line + 1)...].first { $0.contains { $0 != " " } } ?? []
            indentation = first.prefix { $0 == " " }.count
            breakLine()
        }
    }

    private mutating func find(_ quote: Unicode.Scalar) {
        guard let found = lines[line][column...].firstIndex(of: quote) else { return }
        column = found + 1
    }

    private mutating func breakLine() {
        guard line + 1 < lines.count else { return }
        line += 1
        column = min(indentation, lines[line].prefix { $0 == " " }.count)
    }

    /// Goes past one character of the text, however it is written.
    mutating func pass(_ wanted: Unicode.Scalar, style: YAMLNode.Style) {
        skipInvisible(style: style)
        guard let current else {
            breakLine()
            if style != .literal { skipSpace() }
            return
        }
        switch (style, current) {
        case (.doubleQuoted, "\\"): column += escapeLength(wanted)
        case (.singleQuoted, "'"): column += 2
        case (.plain, " "), (.plain, "\t"), (.singleQuoted, " "), (.doubleQuoted, " "): passSpace()
        default: column += 1
        }
    }

    /// One blank, unless it is the blank before a fold, which stands for the line end.
    private mutating func passSpace() {
        let rest = lines[line][column...]
        guard rest.allSatisfy({ $0 == " " || $0 == "\t" }) else {
            column += 1
            return
        }
        breakLine()
        skipSpace()
    }

    /// Goes over an escaped line end, which stands for nothing.
    mutating func skipInvisible(style: YAMLNode.Style) {
        guard style == .doubleQuoted, current == "\\", column + 1 == lines[line].count else { return }
        breakLine()
        skipSpace()
    }

    private mutating func skipSpace() {
        while current == " " || current == "\t" { column += 1 }
    }

    /// How long the escape here is: `\n` is 2, `\x41` 4, `\u00e9` 6, a surrogate pair 12, `\U0001F600` 10.
    private func escapeLength(_ wanted: Unicode.Scalar) -> Int {
        switch lines[line].indices.contains(column + 1) ? lines[line][column + 1] : " " {
        case "x": 4
        case "u": wanted.value > 0xFFFF ? 12 : 6
        case "U": 10
        default: 2
        }
    }
}
