/// Order-by, `$sort`, and transforms.
extension Evaluator {
    func sort(_ items: Items, by terms: [SortTerm], at position: Int, _ frame: Frame) throws(ExpressionError)
        -> [Value]
    {
        let tuples = items.map { Tuple(value: $0) }
        return try sort(tuples, by: terms, at: position, frame).map(\.value)
    }

    /// Sorts stably by terms, each of which is evaluated once an item.
    func sort(
        _ tuples: [Tuple],
        by terms: [SortTerm],
        at position: Int,
        _ frame: Frame
    ) throws(ExpressionError) -> [Tuple] {
        guard tuples.count > 1 else { return tuples }
        try enter()
        defer { leave() }
        var keyed: [(tuple: Tuple, keys: [Value])] = []
        for tuple in tuples {
            let inner = self.frame(of: tuple, frame)
            var keys: [Value] = []
            for term in terms { keys.append(try evaluate(term.expression, tuple.value, inner)) }
            keyed.append((tuple, keys))
        }
        let sorted = try mergeSort(keyed) { (left, right) throws(ExpressionError) in
            for (index, term) in terms.enumerated() {
                let order = try self.order(left.keys[index], right.keys[index], at: position)
                if order != 0 { return (term.isDescending && !order.isFixed ? -order.sign : order.sign) > 0 }
            }
            return false
        }
        return sorted.map(\.tuple)
    }

    /// The order of two sort keys; undefined comes last whatever the direction.
    private struct KeyOrder {
        var sign: Int
        var isFixed = false

        static func != (order: KeyOrder, number: Int) -> Bool { order.sign != number }
    }

    private func order(_ left: Value, _ right: Value, at position: Int) throws(ExpressionError) -> KeyOrder {
        if left.isUndefined { return KeyOrder(sign: right.isUndefined ? 0 : 1, isFixed: true) }
        if right.isUndefined { return KeyOrder(sign: -1, isFixed: true) }
        for value in [left, right] where value.double == nil && value.string == nil {
            throw ExpressionError(.sortType, position: position, token: "^", value: value.errorValue)
        }
        guard left.type == right.type else {
            throw ExpressionError(.sortMismatch, position: position, token: "^", value: left.errorValue)
        }
        return KeyOrder(sign: Self.order(left, right))
    }

    /// A stable merge sort, as comparators of users may fail or disagree with themselves.
    func mergeSort<Item>(
        _ items: [Item],
        swaps: (Item, Item) throws(ExpressionError) -> Bool
    ) throws(ExpressionError) -> [Item] {
        var source = items
        var width = 1
        while width < source.count {
            var merged: [Item] = []
            merged.reserveCapacity(source.count)
            var start = 0
            while start < source.count {
                let middle = min(start + width, source.count)
                let end = min(start + 2 * width, source.count)
                try merge(source, start, middle, end, into: &merged, swaps)
                start = end
            }
            source = merged
            width *= 2
        }
        return source
    }

    private func merge<Item>(
        _ source: [Item],
        _ start: Int,
        _ middle: Int,
        _ end: Int,
        into merged: inout [Item],
        _ swaps: (Item, Item) throws(ExpressionError) -> Bool
    ) throws(ExpressionError) {
        try tick(end - start)
        var (left, right) = (start, middle)
        while left < middle && right < end {
            if try swaps(source[left], source[right]) {
                merged.append(source[right])
                right += 1
            } else {
                merged.append(source[left])
                left += 1
            }
        }
        merged.append(contentsOf: source[left..<middle])
        merged.append(contentsOf: source[right..<end])
    }
}

extension Evaluator {
    /// A copy of a value in which the objects that the pattern finds are changed.
    func transform(_ value: Value, _ transform: Transform, _ frame: Frame) throws(ExpressionError) -> Value {
        guard !value.isUndefined else { return .undefined }
        guard value.isArray || value.isObject else {
            throw ExpressionError(.argumentMismatch, value: value.errorValue, expected: "1")
        }
        try enter()
        defer { leave() }
        let copy = try self.copy(value)
        let matches = try evaluate(transform.pattern, copy, frame)
        guard !matches.isUndefined else { return copy }
        for match in matches.itemsOrSelf {
            let update = try evaluate(transform.update, match, frame)
            guard update.isUndefined || update.isObject else {
                throw ExpressionError(
                    .updateIsNoObject,
                    position: transform.update.position,
                    value: update.errorValue
                )
            }
            guard case .object(let record) = match else { continue }
            // Copied, since an update that holds the object itself would make a circle.
            if let members = try self.copy(update).members {
                for (key, value) in zip(members.keys, members.values) { record[key] = value }
                try check(depth: record.depth)
            }
            if let deletion = transform.deletion { try delete(deletion, from: record, match, frame) }
        }
        return copy
    }

    private func delete(
        _ deletion: Node,
        from record: Record,
        _ match: Value,
        _ frame: Frame
    ) throws(ExpressionError) {
        let names = try evaluate(deletion, match, frame)
        guard !names.isUndefined else { return }
        for name in names.itemsOrSelf {
            guard case .string(let key) = name else {
                throw ExpressionError(.deleteIsNoString, position: deletion.position, value: names.errorValue)
            }
            record[key] = .undefined
        }
    }

    /// A copy all of whose objects are its own, so that they can be changed.
    func copy(_ value: Value) throws(ExpressionError) -> Value {
        try tick()
        try enter()
        defer { leave() }
        if let items = value.items {
            var copies: [Value] = []
            for item in items { copies.append(try copy(item)) }
            return try makeArray(copies)
        }
        guard let members = value.members else { return value }
        try charge(bytes: 48 * members.keys.count)
        let record = Record()
        for (key, value) in zip(members.keys, members.values) { record[key] = try copy(value) }
        try check(depth: record.depth)
        return .object(record)
    }
}
