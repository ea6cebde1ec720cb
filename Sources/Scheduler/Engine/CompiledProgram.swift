import JSON
import Linux

/// A program of a definition, parsed once.
struct CompiledProgram: Sendable {
    private enum Form: Sendable {
        case constant(Payload)
        case expression(any Expression)
        /// Validation refuses such a program; should one come by, its step fails.
        case broken(StepError)
    }

    private let form: Form
    /// What it reads of its context.
    let reads: Reads

    init(_ program: Program) {
        if program.isConstant {
            form = .constant(Payload(program.source))
            reads = Reads()
            return
        }
        do {
            let expression = try program.parse()
            form = .expression(expression)
            reads = expression.reads
        } catch {
            form = .broken(error)
            reads = Reads()
        }
    }

    /// The value in a context; nil when the program yields nothing.
    func evaluate(in context: JSONValue, now: Timestamp) throws(StepError) -> JSONValue? {
        switch form {
        case .constant(let payload): payload.value
        case .expression(let expression): try expression.evaluate(in: context, now: now)
        case .broken(let error): throw error
        }
    }

    /// The value of a program that reads nothing, serialized already.
    var constant: Payload? {
        if case .constant(let payload) = form { payload } else { nil }
    }
}

/// What a program reads: the names at the root of its context, and of `steps` which.
struct Reads: Sendable, Hashable {
    var names: Set<String> = []
    var steps: Set<String> = []
    /// It reads `steps` as a whole, or by a name that is computed.
    var allSteps = false
    /// It reads the context as a whole.
    var everything = false
}

/// A parsed program of some language.
protocol Expression: Sendable {
    var reads: Reads { get }
    /// - Throws: a ``StepError`` of type `ExpressionError` or `ExpressionBudget`.
    func evaluate(in context: JSONValue, now: Timestamp) throws(StepError) -> JSONValue?
}

extension Program {
    /// A template without any `${`: it is its own value.
    var isConstant: Bool {
        language == .template && !source.mentions("${")
    }
}

extension JSONValue {
    /// Whether any text in the document has `mark` in it.
    fileprivate func mentions(_ mark: String) -> Bool {
        switch self {
        case .string(let text): text.contains(mark)
        case .array(let elements): elements.contains { $0.mentions(mark) }
        case .object(let object): object.values.contains { $0.mentions(mark) }
        case .null, .bool, .integer, .real: false
        }
    }
}
