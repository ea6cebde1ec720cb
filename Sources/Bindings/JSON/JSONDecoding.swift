extension JSONValue {
    /// The document as a Swift value.
    ///
    /// An absent key or `null` is an absent optional, and keys that the type does not know are left out.
    /// An optional `JSONValue` keeps the difference: an absent key is nil, `null` is `JSONValue.null`.
    ///
    /// - Throws: `JSONCodingError` with the place of what is missing or of another kind.
    public func decode<T: Decodable>(_ type: T.Type = T.self) throws(JSONCodingError) -> T {
        try JSONValueDecoder(value: self, place: CodingPlace()).decode(type)
    }
}

private struct JSONValueDecoder: Decoder {
    let value: JSONValue
    let place: CodingPlace

    var codingPath: [any CodingKey] { place.path }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let object) = value else { throw mismatch("an object") }
        return KeyedDecodingContainer(Members<Key>(object: object, place: place))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = value else { throw mismatch("an array") }
        return Elements(elements: elements, place: place)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        Single(value: value, place: place)
    }

    func decode<T: Decodable>(_ type: T.Type) throws(JSONCodingError) -> T {
        if let leaf = type as? any JSONLeaf.Type {
            guard let value = leaf.init(leaf: value) as? T else { throw mismatch(leaf.noun) }
            return value
        }
        do {
            return try T(from: self)
        } catch {
            throw place.wrap(error)
        }
    }

    private func mismatch(_ noun: String) -> JSONCodingError {
        let found =
            switch value {
            case .integer, .real, .bool: value.serialized()
            default: value.kind
            }
        return place.error("expected \(noun), found \(found)")
    }
}

private struct Members<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let object: JSONObject
    let place: CodingPlace

    var codingPath: [any CodingKey] { place.path }
    var allKeys: [Key] { object.keys.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool {
        object[key.stringValue] != nil
    }

    func decodeNil(forKey key: Key) throws -> Bool {
        try decoder(key).value == .null
    }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try decoder(key).decode(type)
    }

    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        guard let value = object[key.stringValue], value != .null || type == JSONValue.self else {
            return nil
        }
        return try JSONValueDecoder(value: value, place: place.appending(key)).decode(type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try decoder(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { try decoder(PlaceKey.superclass) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }

    private func decoder(_ key: any CodingKey) throws(JSONCodingError) -> JSONValueDecoder {
        guard let value = object[key.stringValue] else {
            throw place.error("the key \"\(key.stringValue)\" is missing")
        }
        return JSONValueDecoder(value: value, place: place.appending(key))
    }
}

private struct Elements: UnkeyedDecodingContainer {
    let elements: [JSONValue]
    let place: CodingPlace
    var currentIndex = 0

    var codingPath: [any CodingKey] { place.path }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    mutating func decodeNil() throws -> Bool {
        guard try peek().value == .null else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try next { try $0.decode(type) }
    }

    mutating func decodeIfPresent<T: Decodable>(_ type: T.Type) throws -> T? {
        guard !isAtEnd else { return nil }
        return try next { $0.value == .null && type != JSONValue.self ? nil : try $0.decode(type) }
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try next { try $0.container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try next { try $0.unkeyedContainer() }
    }

    mutating func superDecoder() throws -> any Decoder {
        try next { $0 }
    }

    /// The index moves on only if the element was taken.
    private mutating func next<R>(_ take: (JSONValueDecoder) throws -> R) throws -> R {
        let result = try take(peek())
        currentIndex += 1
        return result
    }

    private func peek() throws(JSONCodingError) -> JSONValueDecoder {
        guard !isAtEnd else { throw place.error("the array ends after \(elements.count) elements") }
        let place = place.appending(PlaceKey(currentIndex))
        return JSONValueDecoder(value: elements[currentIndex], place: place)
    }
}

private struct Single: SingleValueDecodingContainer {
    let value: JSONValue
    let place: CodingPlace
    var codingPath: [any CodingKey] { place.path }

    func decodeNil() -> Bool { value == .null }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try JSONValueDecoder(value: value, place: place).decode(type)
    }
}
