import JSON

/// One evaluation: walks the tree and keeps count of what it costs.
final class Evaluator {
    let environment: Environment
    let bindings: [String: JSONValue]
    let input: Value
    var names: Names
    var random: RandomNumbers
    /// The frame of the call being made, in which `$eval` evaluates.
    var callerFrame: Frame?

    private var stepsLeft: Int
    private var bytesLeft: Int
    private var depth = 0
    private var tracked = TrackedFrames()

    init(input: Value, bindings: [String: JSONValue], names: Names, environment: Environment) {
        self.input = input
        self.bindings = bindings
        self.names = names
        self.environment = environment
        random = RandomNumbers(seed: environment.seed)
        stepsLeft = environment.budget.steps
        bytesLeft = environment.budget.outputBytes
    }

    /// Evaluates a whole expression and gives its value as JSON; nil is undefined.
    func run(_ node: Node) throws(ExpressionError) -> JSONValue? {
        defer { tracked.clear() }
        var context = input
        // An array as input is one input, not many.
        if let items = input.items, !input.isSequence {
            context = .array(List([.array(List(items))], flags: [.sequence, .wrapsInput]))
        }
        let result = try evaluate(node, context, Frame(parent: nil))
        return try json(result)
    }

    /// Counts a piece of work.
    func tick(_ count: Int = 1) throws(ExpressionError) {
        stepsLeft -= count
        guard stepsLeft >= 0 else { throw .budget("\(environment.budget.steps) steps") }
    }

    /// Counts bytes that are about to be built.
    func charge(bytes: Int) throws(ExpressionError) {
        bytesLeft -= bytes
        guard bytesLeft >= 0 else { throw .budget("\(environment.budget.outputBytes) bytes") }
    }

    func evaluate(_ node: Node, _ input: Value, _ frame: Frame) throws(ExpressionError) -> Value {
        try tick()
        try enter()
        defer { leave() }
        var result = try evaluateKind(node, input, frame)
        guard !node.isPlain else { return collapse(result) }
        for predicate in node.predicates { result = try filter(result, by: predicate, frame) }
        if let grouping = node.grouping { result = try group(result, grouping, frame) }
        guard node.keepsArray else { return collapse(result) }
        return collapse(keepingSingleton(result))
    }

    /// Counts a level of calls that no node of the tree stands for.
    func nested(_ body: () throws(ExpressionError) -> Value) throws(ExpressionError) -> Value {
        try enter()
        defer { leave() }
        return try body()
    }

    private func evaluateKind(_ node: Node, _ input: Value, _ frame: Frame) throws(ExpressionError) -> Value {
        switch node.kind {
        case .constant(let constant): return Value(constant)
        case .context: return input.flags.contains(.wrapsInput) ? input.items?.first ?? .undefined : input
        case .root: return self.input
        case .name(let name): return try lookup(name, in: input)
        case .variable(let variable): return lookup(variable, frame)
        case .path(let path): return try evaluatePath(path, input, frame)
        case .binary(let op, let left, let right): return try binary(op, left, right, node, input, frame)
        case .call(let call): return try evaluateCall(call, node, input, frame)
        case .condition(let test, let then, let other):
            if try isTrue(evaluate(test, input, frame)) { return try evaluate(then, input, frame) }
            guard let other else { return .undefined }
            return try evaluate(other, input, frame)
        default: return try evaluateRest(node, input, frame)
        }
    }

    /// The less frequent nodes, apart so that the frame of the frequent ones stays small.
    private func evaluateRest(_ node: Node, _ input: Value, _ frame: Frame) throws(ExpressionError) -> Value {
        switch node.kind {
        case .regex(let regex): return .function(Function(.regex(regex)))
        case .wildcard: return try wildcard(input)
        case .descendant: return try descendants(input)
        case .parent(let label): return frame.lookup(label) ?? .undefined
        case .negate(let operand): return try negate(operand, node, input, frame)
        case .array(let items, let isConstructed): return try array(items, isConstructed, input, frame)
        case .object(let grouping): return try group(input, grouping, frame)
        case .tailCall(let call):
            return .function(Function(.thunk(call, input: input, frame: frame, position: node.position)))
        case .lambda(let lambda): return .function(Function(.lambda(lambda, input: input, frame: frame)))
        case .fallback(let kind, let left, let right): return try fallback(kind, left, right, input, frame)
        case .block(let nodes, let bindsVariables):
            return try block(nodes, input, bindsVariables ? Frame(parent: frame) : frame)
        case .bind(let symbol, let value):
            let value = try evaluate(value, input, frame)
            bind(symbol, value, in: frame)
            return value
        case .apply(let left, let right): return try apply(left, right, node, input, frame)
        case .transform(let transform): return .function(Function(.transform(transform, frame: frame)))
        default: return .undefined
        }
    }

    private func block(_ nodes: [Node], _ input: Value, _ frame: Frame) throws(ExpressionError) -> Value {
        var result = Value.undefined
        for node in nodes { result = try evaluate(node, input, frame) }
        return result
    }

    private func fallback(
        _ kind: Fallback,
        _ left: Node,
        _ right: Node,
        _ input: Value,
        _ frame: Frame
    ) throws(ExpressionError) -> Value {
        let value = try evaluate(left, input, frame)
        let holds =
            switch kind {
            case .whenUndefined: !value.isUndefined
            case .whenFalse: try isTrue(value)
            }
        return holds ? value : try evaluate(right, input, frame)
    }

    func lookup(_ variable: Variable, _ frame: Frame) -> Value {
        if let value = frame.lookup(variable.symbol) { return value }
        if let value = bindings[variable.name] { return Value(value) }
        if let host = environment.functions[variable.name] { return .function(Function(.host(host))) }
        guard let builtin = variable.builtin, environment.allowsEval || builtin !== Builtin.eval else {
            return .undefined
        }
        return .function(builtin.function)
    }

    func bind(_ symbol: Symbol, _ value: Value, in frame: Frame) {
        frame.bind(symbol, value)
        // Functions hold frames and frames hold functions: those frames are emptied at the end.
        if value.mayHoldFrame { tracked.track(frame) }
    }

    /// The frame of a call, with the arguments by the names of the parameters.
    func frame(of lambda: Lambda, _ arguments: [Value], _ parent: Frame) -> Frame {
        var values = arguments
        let count = lambda.parameters.count
        if values.count > count { values.removeLast(values.count - count) }
        while values.count < count { values.append(.undefined) }
        let frame = Frame(parent: parent, lambda.parameters, values)
        if values.contains(where: \.mayHoldFrame) { tracked.track(frame) }
        return frame
    }

    /// Goes one level deeper in something that calls itself.
    func enter() throws(ExpressionError) {
        depth += 1
        guard depth <= environment.budget.depth else {
            depth -= 1
            throw .budget("\(environment.budget.depth) levels")
        }
    }

    func leave() { depth -= 1 }
}

extension Evaluator {
    /// A sequence of one item is that item, one of none is undefined.
    private func collapse(_ value: Value) -> Value {
        guard case .array(let list) = value, list.flags.contains(.sequence) else { return value }
        switch list.items.count {
        case 0: return .undefined
        case 1: return list.flags.contains(.keepsSingleton) ? value : list.items[0]
        default: return value
        }
    }

    private func keepingSingleton(_ value: Value) -> Value {
        guard case .array(let list) = value, list.flags.contains(.sequence) else { return value }
        return .array(list.with(list.flags.union(.keepsSingleton)))
    }

    /// An array that the evaluation has built; refused when it is too much or too deep.
    func makeArray(_ items: [Value], _ flags: List.Flags = []) throws(ExpressionError) -> Value {
        try charge(bytes: 24 * items.count)
        let list = List(items, flags: flags)
        try check(depth: list.depth)
        return .array(list)
    }

    /// Values too deep would need too deep a stack to be written, compared and freed.
    func check(depth: Int) throws(ExpressionError) {
        guard depth <= nestingLimit else { throw .budget("\(nestingLimit) levels in one value") }
    }
}

/// The deepest nesting of arrays and objects that an expression may build.
let nestingLimit = 400

/// The frames that may be part of cycles with the functions in them.
private struct TrackedFrames {
    private var frames: [Frame] = []
    private var limit = 1_024

    mutating func track(_ frame: Frame) {
        guard !frame.isTracked else { return }
        frame.isTracked = true
        frames.append(frame)
        if frames.count >= limit { compact() }
    }

    /// Lets go of the frames that nothing else holds, so that a long loop takes no memory.
    private mutating func compact() {
        var kept: [Frame] = []
        while var frame = frames.popLast() {
            if !isKnownUniquelyReferenced(&frame) { kept.append(frame) }
        }
        frames = kept.reversed()
        limit = max(1_024, 2 * frames.count)
    }

    mutating func clear() {
        for frame in frames { frame.clear() }
        frames = []
    }
}
