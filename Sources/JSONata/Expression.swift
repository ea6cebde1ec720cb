public import JSON

/// An expression of JSONata 2, parsed once and evaluated as often as wanted, from any thread.
///
/// The language: <https://docs.jsonata.org>. Integers that no arithmetic touches keep all their digits; all
/// other numbers are doubles.
public struct Expression: Sendable {
    public let source: String
    /// What the expression reads of its input, told without evaluating it.
    public let reads: Reads

    private let root: Node
    private let names: Names
    private let shortcut: Shortcut?

    /// Parses an expression.
    ///
    /// - Throws: an error of kind `syntax` with code, position and token; of kind `budget` when the text
    ///   nests too deeply.
    public init(parsing source: String) throws(ExpressionError) {
        self.source = source
        var compiler = Compiler(names: Names())
        root = try compiler.compile(Resolver.resolveRoot(Parser.parse(source)))
        names = compiler.names
        shortcut = Shortcut(root)
        reads = ReadsAnalysis.reads(of: root)
    }

    /// Evaluates the expression.
    ///
    /// - Parameters:
    ///   - input: the document; nil is undefined.
    ///   - bindings: variables by name, without `$`.
    ///   - environment: clock, seed, budget and functions.
    /// - Returns: nil for undefined.
    /// - Throws: the error of the language, `ExpressionBudget` when a limit is reached, `ExpressionUndefined`
    ///   when there is no value and the environment requires one.
    public func evaluate(
        _ input: JSONValue?,
        bindings: [String: JSONValue] = [:],
        in environment: Environment = .init()
    ) throws(ExpressionError) -> JSONValue? {
        let result = try value(input, bindings, environment)
        if result == nil && environment.requiresValue {
            throw ExpressionError(code: ExpressionError.undefinedCode, message: "\(source) yields nothing")
        }
        return result
    }

    private func value(
        _ input: JSONValue?,
        _ bindings: [String: JSONValue],
        _ environment: Environment
    ) throws(ExpressionError) -> JSONValue? {
        if let shortcut, case .known(let value) = shortcut.evaluate(input) { return value }
        let evaluator = Evaluator(
            input: Value(input),
            bindings: bindings,
            names: names,
            environment: environment
        )
        return try evaluator.run(root)
    }
}

/// Expressions that need no evaluator: a constant, and a path of names over objects.
private enum Shortcut: Sendable {
    case constant(JSONValue)
    case path([String])

    enum Outcome {
        case known(JSONValue?)
        /// The path meets an array, over which it must spread.
        case unknown
    }

    init?(_ node: Node) {
        guard node.isPlain else { return nil }
        switch node.kind {
        case .constant(let constant):
            guard let value = Value(constant).errorValue, Self.isWhole(constant) else { return nil }
            self = .constant(value)
        case .path(let path):
            guard let names = Self.names(path) else { return nil }
            self = .path(names)
        default: return nil
        }
    }

    /// Long strings are cut short for errors; they take the long way.
    private static func isWhole(_ constant: Constant) -> Bool {
        if case .string(let text) = constant { text.utf8.count <= 200 } else { true }
    }

    private static func names(_ path: Path) -> [String]? {
        guard !path.keepsSingletonArray, !path.hasTupleSteps, path.grouping == nil else { return nil }
        var names: [String] = []
        for (index, step) in path.steps.enumerated() {
            guard step.stages.isEmpty, step.node.isPlain else { return nil }
            switch step.node.kind {
            case .name(let name): names.append(name)
            case .context where index == 0, .root where index == 0: continue
            default: return nil
            }
        }
        return names
    }

    func evaluate(_ input: JSONValue?) -> Outcome {
        switch self {
        case .constant(let value): return .known(value)
        case .path(let names):
            guard var value = input else { return .known(nil) }
            for name in names {
                switch value {
                case .object(let object):
                    guard let member = object[name] else { return .known(nil) }
                    value = member
                case .array: return .unknown
                default: return .known(nil)
                }
            }
            return .known(value)
        }
    }
}
