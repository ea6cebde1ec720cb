import JSON

/// Paths: each step is evaluated for every item of the step before, and the results are one flat sequence.
extension Evaluator {
    func evaluatePath(_ path: Path, _ input: Value, _ frame: Frame) throws(ExpressionError) -> Value {
        if let names = path.names, path.grouping == nil, let value = try walk(names, path, input, frame) {
            return value
        }
        try enter()
        defer { leave() }
        if path.hasTupleSteps { return try evaluateTuplePath(path, input, frame) }
        let result = try evaluatePlainPath(path, input, frame)
        guard let grouping = path.grouping else { return result }
        return try group(result, grouping, frame)
    }

    /// The value at the end of names; nil when an array is met, over which the path must spread.
    private func walk(
        _ names: [String],
        _ path: Path,
        _ input: Value,
        _ frame: Frame
    ) throws(ExpressionError) -> Value? {
        try tick(names.count)
        var value = names.count < path.steps.count ? try evaluate(path.steps[0].node, input, frame) : input
        for name in names {
            guard !value.isArray else { return nil }
            value = value.member(name)
        }
        return value.isSequence ? nil : value
    }

    private func evaluatePlainPath(_ path: Path, _ input: Value, _ frame: Frame) throws(ExpressionError)
        -> Value
    {
        var current = path.startsAtVariable ? Items(single: input) : input.itemsOrSelf
        let last = path.steps.count - 1
        var whole: Value?
        for (index, step) in path.steps.enumerated() {
            whole = nil
            if index == 0 && step.isConstructedArray {
                let value = try evaluate(step.node, input, frame)
                guard !value.isUndefined else { return .undefined }
                whole = value
                current = value.itemsOrSelf
            } else {
                (current, whole) = try evaluateStep(step, current, frame, isLast: index == last)
            }
            if current.isEmpty { break }
        }
        return finish(current, whole, path)
    }

    private func finish(_ items: Items, _ whole: Value?, _ path: Path) -> Value {
        guard path.keepsSingletonArray else {
            if let whole { return whole }
            // What a sequence of one collapses to, without making the sequence.
            if items.count == 1, path.grouping == nil, !items[0].isSequence { return items[0] }
            return .array(List(items, flags: .sequence))
        }
        if let whole {
            guard whole.isConstructed, !whole.isSequence else { return whole }
            return .array(List([whole], flags: [.sequence, .keepsSingleton]))
        }
        return .array(List(items, flags: [.sequence, .keepsSingleton]))
    }

    /// The results of one step, flattened; `whole` is the array that is the last step's only result.
    private func evaluateStep(
        _ step: Step,
        _ input: Items,
        _ frame: Frame,
        isLast: Bool
    ) throws(ExpressionError) -> (items: Items, whole: Value?) {
        if case .sort(let terms) = step.node.kind {
            try tick()
            let sorted = try sort(input, by: terms, at: step.node.position, frame)
            return (try applyStages(step.stages, to: .array(List(sorted)), frame).itemsOrSelf, nil)
        }
        var results = StepResults()
        for item in input {
            var value = try evaluateStepItem(step, item, frame)
            for case .filter(let predicate) in step.stages { value = try filter(value, by: predicate, frame) }
            if !value.isUndefined { results.add(value) }
        }
        try charge(bytes: 24 * results.builtCount)
        return results.finish(isLast: isLast)
    }

    @inline(__always)
    private func evaluateStepItem(_ step: Step, _ item: Value, _ frame: Frame) throws(ExpressionError)
        -> Value
    {
        // A plain name is most of all steps; it needs nothing that `evaluate` does.
        if case .name(let name) = step.node.kind, case .jsonObject(let object) = item, step.node.isPlain {
            try tick()
            return Value(object[name])
        }
        return try evaluate(step.node, item, frame)
    }

    func applyStages(_ stages: [Stage], to value: Value, _ frame: Frame) throws(ExpressionError) -> Value {
        var value = value
        for stage in stages {
            switch stage {
            case .filter(let predicate): value = try filter(value, by: predicate, frame)
            case .index(let symbol):
                guard case .tuples(var tuples) = value else { continue }
                for index in tuples.indices { tuples[index].bind(symbol, Value(count: index)) }
                value = .tuples(tuples)
            }
        }
        return value
    }

    /// The member of an object by name, or of all objects of an array, flattened.
    func lookup(_ name: String, in value: Value) throws(ExpressionError) -> Value {
        guard let items = value.items else { return value.member(name) }
        try enter()
        defer { leave() }
        var found: [Value] = []
        for item in items {
            try tick()
            let member = try lookup(name, in: item)
            if let inner = member.items {
                found.append(contentsOf: inner)
            } else if !member.isUndefined {
                found.append(member)
            }
        }
        try charge(bytes: 24 * found.count)
        return .sequence(found)
    }
}

/// Gathers the results of a step, without copying the array that is the only one.
private struct StepResults {
    private var only: Value?
    private var flat: [Value] = []

    /// How many values have been copied.
    var builtCount: Int { flat.count }

    mutating func add(_ value: Value) {
        guard only != nil || !flat.isEmpty else {
            only = value
            return
        }
        if let first = only {
            only = nil
            append(first)
        }
        append(value)
    }

    private mutating func append(_ value: Value) {
        if !value.isConstructed, let items = value.items {
            flat.append(contentsOf: items)
        } else {
            flat.append(value)
        }
    }

    func finish(isLast: Bool) -> (items: Items, whole: Value?) {
        guard let only else { return (Items(flat), nil) }
        guard let items = only.items else { return (Items(single: only), nil) }
        if isLast && !only.isSequence { return (items, only) }
        return (only.isConstructed ? Items(single: only) : items, nil)
    }
}

extension Evaluator {
    /// The items that a predicate selects: by position for numbers, by truth for all else.
    func filter(_ value: Value, by predicate: Node, _ frame: Frame) throws(ExpressionError) -> Value {
        if case .tuples(let tuples) = value { return try filter(tuples, by: predicate, frame) }
        let items = value.itemsOrSelf
        if case .constant(let constant) = predicate.kind, let number = Value(constant).double,
            predicate.isPlain
        {
            guard let index = position(number, in: items.count), !items[index].isUndefined else {
                return .sequence([])
            }
            return items[index].isArray ? items[index] : .sequence([items[index]])
        }
        var selected: [Value] = []
        for (index, item) in items.enumerated() {
            let test = try evaluate(predicate, item, frame)
            if !item.isUndefined { try select(item, index, items.count, test, into: &selected) }
        }
        return try makeArray(selected, .sequence)
    }

    private func filter(
        _ tuples: [Tuple],
        by predicate: Node,
        _ frame: Frame
    ) throws(ExpressionError) -> Value {
        if case .constant(let constant) = predicate.kind, let number = Value(constant).double {
            return .tuples(position(number, in: tuples.count).map { [tuples[$0]] } ?? [])
        }
        var selected: [Tuple] = []
        for (index, tuple) in tuples.enumerated() {
            let test = try evaluate(predicate, tuple.value, self.frame(of: tuple, frame))
            try select(tuple, index, tuples.count, test, into: &selected)
        }
        return .tuples(selected)
    }

    private func select<Item>(
        _ item: Item,
        _ index: Int,
        _ count: Int,
        _ test: Value,
        into selected: inout [Item]
    ) throws(ExpressionError) {
        if let number = test.double {
            if position(number, in: count) == index { selected.append(item) }
        } else if let numbers = test.items, !numbers.isEmpty, test.allItems(are: .number) {
            try tick(numbers.count)
            for number in numbers where position(number.double ?? 0, in: count) == index {
                selected.append(item)
            }
        } else if try isTrue(test) {
            selected.append(item)
        }
    }

    /// The place that a number means in an array, from the end when negative.
    private func position(_ number: Double, in count: Int) -> Int? {
        let floor = number.rounded(.down)
        guard let index = Int(exactly: floor < 0 ? floor + Double(count) : floor) else { return nil }
        return index >= 0 && index < count ? index : nil
    }

    /// `*`: the values of all members, arrays flattened.
    func wildcard(_ input: Value) throws(ExpressionError) -> Value {
        let value = input.flags.contains(.wrapsInput) ? input.items?.first ?? .undefined : input
        let children = value.items.map { Array($0) } ?? value.members?.values
        guard let children else { return .undefined }
        var found: [Value] = []
        var hasArray = false
        for child in children {
            hasArray = hasArray || child.isArray
            try flatten(child, into: &found)
        }
        return try makeArray(found, hasArray ? [] : .sequence)
    }

    private func flatten(_ value: Value, into flat: inout [Value]) throws(ExpressionError) {
        try tick()
        try enter()
        defer { leave() }
        guard let items = value.items else {
            flat.append(value)
            return
        }
        for item in items { try flatten(item, into: &flat) }
    }

    /// `**`: the value and everything within it but arrays themselves.
    func descendants(_ input: Value) throws(ExpressionError) -> Value {
        guard !input.isUndefined else { return .undefined }
        var found: [Value] = []
        try descend(input, into: &found)
        return try makeArray(found, .sequence)
    }

    private func descend(_ value: Value, into found: inout [Value]) throws(ExpressionError) {
        try tick()
        try enter()
        defer { leave() }
        if let items = value.items {
            for item in items { try descend(item, into: &found) }
            return
        }
        found.append(value)
        guard let members = value.members else { return }
        for child in members.values { try descend(child, into: &found) }
    }
}
