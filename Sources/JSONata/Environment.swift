public import JSON

/// What an evaluation may know of the outside, all given by the caller, so that it can be repeated exactly.
public struct Environment: Sendable {
    /// What `$now()` and `$millis()` say: milliseconds since 1970-01-01T00:00:00Z.
    public var nowMillis: Int64
    /// The seed of `$random()` and `$shuffle()`.
    public var seed: UInt64
    public var budget: Budget
    /// Whether `$eval` exists.
    public var allowsEval: Bool
    /// Whether a result of undefined is the error `ExpressionUndefined`.
    public var requiresValue: Bool
    /// Functions of the host by name, without `$`; they hide built-in ones.
    public var functions: [String: HostFunction]

    public init(
        nowMillis: Int64 = 0,
        seed: UInt64 = 0,
        budget: Budget = .standard,
        allowsEval: Bool = true,
        requiresValue: Bool = false,
        functions: [String: HostFunction] = [:]
    ) {
        self.nowMillis = nowMillis
        self.seed = seed
        self.budget = budget
        self.allowsEval = allowsEval
        self.requiresValue = requiresValue
        self.functions = functions
    }
}

/// How much one evaluation may use.
///
/// Counted, not timed, so that a replay stops at the same place.
public struct Budget: Sendable, Hashable {
    /// Nodes evaluated and items visited.
    public var steps: Int
    /// Evaluations within one another.
    ///
    /// `standard` fits a thread stack of 512 KiB in a release build, of 3 MiB in a debug build.
    public var depth: Int
    /// Bytes of text and arrays built, intermediate ones included.
    public var outputBytes: Int

    public init(steps: Int, depth: Int, outputBytes: Int) {
        self.steps = steps
        self.depth = depth
        self.outputBytes = outputBytes
    }

    public static let standard = Budget(steps: 1_000_000, depth: 400, outputBytes: 64 << 20)
}

/// A function that the caller of an evaluation lends to the expression.
public struct HostFunction: Sendable {
    public typealias Body = @Sendable ([JSONValue?]) throws(ExpressionError) -> JSONValue?

    let signature: Signature?
    let arity: Int
    let body: Body

    /// A function with a signature such as `<s-n?:s>`, by which arguments are checked before the call.
    ///
    /// - Parameters:
    ///   - signature: in the notation of JSONata; nil takes anything.
    ///   - arity: the number of parameters, by which higher-order functions decide what to pass.
    ///   - body: nil stands for undefined, in arguments and in the result.
    /// - Throws: the error `S0401` or `S0402` when the signature is malformed.
    public init(signature: String? = nil, arity: Int = 1, body: @escaping Body) throws(ExpressionError) {
        self.signature = if let signature { try Signature(signature) } else { nil }
        self.arity = arity
        self.body = body
    }
}
