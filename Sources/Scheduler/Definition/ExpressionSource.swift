import YAML

/// An expression, with its way back to the text of the definition.
struct ExpressionSource {
    let text: String
    /// Where it starts within the scalar, in Unicode scalars.
    let offset: Int
    let scalar: YAMLNode.Scalar
    let value: SourceValue

    func place(_ position: ExpressionPart.Position) -> Draft.Place {
        let part = ExpressionPart(source: self, position: position)
        return Draft.Place(mark: value.node.mark, pointer: value.pointer, part: part)
    }
}

/// A part of an expression, whose place is looked for only when there is something to say of it.
struct ExpressionPart {
    enum Position {
        /// Unicode scalars from the expression's start.
        case character(Int)
        /// A path such as `steps.reserve.output`.
        case path([String])
    }

    let source: ExpressionSource
    let position: Position

    func mark(in text: SourceText) -> Mark {
        let character =
            switch position {
            case .character(let offset): offset
            case .path(let path): offset(of: path)
            }
        return text.mark(of: source.offset + character, in: source.scalar, at: source.value.node.mark)
    }

    /// Where a path is written, or its longest beginning; the expression's start if it is written otherwise.
    private func offset(of path: [String]) -> Int {
        let text = Array(source.text.unicodeScalars)
        for count in stride(from: min(path.count, 3), to: 0, by: -1) {
            let wanted = Array(path.prefix(count).joined(separator: ".").unicodeScalars)
            if let found = Self.position(of: wanted, in: text) { return found }
        }
        return 0
    }

    /// Where a whole word starts.
    private static func position(of word: [Unicode.Scalar], in text: [Unicode.Scalar]) -> Int? {
        guard text.count >= word.count else { return nil }
        return (0...(text.count - word.count)).first { start in
            let end = start + word.count
            return text[start..<end].elementsEqual(word)
                && (start == 0 || !isName(text[start - 1]))
                && (end == text.count || !isName(text[end]))
        }
    }

    private static func isName(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }
}
