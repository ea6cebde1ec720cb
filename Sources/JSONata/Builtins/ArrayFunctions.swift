extension Builtin {
    static let arrayFunctions: [Builtin] = [
        define("count", "<a:n>") { (_, arguments) throws(ExpressionError) in
            Value(count: arguments.items(0)?.count ?? 0)
        },
        define("append", "<xx:a>", arity: 2) { (evaluator, arguments) throws(ExpressionError) in
            guard !arguments[0].isUndefined else { return arguments[1] }
            guard !arguments[1].isUndefined else { return arguments[0] }
            let (first, second) = (arguments[0].itemsOrSelf, arguments[1].itemsOrSelf)
            try evaluator.tick((first.count + second.count) / 16)
            return try evaluator.makeArray(first.array + second.array)
        },
        define("reverse", "<a:a>") { (evaluator, arguments) throws(ExpressionError) in
            guard let items = arguments.items(0), items.count > 1 else { return arguments[0] }
            return try evaluator.makeArray(items.reversed())
        },
        define("sort", "<af?:a>", arity: 2) { (evaluator, arguments) throws(ExpressionError) in
            guard let items = arguments.items(0), items.count > 1 else { return arguments[0] }
            return try evaluator.makeArray(try evaluator.sort(items, by: arguments.function(1)))
        },
        define("shuffle", "<a:a>") { (evaluator, arguments) throws(ExpressionError) in
            guard let items = arguments.items(0), items.count > 1 else { return arguments[0] }
            try evaluator.tick(items.count)
            var shuffled = items.array
            for index in shuffled.indices.dropFirst() {
                let other = Int(evaluator.random.nextFraction() * Double(index + 1))
                shuffled.swapAt(index, other)
            }
            return try evaluator.makeArray(shuffled)
        },
        define("distinct", "<x:x>") { (evaluator, arguments) throws(ExpressionError) in
            guard let items = arguments[0].items, items.count > 1 else { return arguments[0] }
            let distinct = try evaluator.distinct(items)
            return try evaluator.makeArray(distinct, arguments[0].isSequence ? .sequence : [])
        },
        define("zip", "<a+>", arity: 0) { (evaluator, arguments) throws(ExpressionError) in
            let arrays = arguments.values.map { $0.items ?? .none }
            let count = arrays.map(\.count).min() ?? 0
            var tuples: [Value] = []
            for index in 0..<count {
                try evaluator.tick(arrays.count)
                tuples.append(try evaluator.makeArray(arrays.map { $0[index] }))
            }
            return try evaluator.makeArray(tuples)
        },
    ]
}

extension Evaluator {
    fileprivate func sort(_ items: Items, by comparator: Function?) throws(ExpressionError) -> [Value] {
        if let comparator {
            return try mergeSort(items.array) { (left, right) throws(ExpressionError) in
                try isTrue(callBack(comparator, left, right))
            }
        }
        let type = items.first?.type
        guard type == .number || type == .string, items.allSatisfy({ $0.type == type }) else {
            throw ExpressionError(.sortNeedsComparator)
        }
        return try mergeSort(items.array) { (left, right) throws(ExpressionError) in
            Self.order(left, right) > 0
        }
    }

    /// The items without those equal to one before.
    fileprivate func distinct(_ items: Items) throws(ExpressionError) -> [Value] {
        var strings: Set<[UInt8]> = []
        var numbers: Set<Double> = []
        var others: [Value] = []
        var distinct: [Value] = []
        for item in items {
            try tick()
            let isNew: Bool
            if case .number(let number) = item {
                isNew = numbers.insert(number).inserted
            } else if case .integer(let integer) = item, integer.magnitude < 1 << 53 {
                isNew = numbers.insert(Double(integer)).inserted
            } else if case .string(let string) = item {
                isNew = strings.insert(Array(string.utf8)).inserted
            } else {
                isNew = try !includes(item, among: others)
                if isNew { others.append(item) }
            }
            if isNew { distinct.append(item) }
        }
        return distinct
    }

    private func includes(_ value: Value, among others: [Value]) throws(ExpressionError) -> Bool {
        for other in others where try equal(value, other) { return true }
        return false
    }
}
