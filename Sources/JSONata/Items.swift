import JSON

/// The items of an array, whatever they are stored as.
struct Items: RandomAccessCollection {
    private enum Storage {
        case single(Value)
        case values([Value])
        case json([JSONValue])
        case integers(first: Int64, count: Int)
    }

    private let storage: Storage

    init(single value: Value) { storage = .single(value) }
    init(_ values: [Value]) { storage = .values(values) }
    init(_ values: [JSONValue]) { storage = .json(values) }

    /// The integers from `first` on, which take no memory.
    init(integersFrom first: Int64, count: Int) { storage = .integers(first: first, count: count) }

    static var none: Items { Items([Value]()) }

    var startIndex: Int { 0 }
    var endIndex: Int {
        switch storage {
        case .single: 1
        case .values(let values): values.count
        case .json(let values): values.count
        case .integers(_, let count): count
        }
    }

    subscript(index: Int) -> Value {
        switch storage {
        case .single(let value): value
        case .values(let values): values[index]
        case .json(let values): Value(values[index])
        case .integers(let first, _): .integer(first + Int64(index))
        }
    }

    var array: [Value] {
        if case .values(let values) = storage { return values }
        return map { $0 }
    }

    /// Whether the items can hold none that the evaluation has built.
    var areFlat: Bool {
        switch storage {
        case .json, .integers: true
        case .single, .values: false
        }
    }
}

/// An array that the evaluation has built.
final class List {
    struct Flags: OptionSet {
        let rawValue: UInt8

        /// Collapses when it holds one item or none.
        static let sequence = Flags(rawValue: 1)
        /// Stays an array though it holds one item.
        static let keepsSingleton = Flags(rawValue: 2)
        /// Was written as `[…]` at the end of a path and is an item there, not items.
        static let constructed = Flags(rawValue: 4)
        /// The sequence that holds the input, when that is an array.
        static let wrapsInput = Flags(rawValue: 8)
    }

    let items: Items
    let flags: Flags
    let depth: Int
    /// Whether a function is among the items, at any depth.
    ///
    /// Known at once, since looking may take forever:
    /// `[$a, $a]` forty times over is small, and has a million million leaves.
    let mayHoldFrame: Bool

    init(_ items: Items, flags: Flags = []) {
        self.items = items
        self.flags = flags
        var deepest = 0
        var mayHoldFrame = false
        if !items.areFlat {
            for item in items {
                deepest = max(deepest, item.depth)
                mayHoldFrame = mayHoldFrame || item.mayHoldFrame
            }
        }
        depth = 1 + deepest
        self.mayHoldFrame = mayHoldFrame
    }

    convenience init(_ items: [Value], flags: Flags = []) {
        self.init(Items(items), flags: flags)
    }

    func with(_ flags: Flags) -> List { List(items, flags: flags) }
}

/// An object that the evaluation has built.
///
/// A class, so that a transform can change the objects it has found within its own copy of the input.
final class Record {
    private(set) var keys: [String] = []
    private(set) var values: [Value] = []
    private(set) var depth = 1
    private(set) var mayHoldFrame = false
    private var positions: [String: Int]?

    init() {}

    init(_ members: some Sequence<(String, Value)>) {
        for (key, value) in members { self[key] = value }
    }

    subscript(key: String) -> Value {
        get { position(of: key).map { values[$0] } ?? .undefined }
        set {
            if case .undefined = newValue { return remove(key) }
            if let index = position(of: key) {
                take(newValue)
                values[index] = newValue
            } else {
                append(key, newValue)
            }
        }
    }

    /// Adds a member whose key is known not to be there yet; undefined adds nothing.
    func append(_ key: String, _ value: Value) {
        if case .undefined = value { return }
        take(value)
        keys.append(key)
        values.append(value)
        if positions != nil {
            positions?[key] = keys.count - 1
        } else if keys.count > 16 {
            indexKeys()
        }
    }

    private func take(_ value: Value) {
        depth = max(depth, 1 + value.depth)
        mayHoldFrame = mayHoldFrame || value.mayHoldFrame
    }

    private func indexKeys() {
        positions = Dictionary(zip(keys, keys.indices)) { first, _ in first }
    }

    private func position(of key: String) -> Int? {
        if let positions { return positions[key] }
        return keys.firstIndex(of: key)
    }

    private func remove(_ key: String) {
        guard let index = position(of: key) else { return }
        keys.remove(at: index)
        values.remove(at: index)
        if positions != nil { indexKeys() }
    }
}
