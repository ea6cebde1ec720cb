import JSON
import Wording
import YAML

/// A value of a definition or manifest, with its place and the list that takes what is wrong with it.
///
/// Each reading gives the value, or says what is wrong and gives nil: reading goes on.
public struct SourceValue {
    public let node: YAMLNode
    public let pointer: JSONPointer
    /// Where its key starts; of an element and of the root, where the value starts.
    public let keyMark: Mark
    public let diagnostics: Diagnostics

    /// The root of a text.
    public init(root node: YAMLNode, diagnostics: Diagnostics) {
        self.init(node, JSONPointer.root, keyMark: node.mark, diagnostics)
    }

    init(_ node: YAMLNode, _ pointer: JSONPointer, keyMark: Mark, _ diagnostics: Diagnostics) {
        self.node = node
        self.pointer = pointer
        self.keyMark = keyMark
        self.diagnostics = diagnostics
    }

    /// How messages call it: its key, or `item 2 of needs`.
    var name: String {
        guard let last = pointer.tokens.last else { return "the document" }
        guard let index = Int(last), let list = pointer.parent?.tokens.last else { return "`\(last)`" }
        return "item \(index + 1) of `\(list)`"
    }

    public func error(_ message: String, hint: String? = nil) {
        diagnostics.add(.error, message, at: node.mark, path: pointer, hint: hint)
    }

    public func warning(_ message: String, hint: String? = nil) {
        diagnostics.add(.warning, message, at: node.mark, path: pointer, hint: hint)
    }

    /// An error about the key rather than its value.
    public func keyError(_ message: String, hint: String? = nil) {
        diagnostics.add(.error, message, at: keyMark, path: pointer, hint: hint)
    }

    /// Says what was expected instead of this value.
    public func mismatch(_ expected: String, hint: String? = nil) {
        error("\(name) must be \(expected), not \(described)", hint: hint)
    }

    private var described: String {
        switch node.content {
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .scalar(let scalar) where scalar.value.isNull: "empty"
        case .scalar(let scalar): "\"\(scalar.text.prefix(60))\""
        }
    }

    func child(_ entry: YAMLNode.Entry) -> SourceValue {
        SourceValue(entry.value, pointer.appending(entry.key), keyMark: entry.keyMark, diagnostics)
    }

    func element(_ index: Int, _ node: YAMLNode) -> SourceValue {
        SourceValue(node, pointer.appending(index), keyMark: node.mark, diagnostics)
    }

    /// The elements of a list.
    public func elements(_ expected: String) -> [SourceValue]? {
        guard let nodes = node.sequence else {
            mismatch(expected)
            return nil
        }
        return nodes.enumerated().map { element($0.offset, $0.element) }
    }

    /// The members of a mapping with open keys.
    public func members(_ expected: String) -> [(key: String, value: SourceValue)]? {
        guard let entries = node.mapping else {
            mismatch(expected)
            return nil
        }
        return entries.map { ($0.key, child($0)) }
    }

    /// The members of a mapping whose keys are all among `known`; others are errors.
    public func fields(_ what: String, known: [String]) -> Fields? {
        guard let members = members("a mapping") else { return nil }
        var misspelt: Set<String> = []
        for (key, value) in members where !known.contains(key) {
            let nearest = diagnostics.isFull ? nil : NearestName.of(key, among: known)
            if let nearest { misspelt.insert(nearest) }
            let hint = nearest.map(NearestName.question) ?? "known are \(known.joined(separator: ", "))"
            value.keyError("\(what) has no key `\(key)`", hint: hint)
        }
        return Fields(value: self, misspelt: misspelt)
    }
}

/// The members of a mapping whose keys have been checked.
public struct Fields {
    public let value: SourceValue
    /// The keys that unknown ones were most likely meant to be; nobody has to hear that these are missing.
    let misspelt: Set<String>

    public subscript(key: String) -> SourceValue? {
        value.node.entry(key).map(value.child)
    }

    /// The value of a key that must be there.
    public func required(_ key: String, of what: String) -> SourceValue? {
        if let found = self[key] { return found }
        if !misspelt.contains(key) { value.error("\(what) needs `\(key)`") }
        return nil
    }
}
