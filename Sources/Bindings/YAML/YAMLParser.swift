import CYAML
import JSON

extension YAMLNode {
    /// The largest text that is read, in bytes.
    public static let sizeLimit = 1 << 20
    /// The deepest nesting that is read, aliases replaced.
    public static let depthLimit = 100
    /// The most nodes that a document may have, keys included and aliases replaced.
    public static let nodeLimit = 100_000

    /// Reads one document of YAML 1.2, or of JSON.
    ///
    /// Refused: duplicate keys, keys that are no scalars, merge keys (`<<`, which YAML 1.2 does not have), a
    /// second document, an alias inside its own anchor, tags other than those of the core schema, and what
    /// is beyond the limits. A byte order mark at the start is skipped.
    public static func parse(_ text: String) throws(YAMLError) -> YAMLNode {
        try parse(Array(text.utf8))
    }

    /// Reads the bytes of one document; see `parse(_:)` for text.
    public static func parse(_ bytes: [UInt8]) throws(YAMLError) -> YAMLNode {
        let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        guard bytes.count <= sizeLimit else {
            let size = "the text has \(bytes.count) bytes, more than \(sizeLimit)"
            throw YAMLError(size, at: Mark(line: 1, column: 1))
        }
        if JSONSource.mayBeJSON(bytes), (try? JSONValue.parse(bytes)) != nil {
            return try JSONSource.node(validJSON: bytes)
        }
        let parser = YAMLParser(bytes)
        return try parser.document()
    }
}

/// Counts what a document costs, so that a short text cannot stand for a huge one.
struct Budget {
    private var nodes = 0

    mutating func spend(_ count: Int = 1, depth: Int, at mark: Mark) throws(YAMLError) {
        nodes += count
        guard nodes <= YAMLNode.nodeLimit else {
            throw YAMLError(
                "the document has more than \(YAMLNode.nodeLimit) nodes, aliases replaced",
                at: mark
            )
        }
        guard depth <= YAMLNode.depthLimit else {
            throw YAMLError("nested deeper than \(YAMLNode.depthLimit) levels", at: mark)
        }
    }
}

/// Turns libyaml's events into nodes.
private final class YAMLParser {
    private struct Anchored {
        var node: YAMLNode
        var nodes: Int
        var depth: Int
    }

    private let source: [UInt8]
    private let input: UnsafeMutableBufferPointer<UInt8>
    private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    private var budget = Budget()
    /// Nil while the anchored node is still being read.
    private var anchors: [String: Anchored?] = [:]

    init(_ source: [UInt8]) {
        self.source = source
        input = .allocate(capacity: source.count)
        _ = input.initialize(from: source)
        precondition(yaml_parser_initialize(parser) == 1, "libyaml has no memory left")
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, input.baseAddress, source.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    func document() throws(YAMLError) -> YAMLNode {
        _ = try next()
        guard case .documentStart = try next().kind else {
            throw YAMLError("the document is empty", at: Mark(line: 1, column: 1))
        }
        let root = try node(try next(), depth: 0).node
        _ = try next()
        let end = try next()
        guard case .streamEnd = end.kind else {
            throw YAMLError("a second document starts here; a text holds one", at: end.mark)
        }
        return root
    }

    private func next() throws(YAMLError) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw Complaint(parser.pointee, source).error }
        defer { yaml_event_delete(&event) }
        return Event(event)
    }

    private func node(_ event: Event, depth: Int) throws(YAMLError) -> Anchored {
        if case .alias(let name) = event.kind { return try alias(name, depth: depth, at: event.mark) }
        try budget.spend(depth: depth, at: event.mark)
        if let anchor = event.anchor { anchors.updateValue(nil, forKey: anchor) }
        let read: Anchored
        switch event.kind {
        case .scalar(let text, let style, let implied):
            let value = try event.value(text, style, implied: implied)
            let scalar = YAMLNode.Scalar(text: text, style: style, value: value)
            read = Anchored(node: YAMLNode(.scalar(scalar), at: event.mark), nodes: 1, depth: 0)
        case .sequenceStart: read = try sequence(event, depth: depth)
        case .mappingStart: read = try mapping(event, depth: depth)
        default: throw YAMLError("a value is missing here", at: event.mark)
        }
        if let anchor = event.anchor { anchors[anchor] = read }
        return read
    }

    private func alias(_ name: String, depth: Int, at mark: Mark) throws(YAMLError) -> Anchored {
        guard let entry = anchors[name] else {
            throw YAMLError("the alias *\(name) has no anchor before it", at: mark)
        }
        guard let anchored = entry else {
            throw YAMLError("the alias *\(name) stands inside its own anchor", at: mark)
        }
        try budget.spend(anchored.nodes, depth: depth + anchored.depth, at: mark)
        return anchored
    }

    private func sequence(_ start: Event, depth: Int) throws(YAMLError) -> Anchored {
        try start.requireTag("seq")
        var nodes: [YAMLNode] = []
        var size = (nodes: 1, depth: 0)
        while true {
            let event = try next()
            if case .sequenceEnd = event.kind { break }
            let element = try node(event, depth: depth + 1)
            nodes.append(element.node)
            size = (size.nodes + element.nodes, max(size.depth, element.depth + 1))
        }
        return Anchored(
            node: YAMLNode(.sequence(nodes), at: start.mark),
            nodes: size.nodes,
            depth: size.depth
        )
    }

    private func mapping(_ start: Event, depth: Int) throws(YAMLError) -> Anchored {
        try start.requireTag("map")
        var entries: [YAMLNode.Entry] = []
        var keys = DistinctKeys()
        var size = (nodes: 1, depth: 0)
        while true {
            let event = try next()
            if case .mappingEnd = event.kind { break }
            let key = try key(event, depth: depth)
            try keys.insert(key, at: event.mark)
            let value = try node(try next(), depth: depth + 1)
            entries.append(YAMLNode.Entry(key: key, keyMark: event.mark, value: value.node))
            size = (size.nodes + value.nodes + 1, max(size.depth, value.depth + 1))
        }
        return Anchored(
            node: YAMLNode(.mapping(entries), at: start.mark),
            nodes: size.nodes,
            depth: size.depth
        )
    }

    private func key(_ event: Event, depth: Int) throws(YAMLError) -> String {
        guard case .scalar(let text, let style, let implied) = event.kind else {
            throw YAMLError("a key must be a plain or quoted text", at: event.mark)
        }
        _ = try event.value(text, style, implied: implied)
        guard text != "<<" || style != .plain else {
            throw YAMLError("merge keys are not part of YAML 1.2; write the keys out", at: event.mark)
        }
        try budget.spend(depth: depth, at: event.mark)
        if let anchor = event.anchor {
            let scalar = YAMLNode.Scalar(text: text, style: style, value: .string(text))
            anchors[anchor] = Anchored(node: YAMLNode(.scalar(scalar), at: event.mark), nodes: 1, depth: 0)
        }
        return text
    }
}

/// The keys of one mapping, so that none comes twice.
struct DistinctKeys {
    private var marks: [String: Mark] = [:]

    mutating func insert(_ key: String, at mark: Mark) throws(YAMLError) {
        if let first = marks.updateValue(mark, forKey: key) {
            throw YAMLError("the key \"\(key)\" is here a second time; first at \(first)", at: mark)
        }
    }
}
