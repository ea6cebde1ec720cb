import JSON
import JSONata
import YAML

/// Reads values that may hold `${ … }`, and checks what their expressions read.
struct ProgramReader {
    let draft: Draft
    let surroundings: Surroundings
    /// Nil where no step can be read.
    let reader: Draft.Reader?

    /// Any value.
    func template(_ value: SourceValue) -> Program {
        check(value)
        return Program(.template, value.node.json)
    }

    /// A string, most often with expressions.
    func text(_ value: SourceValue) -> Program? {
        guard value.node.scalar?.value.stringValue != nil else {
            value.mismatch("text")
            return nil
        }
        return template(value)
    }

    /// A condition: `true`, `false` or one whole expression.
    func condition(_ value: SourceValue) -> Program? {
        if value.node.scalar?.value.boolValue != nil { return template(value) }
        guard let text = value.node.scalar?.value.stringValue, Self.isWhole(text) else {
            value.mismatch(
                "true, false or one expression",
                hint: "write it as \"${ … }\", and nothing around"
            )
            return nil
        }
        return template(value)
    }

    /// A duration, or an expression that gives one.
    func duration(_ value: SourceValue) -> Program? {
        if value.holdsExpression { return template(value) }
        return value.duration(minimum: 0).map { _ in Program(.template, value.node.json) }
    }

    private static func isWhole(_ text: String) -> Bool {
        guard let segments = try? TemplateText(parsing: text).segments else { return true }
        guard segments.count == 1, case .expression = segments[0] else { return false }
        return true
    }

    private func check(_ value: SourceValue) {
        switch value.node.content {
        case .mapping(let entries):
            for entry in entries {
                let member = value.child(entry)
                if entry.key.contains("${") { member.keyError("a key cannot hold an expression") }
                check(member)
            }
        case .sequence(let nodes):
            for (index, node) in nodes.enumerated() { check(value.element(index, node)) }
        case .scalar(let scalar):
            guard let text = scalar.value.stringValue else { return }
            check(text, of: scalar, value)
        }
    }

    private func check(_ text: String, of scalar: YAMLNode.Scalar, _ value: SourceValue) {
        let source = ExpressionSource(text: text, offset: 0, scalar: scalar, value: value)
        do throws(TemplateText.Unclosed) {
            let segments = try TemplateText(parsing: text).segments
            warnOfLineEnd(after: segments, of: scalar, value)
            for case .expression(let expression, let offset) in segments {
                check(ExpressionSource(text: expression, offset: offset, scalar: scalar, value: value))
            }
        } catch {
            draft.say(TemplateError.unclosed, at: source.place(.character(error.offset)))
        }
    }

    /// A block scalar ends with a line end, which makes text of what looks like one whole expression.
    private func warnOfLineEnd(
        after segments: [TemplateText.Segment],
        of scalar: YAMLNode.Scalar,
        _ value: SourceValue
    ) {
        guard
            scalar.style == .literal || scalar.style == .folded, segments.count == 2,
            case .expression = segments[0], case .text(let rest) = segments[1],
            rest.allSatisfy(\.isWhitespace)
        else { return }
        value.warning("the line end after the expression makes its value text", hint: "write |- or >-")
    }

    private func check(_ source: ExpressionSource) {
        do throws(ExpressionError) {
            let expression = try JSONata.Expression(parsing: source.text)
            ReadCheck(draft: draft, surroundings: surroundings, reader: reader, source: source)
                .check(expression.reads)
        } catch {
            let place = source.place(.character(error.scalarOffset(in: source.text)))
            draft.say("in the expression: \(error.message)", at: place)
        }
    }
}

extension ExpressionError {
    /// Where the token concerned starts, in Unicode scalars; the expression's start if nothing is known.
    func scalarOffset(in text: String) -> Int {
        position.map { text.scalarOffset(utf16: $0 - (token?.utf16.count ?? 0)) } ?? 0
    }
}

extension String {
    /// The offset in Unicode scalars of an offset in UTF-16 units.
    func scalarOffset(utf16 offset: Int) -> Int {
        let index = utf16.index(utf16.startIndex, offsetBy: max(0, offset), limitedBy: utf16.endIndex)
        return unicodeScalars.distance(from: startIndex, to: index ?? endIndex)
    }
}
