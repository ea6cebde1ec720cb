import JSON

/// A place in a text: line and column in characters, both from 1.
public struct Mark: Sendable, Hashable, CustomStringConvertible {
    public var line: Int
    public var column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public var description: String { "line \(line), column \(column)" }
}

/// Why a text is not YAML, or not YAML that we take.
public struct YAMLError: Error, Sendable, Hashable, CustomStringConvertible {
    public var message: String
    public var mark: Mark

    public init(_ message: String, at mark: Mark) {
        self.message = message
        self.mark = mark
    }

    public var description: String { "\(message) (\(mark))" }
}

/// A YAML or JSON document with the places of all its parts.
///
/// Aliases are replaced by what they stand for, whose marks are those of the anchored text.
public struct YAMLNode: Sendable, Hashable {
    /// How a scalar is written; what comes from JSON is plain or double quoted.
    public enum Style: Sendable, Hashable {
        case plain, singleQuoted, doubleQuoted, literal, folded
    }

    public struct Scalar: Sendable, Hashable {
        /// The text, without quotes and escapes.
        public var text: String
        public var style: Style
        /// What the text stands for in the core schema of YAML 1.2: never an array or an object.
        public var value: JSONValue
    }

    /// A member of a mapping; the key is the text of its scalar, whatever its kind.
    ///
    /// `1: x` has the key `"1"`.
    public struct Entry: Sendable, Hashable {
        public var key: String
        public var keyMark: Mark
        public var value: YAMLNode
    }

    public enum Content: Sendable, Hashable {
        case scalar(Scalar)
        case sequence([YAMLNode])
        /// In the order written; no key comes twice.
        case mapping([Entry])
    }

    public var content: Content
    /// Where the node starts.
    public var mark: Mark

    public init(_ content: Content, at mark: Mark) {
        self.content = content
        self.mark = mark
    }
}

extension YAMLNode {
    /// The document without its places.
    public var json: JSONValue {
        switch content {
        case .scalar(let scalar): scalar.value
        case .sequence(let nodes): .array(nodes.map(\.json))
        case .mapping(let entries): .object(JSONObject(entries.lazy.map { ($0.key, $0.value.json) }))
        }
    }

    public var scalar: Scalar? {
        if case .scalar(let scalar) = content { scalar } else { nil }
    }

    public var sequence: [YAMLNode]? {
        if case .sequence(let nodes) = content { nodes } else { nil }
    }

    public var mapping: [Entry]? {
        if case .mapping(let entries) = content { entries } else { nil }
    }

    /// The entry of a key; nil for a missing one and for any node that is no mapping.
    public func entry(_ key: String) -> Entry? {
        mapping?.first { $0.key == key }
    }

    /// The value of a key; nil for a missing one and for any node that is no mapping.
    public subscript(key: String) -> YAMLNode? {
        entry(key)?.value
    }

    /// Where the value at a place starts, or the nearest value around it if there is none.
    ///
    /// The way from a schema's violation, which has a pointer, to a line and a column.
    public func mark(of pointer: JSONPointer) -> Mark {
        var node = self
        for token in pointer.tokens {
            switch node.content {
            case .mapping:
                guard let value = node[token] else { return node.mark }
                node = value
            case .sequence(let nodes):
                guard let index = Int(token), nodes.indices.contains(index) else { return node.mark }
                node = nodes[index]
            case .scalar: return node.mark
            }
        }
        return node.mark
    }
}
