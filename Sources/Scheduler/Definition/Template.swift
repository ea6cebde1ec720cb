import JSON
import JSONata

/// Why a template cannot be read.
public struct TemplateError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The string within the template.
    public var pointer: JSONPointer
    /// Unicode scalars from the string's start.
    public var offset: Int
    public var message: String

    public var description: String {
        "\(message) (at \"\(pointer)\", character \(offset + 1))"
    }
}

/// A JSON tree whose strings may hold `${ … }` with JSONata, parsed once and evaluated often.
public struct Template: Sendable {
    private indirect enum Node: Sendable {
        case literal(JSONValue)
        /// A string that is one whole expression: the value keeps its type.
        case whole(JSONata.Expression)
        case text([Part])
        case array([Node])
        case object([(key: String, value: Node)])

        var literal: JSONValue? {
            if case .literal(let value) = self { value } else { nil }
        }
    }

    private enum Part: Sendable {
        case literal(String)
        case expression(JSONata.Expression)
    }

    private let root: Node
    /// What its expressions read, all together.
    public let reads: JSONata.Reads

    public init(parsing source: JSONValue) throws(TemplateError) {
        var reads = JSONata.Reads()
        root = try Self.node(source, at: .root, &reads)
        self.reads = reads
    }

    /// One expression, without `${` and `}`.
    init(expression source: String) throws(TemplateError) {
        let expression = try Self.parse(source, at: .root, 0)
        root = .whole(expression)
        reads = expression.reads
    }

    /// The tree with all expressions evaluated; nil if it is one whole expression that yields nothing.
    ///
    /// An expression that yields nothing leaves its key out of an object, is `null` in a list, and empty in
    /// text. `context` is what bare names mean: `{ input, steps, run, … }`.
    public func evaluate(
        _ context: JSONValue,
        environment: Environment
    ) throws(ExpressionError) -> JSONValue? {
        try Self.evaluate(root, context, environment)
    }

    private static func node(
        _ source: JSONValue,
        at pointer: JSONPointer,
        _ reads: inout JSONata.Reads
    ) throws(TemplateError) -> Node {
        switch source {
        case .string(let string):
            return try node(string, at: pointer, &reads)
        case .array(let elements):
            var nodes: [Node] = []
            for (index, element) in elements.enumerated() {
                nodes.append(try node(element, at: pointer.appending(index), &reads))
            }
            let literals = nodes.compactMap(\.literal)
            return literals.count == nodes.count ? .literal(.array(literals)) : .array(nodes)
        case .object(let object):
            var nodes: [(key: String, value: Node)] = []
            for (key, value) in object {
                nodes.append((key, try node(value, at: pointer.appending(key), &reads)))
            }
            let literals = nodes.compactMap { member in member.value.literal.map { (member.key, $0) } }
            return literals.count == nodes.count ? .literal(.object(JSONObject(literals))) : .object(nodes)
        default:
            return .literal(source)
        }
    }

    private static func node(
        _ string: String,
        at pointer: JSONPointer,
        _ reads: inout JSONata.Reads
    ) throws(TemplateError) -> Node {
        let segments: [TemplateText.Segment]
        do {
            segments = try TemplateText(parsing: string).segments
        } catch {
            throw TemplateError(pointer: pointer, offset: error.offset, message: TemplateError.unclosed)
        }
        var parts: [Part] = []
        for segment in segments {
            switch segment {
            case .text(let text): parts.append(.literal(text))
            case .expression(let source, let offset):
                let expression = try parse(source, at: pointer, offset)
                reads.formUnion(expression.reads)
                parts.append(.expression(expression))
            }
        }
        guard parts.count == 1 else { return .text(parts) }
        switch parts[0] {
        case .literal(let text): return .literal(.string(text))
        case .expression(let expression): return .whole(expression)
        }
    }

    private static func parse(
        _ source: String,
        at pointer: JSONPointer,
        _ offset: Int
    ) throws(TemplateError) -> JSONata.Expression {
        do {
            return try JSONata.Expression(parsing: source)
        } catch {
            let inner = offset + error.scalarOffset(in: source)
            throw TemplateError(pointer: pointer, offset: inner, message: error.message)
        }
    }

    private static func evaluate(
        _ node: Node,
        _ context: JSONValue,
        _ environment: Environment
    ) throws(ExpressionError) -> JSONValue? {
        switch node {
        case .literal(let value):
            return value
        case .whole(let expression):
            return try expression.evaluate(context, in: environment)
        case .text(let parts):
            var text = ""
            for part in parts { text += try string(part, context, environment) }
            return .string(text)
        case .array(let nodes):
            var elements: [JSONValue] = []
            for node in nodes { elements.append(try evaluate(node, context, environment) ?? .null) }
            return .array(elements)
        case .object(let members):
            var object = JSONObject()
            for (key, node) in members { object[key] = try evaluate(node, context, environment) }
            return .object(object)
        }
    }

    /// A part as text, by JSONata's `$string`.
    private static func string(
        _ part: Part,
        _ context: JSONValue,
        _ environment: Environment
    ) throws(ExpressionError) -> String {
        switch part {
        case .literal(let text): return text
        case .expression(let expression):
            switch try expression.evaluate(context, in: environment) {
            case nil: return ""
            case .string(let text)?: return text
            case let value?:
                return try stringFunction.get().evaluate(value, in: environment)?.stringValue ?? ""
            }
        }
    }

    private static let stringFunction = Result { () throws(ExpressionError) in
        try JSONata.Expression(parsing: "$string($)")
    }
}

extension TemplateError {
    static let unclosed = "`${` has no closing `}`"
}

extension JSONata.Reads {
    /// The names at the root of the context that are read.
    var roots: Set<String> { Set(paths.compactMap(\.first)) }

    mutating func formUnion(_ other: JSONata.Reads) {
        paths.formUnion(other.paths)
        readsEverything = readsEverything || other.readsEverything
        relativeReads += other.relativeReads
    }
}
