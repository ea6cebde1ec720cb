extension JSONValue {
    /// A Swift value as JSON: an absent optional has no key, dictionaries come in the order of their keys.
    ///
    /// - Throws: `JSONCodingError` for an integer beyond 64 bits signed or a number that is not finite.
    public init(encoding value: some Encodable) throws(JSONCodingError) {
        let encoder = JSONValueEncoder(place: CodingPlace())
        self = try encoder.encode(value).resolved()
    }
}

/// A value in the making.
///
/// Containers hold it by reference, because a nested one is filled after it is added.
private final class EncodingNode {
    enum Content {
        case value(JSONValue)
        case array([EncodingNode])
        case object([(key: String, node: EncodingNode)])
    }

    var content: Content?

    init(_ value: JSONValue? = nil) {
        content = value.map(Content.value)
    }

    /// Nothing encoded at all is an empty object, as a struct without properties.
    func resolved() -> JSONValue {
        switch content {
        case nil: .object([:])
        case .value(let value): value
        case .array(let nodes): .array(nodes.map { $0.resolved() })
        case .object(let members): .object(JSONObject(members.map { ($0.key, $0.node.resolved()) }))
        }
    }

    func append(_ node: EncodingNode) {
        guard case .array(var nodes) = content else {
            preconditionFailure("elements encoded into what is no array")
        }
        content = nil
        nodes.append(node)
        content = .array(nodes)
    }

    func append(_ key: String, _ node: EncodingNode) {
        guard case .object(var members) = content else {
            preconditionFailure("members encoded into what is no object")
        }
        content = nil
        members.append((key, node))
        content = .object(members)
    }
}

private struct JSONValueEncoder: Encoder {
    let place: CodingPlace
    let node = EncodingNode()

    var codingPath: [any CodingKey] { place.path }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(place: CodingPlace) {
        self.place = place
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if node.content == nil { node.content = .object([]) }
        return KeyedEncodingContainer(Members<Key>(node: node, place: place))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if node.content == nil { node.content = .array([]) }
        return Elements(node: node, place: place)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        Single(node: node, place: place)
    }

    func encode(_ value: some Encodable) throws(JSONCodingError) -> EncodingNode {
        if let leaf = value as? any JSONLeaf {
            guard let json = leaf.leaf else { throw place.error("\(value) cannot be written as JSON") }
            return EncodingNode(json)
        }
        do {
            try value.encode(to: self)
        } catch {
            throw place.wrap(error)
        }
        if case .object(let members) = node.content, value is any Unordered {
            node.content = .object(members.sorted { $0.key < $1.key })
        }
        return node
    }
}

/// Dictionaries, whose order changes from process to process.
private protocol Unordered {}
extension Dictionary: Unordered {}

private struct Members<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: EncodingNode
    let place: CodingPlace
    var codingPath: [any CodingKey] { place.path }

    func encodeNil(forKey key: Key) {
        node.append(key.stringValue, EncodingNode(.null))
    }

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        node.append(key.stringValue, try JSONValueEncoder(place: place.appending(key)).encode(value))
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        nested(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        nested(key).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { nested(PlaceKey.superclass) }
    func superEncoder(forKey key: Key) -> any Encoder { nested(key) }

    private func nested(_ key: any CodingKey) -> JSONValueEncoder {
        let encoder = JSONValueEncoder(place: place.appending(key))
        node.append(key.stringValue, encoder.node)
        return encoder
    }
}

private struct Elements: UnkeyedEncodingContainer {
    let node: EncodingNode
    let place: CodingPlace
    var codingPath: [any CodingKey] { place.path }

    var count: Int {
        if case .array(let nodes) = node.content { nodes.count } else { 0 }
    }

    func encodeNil() {
        node.append(EncodingNode(.null))
    }

    func encode<T: Encodable>(_ value: T) throws {
        node.append(try JSONValueEncoder(place: place.appending(PlaceKey(count))).encode(value))
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        nested().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nested().unkeyedContainer() }
    func superEncoder() -> any Encoder { nested() }

    private func nested() -> JSONValueEncoder {
        let encoder = JSONValueEncoder(place: place.appending(PlaceKey(count)))
        node.append(encoder.node)
        return encoder
    }
}

private struct Single: SingleValueEncodingContainer {
    let node: EncodingNode
    let place: CodingPlace
    var codingPath: [any CodingKey] { place.path }

    func encodeNil() {
        node.content = .value(.null)
    }

    func encode<T: Encodable>(_ value: T) throws {
        node.content = try JSONValueEncoder(place: place).encode(value).content
    }
}
