import JSON

/// Turns a schema document into nodes, and collects everything that is wrong with it.
struct SchemaCompiler {
    /// The deepest nesting of a schema.
    private static let depthLimit = 200
    /// The most problems that are reported.
    private static let problemLimit = 100

    private let document: JSONValue
    private var nodes: [SchemaNode] = []
    private var places: [JSONPointer] = []
    private var indices: [JSONPointer: Int] = [:]
    private var problems: [SchemaError.Problem] = []

    init(document: JSONValue) {
        self.document = document
    }

    mutating func compile() throws(SchemaError) -> Schema {
        let root = node(document, at: .root)
        if problems.isEmpty { refuseCycles() }
        guard problems.isEmpty else { throw SchemaError(problems: problems) }
        return Schema(document: document, nodes: nodes, root: root)
    }

    mutating func refuse(_ message: String, at pointer: JSONPointer) {
        guard problems.count < Self.problemLimit else { return }
        problems.append(SchemaError.Problem(pointer: pointer, message: message))
    }

    /// The node of the schema at a place, compiled when it is met first.
    mutating func node(_ schema: JSONValue, at pointer: JSONPointer) -> Int {
        if let index = indices[pointer] { return index }
        let index = nodes.count
        indices[pointer] = index
        nodes.append(SchemaNode())
        places.append(pointer)
        switch schema {
        case .bool(true): break
        case .bool(false): nodes[index].checks = [.never]
        case .object(let object) where pointer.tokens.count <= Self.depthLimit:
            let compiled = compile(object, at: pointer)
            nodes[index] = compiled
        case .object: refuse("nested deeper than \(Self.depthLimit) levels", at: pointer)
        default: refuse("a schema is an object, true or false, not \(schema.kind)", at: pointer)
        }
        return index
    }

    /// The node that a `$ref` names.
    mutating func reference(_ value: JSONValue, at pointer: JSONPointer) -> Int? {
        guard let text = value.stringValue else {
            refuse("expected a string", at: pointer)
            return nil
        }
        guard text.hasPrefix("#"), let fragment = percentDecoded(text.dropFirst()),
            let target = JSONPointer(parsing: fragment)
        else {
            refuse("\"\(text)\" is no local reference; write \"#\" or \"#/$defs/NAME\"", at: pointer)
            return nil
        }
        guard let schema = document[target] else {
            refuse("the reference \"\(text)\" leads nowhere", at: pointer)
            return nil
        }
        return node(schema, at: target)
    }

    /// A schema that applies itself to the same value again would never end.
    private mutating func refuseCycles() {
        enum Visit { case active, done }
        var visits: [Int: Visit] = [:]
        var stack: [(node: Int, next: [Int])] = []
        for start in nodes.indices where visits[start] == nil {
            visits[start] = .active
            stack.append((start, nodes[start].checks.flatMap(\.inPlace)))
            while let top = stack.last {
                guard let next = top.next.last else {
                    visits[top.node] = .done
                    stack.removeLast()
                    continue
                }
                stack[stack.count - 1].next.removeLast()
                switch visits[next] {
                case .done: break
                case .active: refuse("the schema refers to itself for the same value", at: places[next])
                case nil:
                    visits[next] = .active
                    stack.append((next, nodes[next].checks.flatMap(\.inPlace)))
                }
            }
        }
    }

    private func percentDecoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, let decoded = UInt8(digits, radix: 16) else { return nil }
            bytes.append(decoded)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
