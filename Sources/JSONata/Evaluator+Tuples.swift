/// Paths that bind on their way (`@$v`, `#$i`) or look back (`%`): every item is a tuple with its bindings.
extension Evaluator {
    func evaluateTuplePath(_ path: Path, _ input: Value, _ frame: Frame) throws(ExpressionError) -> Value {
        let start = path.startsAtVariable ? Items(single: input) : input.itemsOrSelf
        var tuples = start.map { Tuple(value: $0) }
        for (index, step) in path.steps.enumerated() {
            try charge(bytes: 64 * tuples.count)
            if index == 0 && step.isConstructedArray {
                let value = try evaluate(step.node, input, frame)
                tuples = value.isUndefined ? [] : value.itemsOrSelf.map { Tuple(value: $0) }
            } else if case .sort(let terms) = step.node.kind {
                tuples = try sortTuples(tuples, terms, step, frame)
            } else {
                tuples = try evaluateTupleStep(step, tuples, frame)
            }
        }
        if let grouping = path.grouping { return try group(.tuples(tuples), grouping, frame) }
        guard !path.carriesTuples else { return .tuples(tuples) }
        let flags: List.Flags = path.keepsSingletonArray ? [.sequence, .keepsSingleton] : .sequence
        return try makeArray(tuples.map(\.value), flags)
    }

    private func sortTuples(
        _ tuples: [Tuple],
        _ terms: [SortTerm],
        _ step: Step,
        _ frame: Frame
    ) throws(ExpressionError) -> [Tuple] {
        var sorted = try sort(tuples, by: terms, at: step.node.position, frame)
        if let symbol = step.index {
            for index in sorted.indices { sorted[index].bind(symbol, Value(count: index)) }
        }
        guard case .tuples(let staged) = try applyStages(step.stages, to: .tuples(sorted), frame) else {
            return []
        }
        return staged
    }

    private func evaluateTupleStep(
        _ step: Step,
        _ tuples: [Tuple],
        _ frame: Frame
    ) throws(ExpressionError) -> [Tuple] {
        var results: [Tuple] = []
        for tuple in tuples {
            let value = try evaluate(step.node, tuple.value, self.frame(of: tuple, frame))
            if case .tuples(let inner) = value {
                for item in inner { results.append(merge(item, into: tuple)) }
            } else if !value.isUndefined {
                for (index, item) in value.itemsOrSelf.enumerated() {
                    results.append(extend(tuple, by: item, at: index, step))
                }
            }
        }
        try tick(results.count)
        guard case .tuples(let staged) = try applyStages(step.stages, to: .tuples(results), frame) else {
            return []
        }
        return staged
    }

    private func merge(_ inner: Tuple, into outer: Tuple) -> Tuple {
        var merged = outer
        merged.value = inner.value
        for (symbol, value) in inner.bindings { merged.bind(symbol, value) }
        return merged
    }

    private func extend(_ tuple: Tuple, by item: Value, at index: Int, _ step: Step) -> Tuple {
        var extended = tuple
        if let focus = step.focus {
            extended.bind(focus, item)
        } else {
            extended.value = item
        }
        if let symbol = step.index { extended.bind(symbol, Value(count: index)) }
        if let label = step.ancestor { extended.bind(label, tuple.value) }
        return extended
    }

    func frame(of tuple: Tuple, _ parent: Frame) -> Frame {
        guard !tuple.bindings.isEmpty else { return parent }
        let frame = Frame(parent: parent)
        for (symbol, value) in tuple.bindings { bind(symbol, value, in: frame) }
        return frame
    }
}
