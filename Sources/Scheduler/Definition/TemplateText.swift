/// A string cut into plain text and `${ … }` expressions.
///
/// An expression ends at the `}` that balances it; braces within strings, quoted names, regular expressions
/// and comments do not count. `$${` is a literal `${`.
struct TemplateText: Sendable, Hashable {
    enum Segment: Sendable, Hashable {
        case text(String)
        /// The source between the braces, and where it starts, in Unicode scalars from the string's start.
        case expression(String, offset: Int)
    }

    /// A `${` that nothing closes.
    struct Unclosed: Error, Hashable {
        var offset: Int
    }

    private(set) var segments: [Segment] = []

    init(parsing string: String) throws(Unclosed) {
        guard string.utf8.contains(UInt8(ascii: "{")) else {
            segments = [.text(string)]
            return
        }
        let scalars = Array(string.unicodeScalars)
        var text = String.UnicodeScalarView()
        var position = 0
        while position < scalars.count {
            let rest = scalars[position] == "$" ? scalars[position...] : []
            if rest.starts(with: "$${".unicodeScalars) {
                text.append(contentsOf: "${".unicodeScalars)
                position += 3
            } else if rest.starts(with: "${".unicodeScalars) {
                guard let end = BalancedScan(scalars, from: position + 2).end else {
                    throw Unclosed(offset: position)
                }
                add(&text)
                let source = String(String.UnicodeScalarView(scalars[(position + 2)..<end]))
                segments.append(.expression(source, offset: position + 2))
                position = end + 1
            } else {
                text.append(scalars[position])
                position += 1
            }
        }
        add(&text)
        if segments.isEmpty { segments = [.text("")] }
    }

    private mutating func add(_ text: inout String.UnicodeScalarView) {
        if !text.isEmpty { segments.append(.text(String(text))) }
        text = String.UnicodeScalarView()
    }
}

/// Looks for the `}` that ends an expression.
private struct BalancedScan {
    /// The position of the closing brace; nil if there is none.
    private(set) var end: Int?

    private let scalars: [Unicode.Scalar]
    private var position: Int
    /// The last position that was neither space nor comment.
    private var last: Int?

    init(_ scalars: [Unicode.Scalar], from start: Int) {
        self.scalars = scalars
        position = start
        var depth = 0
        while position < scalars.count, end == nil {
            switch scalars[position] {
            case "{": depth += 1
            case "}" where depth == 0: end = position
            case "}": depth -= 1
            case "\"", "'", "`": skipQuoted()
            case "/" where peek == "*":
                skipComment()
                continue
            case "/" where expectsOperand(from: start): skipRegex()
            default: break
            }
            if position < scalars.count, !scalars[position].properties.isWhitespace { last = position }
            position += 1
        }
    }

    private var peek: Unicode.Scalar? {
        position + 1 < scalars.count ? scalars[position + 1] : nil
    }

    /// Goes to the closing quote; a quoted name knows no escapes.
    private mutating func skipQuoted() {
        let quote = scalars[position]
        position += 1
        while position < scalars.count, scalars[position] != quote {
            position += scalars[position] == "\\" && quote != "`" ? 2 : 1
        }
    }

    private mutating func skipComment() {
        position += 2
        while position < scalars.count, !(scalars[position] == "*" && peek == "/") { position += 1 }
        position += 2
    }

    /// Goes to the `/` that ends a regular expression; within `[…]` it does not.
    private mutating func skipRegex() {
        position += 1
        var inClass = false
        while position < scalars.count, inClass || scalars[position] != "/" {
            switch scalars[position] {
            case "\\": position += 1
            case "[": inClass = true
            case "]": inClass = false
            default: break
            }
            position += 1
        }
    }

    /// Whether a slash here starts a regular expression; after an operand it divides.
    private func expectsOperand(from start: Int) -> Bool {
        guard let last else { return true }
        let scalar = scalars[last]
        if ")]}\"'`*%".unicodeScalars.contains(scalar) { return false }
        guard Self.isName(scalar) else { return true }
        let word = scalars[start...last].reversed().prefix(while: Self.isName).reversed()
        return ["and", "or", "in"].contains(String(String.UnicodeScalarView(word)))
    }

    private static func isName(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar == "$" || scalar.properties.isAlphabetic
            || scalar.properties.numericType != nil
    }
}
