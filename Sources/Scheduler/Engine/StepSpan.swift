/// Live steps whose numbers follow each other and that are alike but for their item or node.
///
/// A thousand items that wait are written as one, so that the state of a wide run stays small.
struct StepSpan {
    /// The number of the first step.
    var first: Int
    var count: Int
    /// The first step.
    var step: StepState
    /// What is added from one step to the next.
    var itemStride = 0
    var nodeStride = 0

    init(_ number: Int, _ step: StepState) {
        first = number
        count = 1
        self.step = step
    }

    static func spans(of steps: [Int: StepState]) -> [StepSpan] {
        var spans: [StepSpan] = []
        for number in steps.keys.sorted() {
            guard let step = steps[number] else { continue }
            if spans.isEmpty || !spans[spans.count - 1].extend(by: number, step) {
                spans.append(StepSpan(number, step))
            }
        }
        return spans
    }

    /// Takes the step in if it goes on where the span ends.
    private mutating func extend(by number: Int, _ next: StepState) -> Bool {
        guard number == first + count else { return false }
        let strides = count == 1 ? (next.index - step.index, next.node - step.node) : (itemStride, nodeStride)
        var expected = step
        expected.index += strides.0 * count
        expected.node += strides.1 * count
        guard expected == next else { return false }
        (itemStride, nodeStride) = strides
        count += 1
        return true
    }

    func expand(into steps: inout [Int: StepState]) {
        var step = step
        for offset in 0..<count {
            steps[first + offset] = step
            step.index += itemStride
            step.node += nodeStride
        }
    }
}

extension StepSpan {
    func write(to writer: inout StateWriter) {
        writer.integers(first, count)
        if count > 1 { writer.integers(itemStride, nodeStride) }
        step.write(to: &writer)
    }

    init(from reader: inout StateReader) throws(StateError) {
        first = try reader.integer()
        count = try reader.integer()
        guard count > 0, count <= 1_000_000 else {
            throw StateError(message: "the state is damaged: a span of \(count) steps")
        }
        if count > 1 {
            itemStride = try reader.integer()
            nodeStride = try reader.integer()
        }
        step = try StepState(from: &reader)
    }
}
