/// The members of a JSON object, in the order in which they were written.
///
/// Two objects are equal when they have the same members, whatever the order. Looking a key up is linear
/// for small objects and by hash for large ones.
public struct JSONObject: Sendable {
    private var members: [Member] = []
    /// Where each key stands, once there are too many to look through.
    private var positions: [String: Int]?

    fileprivate struct Member: Sendable {
        let key: String
        var value: JSONValue
    }

    /// Up to 16 keys a linear search beats hashing.
    private static let linearLimit = 16
    /// Room from the first member on: most objects have two to four, and growing is most of their cost.
    private static let firstRoom = 4

    public init() {}

    /// Members in order.
    ///
    /// Of a key that comes twice the last value counts, in the first one's place.
    public init(_ members: some Sequence<(String, JSONValue)>) {
        self.members.reserveCapacity(Swift.max(Self.firstRoom, members.underestimatedCount))
        for (key, value) in members { self[key] = value }
    }

    public var count: Int { members.count }
    public var isEmpty: Bool { members.isEmpty }
    public var keys: [String] { members.map(\.key) }
    public var values: [JSONValue] { members.map(\.value) }

    /// The value of a key.
    ///
    /// Setting nil removes the key; a new key goes to the end.
    public subscript(key: String) -> JSONValue? {
        get { position(of: key).map { members[$0].value } }
        set {
            switch (position(of: key), newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): remove(at: index)
            case (nil, let value?): appendUnchecked(key, value)
            case (nil, nil): break
            }
        }
    }

    /// Adds a member whose key is known not to be there yet, without looking it up.
    mutating func appendUnchecked(_ key: String, _ value: JSONValue) {
        if members.isEmpty { members.reserveCapacity(Self.firstRoom) }
        members.append(Member(key: key, value: value))
        if positions != nil {
            positions?[key] = members.count - 1
        } else if members.count > Self.linearLimit {
            index()
        }
    }

    private func position(of key: String) -> Int? {
        if let positions { return positions[key] }
        return members.firstIndex { $0.key == key }
    }

    private mutating func remove(at index: Int) {
        members.remove(at: index)
        if positions != nil { self.index() }
    }

    private mutating func index() {
        positions = Dictionary(members.indices.map { (members[$0].key, $0) }) { first, _ in first }
    }
}

extension JSONObject: Sequence {
    public struct Iterator: IteratorProtocol {
        fileprivate var members: IndexingIterator<[Member]>

        public mutating func next() -> (key: String, value: JSONValue)? {
            members.next().map { ($0.key, $0.value) }
        }
    }

    public var underestimatedCount: Int { members.count }

    public func makeIterator() -> Iterator { Iterator(members: members.makeIterator()) }
}

extension JSONObject: Hashable {
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
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
