import JSON

/// A function as a value.
final class Function {
    enum Kind {
        case lambda(Lambda, input: Value, frame: Frame)
        case builtin(Builtin)
        case host(HostFunction)
        case regex(CompiledRegex)
        /// The matches behind one that a regular expression has found.
        case nextMatch(CompiledRegex, Subject, from: Int)
        case partial(Function, [Value?])
        case composed(Function, Function)
        case transform(Transform, frame: Frame)
        /// A call in tail position, put off until its caller's frame is gone.
        case thunk(Call, input: Value, frame: Frame, position: Int)
    }

    let kind: Kind
    let depth: Int

    init(_ kind: Kind) {
        self.kind = kind
        depth =
            switch kind {
            case .partial(let function, let arguments):
                arguments.reduce(function.depth) { max($0, $1?.depth ?? 0) } + 1
            case .composed(let first, let second): max(first.depth, second.depth) + 1
            default: 1
            }
    }

    /// Whether the function has closed over variables.
    var mayHoldFrame: Bool {
        switch kind {
        case .builtin, .host, .regex, .nextMatch: false
        default: true
        }
    }

    /// The number of parameters, by which higher-order functions decide what to pass.
    var arity: Int {
        switch kind {
        case .lambda(let lambda, _, _): lambda.parameters.count
        case .builtin(let builtin): builtin.arity
        case .host(let host): host.arity
        case .regex: 2
        case .nextMatch, .thunk: 0
        case .partial(_, let arguments): arguments.count { $0 == nil }
        case .composed, .transform: 1
        }
    }
}

/// The variables of one block or call.
final class Frame {
    let parent: Frame?
    /// Whether the evaluation knows this frame as one that may be part of a cycle.
    var isTracked = false
    private var symbols: [Symbol] = []
    private var values: [Value] = []

    init(parent: Frame?) {
        self.parent = parent
    }

    /// The frame of a call: as many values as symbols.
    init(parent: Frame?, _ symbols: [Symbol], _ values: [Value]) {
        self.parent = parent
        self.symbols = symbols
        self.values = values
    }

    func bind(_ symbol: Symbol, _ value: Value) {
        if let index = symbols.firstIndex(of: symbol) {
            values[index] = value
        } else {
            symbols.append(symbol)
            values.append(value)
        }
    }

    func lookup(_ symbol: Symbol) -> Value? {
        var frame: Frame? = self
        while let current = frame {
            if let index = current.symbols.firstIndex(of: symbol) { return current.values[index] }
            frame = current.parent
        }
        return nil
    }

    func clear() {
        symbols = []
        values = []
    }
}

/// An item of a path and what the steps before have bound: `@$v`, `#$i`, and parents by their labels.
struct Tuple {
    var value: Value
    var bindings: [(symbol: Symbol, value: Value)] = []

    mutating func bind(_ symbol: Symbol, _ value: Value) {
        if let index = bindings.firstIndex(where: { $0.symbol == symbol }) {
            bindings[index].value = value
        } else {
            bindings.append((symbol, value))
        }
    }
}

/// A name of a variable, by its place in the names of an evaluation.
typealias Symbol = Int32
