/// The members of a JSON object, in the order in which they were written.
///
/// Two objects are equal when they have the same members, whatever the order. Looking a key up is linear
/// for small objects and by hash for large ones.
public struct JSONObject: Sendable {
    private var storage: Storage

    public init() {
        storage = Storage()
    }

    /// Members in order.
    ///
    /// Of a key that comes twice the last value counts, in the first one's place.
    public init(_ members: some Sequence<(String, JSONValue)>) {
        self.init()
        for (key, value) in members { self[key] = value }
    }

    public var count: Int { storage.keys.count }
    public var isEmpty: Bool { storage.keys.isEmpty }
    public var keys: [String] { storage.keys }
    public var values: [JSONValue] { storage.values }

    /// The value of a key.
    ///
    /// Setting nil removes the key; a new key goes to the end.
    public subscript(key: String) -> JSONValue? {
        get {
            storage.position(of: key).map { storage.values[$0] }
        }
        set {
            makeUnique()
            storage.set(key, to: newValue)
        }
    }

    /// Adds a member whose key is known not to be there yet, without looking it up.
    mutating func appendUnchecked(_ key: String, _ value: JSONValue) {
        makeUnique()
        storage.append(key, value)
    }

    private mutating func makeUnique() {
        if !isKnownUniquelyReferenced(&storage) { storage = Storage(copying: storage) }
    }
}

extension JSONObject: Sequence {
    public func makeIterator() -> AnyIterator<(key: String, value: JSONValue)> {
        var index = 0
        let storage = storage
        return AnyIterator {
            guard index < storage.keys.count else { return nil }
            defer { index += 1 }
            return (storage.keys[index], storage.values[index])
        }
    }
}

extension JSONObject: Hashable {
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        if left.storage === right.storage { return true }
        guard left.count == right.count else { return false }
        return left.allSatisfy { right[$0.key] == $0.value }
    }

    public func hash(into hasher: inout Hasher) {
        var combined = 0
        for (key, value) in self {
            var member = Hasher()
            member.combine(key)
            member.combine(value)
            combined ^= member.finalize()
        }
        hasher.combine(combined)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements)
    }
}

extension JSONObject {
    // @unchecked: mutated only while uniquely referenced by the struct that holds it.
    private final class Storage: @unchecked Sendable {
        /// Up to 16 keys a linear search beats hashing.
        static let linearLimit = 16

        var keys: [String] = []
        var values: [JSONValue] = []
        private var positions: [String: Int]?

        init() {}

        init(copying other: Storage) {
            keys = other.keys
            values = other.values
            positions = other.positions
        }

        func position(of key: String) -> Int? {
            if let positions { return positions[key] }
            return keys.firstIndex(of: key)
        }

        func set(_ key: String, to value: JSONValue?) {
            switch (position(of: key), value) {
            case (let index?, let value?): values[index] = value
            case (let index?, nil): remove(at: index)
            case (nil, let value?): append(key, value)
            case (nil, nil): break
            }
        }

        func append(_ key: String, _ value: JSONValue) {
            keys.append(key)
            values.append(value)
            if positions != nil {
                positions?[key] = keys.count - 1
            } else if keys.count > Self.linearLimit {
                index()
            }
        }

        private func remove(at index: Int) {
            keys.remove(at: index)
            values.remove(at: index)
            if positions != nil { self.index() }
        }

        private func index() {
            positions = Dictionary(zip(keys, keys.indices)) { first, _ in first }
        }
    }
}
