/// Objects: written out, or made by grouping a sequence.
extension Evaluator {
    private struct Group {
        var key: String
        var pair: Int
        var items: [Tuple]
    }

    /// An object with a member for every key that the items give, over all items that give it.
    func group(_ value: Value, _ grouping: Grouping, _ frame: Frame) throws(ExpressionError) -> Value {
        if let item = value.onlyItem { return try object(grouping, item, frame) }
        var tuples: [Tuple]
        let carriesTuples: Bool
        if case .tuples(let own) = value {
            (tuples, carriesTuples) = (own, true)
        } else {
            (tuples, carriesTuples) = (value.itemsOrSelf.map { Tuple(value: $0) }, false)
        }
        if tuples.isEmpty { tuples = [Tuple(value: .undefined)] }
        let groups = try gather(tuples, grouping, frame)
        try enter()
        defer { leave() }
        let record = Record()
        for group in groups {
            let (context, inner) = try reduce(group.items, carriesTuples, frame)
            let member = try evaluate(grouping.pairs[group.pair].value, context, inner)
            try charge(bytes: 48 + group.key.utf8.count)
            record[group.key] = member
        }
        try check(depth: record.depth)
        return .object(record)
    }

    /// The object of a single item, which needs no groups.
    private func object(_ grouping: Grouping, _ item: Value, _ frame: Frame) throws(ExpressionError) -> Value
    {
        try tick(2)
        try enter()
        defer { leave() }
        var keys: [String] = []
        var values: [Node] = []
        for pair in grouping.pairs {
            let key = try evaluate(pair.key, item, frame)
            guard !key.isUndefined else { continue }
            guard case .string(let key) = key else {
                throw ExpressionError(.keyIsNoString, position: grouping.position, value: key.errorValue)
            }
            guard !keys.contains(key) else {
                throw ExpressionError(.duplicateKey, position: grouping.position, value: .string(key))
            }
            try charge(bytes: 48 + key.utf8.count)
            keys.append(key)
            values.append(pair.value)
        }
        let record = Record()
        for (key, node) in zip(keys, values) { record.append(key, try evaluate(node, item, frame)) }
        try check(depth: record.depth)
        return .object(record)
    }

    private func gather(
        _ tuples: [Tuple],
        _ grouping: Grouping,
        _ frame: Frame
    ) throws(ExpressionError) -> [Group] {
        var groups: [Group] = []
        var places: [String: Int] = [:]
        for tuple in tuples {
            let inner = self.frame(of: tuple, frame)
            for (index, pair) in grouping.pairs.enumerated() {
                let key = try evaluate(pair.key, tuple.value, inner)
                guard !key.isUndefined else { continue }
                guard case .string(let key) = key else {
                    throw ExpressionError(.keyIsNoString, position: grouping.position, value: key.errorValue)
                }
                if let place = places[key] {
                    guard groups[place].pair == index else {
                        throw ExpressionError(.duplicateKey, position: grouping.position, value: .string(key))
                    }
                    groups[place].items.append(tuple)
                } else {
                    places[key] = groups.count
                    groups.append(Group(key: key, pair: index, items: [tuple]))
                }
            }
        }
        return groups
    }

    /// The context for the value of a group, and the frame with what all its tuples have bound.
    private func reduce(
        _ tuples: [Tuple],
        _ carriesTuples: Bool,
        _ frame: Frame
    ) throws(ExpressionError) -> (Value, Frame) {
        guard tuples.count > 1 else { return (tuples[0].value, self.frame(of: tuples[0], frame)) }
        let context = try join(tuples.map(\.value))
        guard carriesTuples else { return (context, frame) }
        let inner = Frame(parent: frame)
        for (symbol, _) in tuples[0].bindings {
            let values = tuples.compactMap { tuple in tuple.bindings.first { $0.symbol == symbol }?.value }
            bind(symbol, try join(values), in: inner)
        }
        return (context, inner)
    }

    /// The values one after the other, arrays among them flattened.
    private func join(_ values: [Value]) throws(ExpressionError) -> Value {
        guard values.count != 1 else { return values[0] }
        var joined: [Value] = []
        for value in values where !value.isUndefined { joined.append(contentsOf: value.itemsOrSelf) }
        return try makeArray(joined)
    }

    func array(
        _ nodes: [Node],
        _ isConstructed: Bool,
        _ input: Value,
        _ frame: Frame
    ) throws(ExpressionError) -> Value {
        let flags: List.Flags = isConstructed ? .constructed : []
        if nodes.count == 1, case .binary(.range, _, _) = nodes[0].kind {
            // A range alone keeps its compact form.
            let range = try evaluate(nodes[0], input, frame)
            return .array(List(range.isUndefined ? .none : range.itemsOrSelf, flags: flags))
        }
        var items: [Value] = []
        for node in nodes {
            let value = try evaluate(node, input, frame)
            if case .array = node.kind, !value.isUndefined {
                items.append(value)
            } else if let inner = value.items {
                try charge(bytes: 24 * inner.count)
                items.append(contentsOf: inner)
            } else if !value.isUndefined {
                items.append(value)
            }
        }
        return try makeArray(items, flags)
    }
}

extension Value {
    /// The one item over which an object is made; nil when there may be several.
    fileprivate var onlyItem: Value? {
        switch self {
        case .tuples: return nil
        case .array, .jsonArray:
            guard let items, items.count <= 1 else { return nil }
            return items.first ?? .undefined
        default: return self
        }
    }
}
