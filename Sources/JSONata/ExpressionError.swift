public import JSON

/// Why an expression could not be parsed or evaluated.
///
/// Codes are those of JSONata 2: `S…` syntax, `T…` types, `D…` dynamic. Beyond them there are
/// `ExpressionBudget` (a limit was reached) and `ExpressionUndefined` (a value was required).
public struct ExpressionError: Error, Sendable {
    public enum Kind: Sendable, Hashable {
        case syntax
        case evaluation
        case budget
        case undefined
    }

    // One word, so that it is thrown in a register: with its members inline, every `try` of the evaluator
    // would have room for them all on the stack, and recursion would reach a third as deep.
    fileprivate let facts: Facts

    fileprivate final class Facts: Sendable {
        let code: String
        let position: Int?
        let token: String?
        let value: JSONValue?
        let message: String
        /// What else the message says, by which it is written anew when the token becomes known.
        let expected: String

        init(
            _ code: String,
            _ position: Int?,
            _ token: String?,
            _ value: JSONValue?,
            _ message: String,
            _ expected: String
        ) {
            self.code = code
            self.position = position
            self.token = token
            self.value = value
            self.message = message
            self.expected = expected
        }
    }

    /// An error with a message of its own, for host functions above all.
    public init(
        code: String,
        message: String,
        position: Int? = nil,
        token: String? = nil,
        value: JSONValue? = nil
    ) {
        facts = Facts(code, position, token, value, message, "")
    }

    fileprivate init(facts: Facts) {
        self.facts = facts
    }

    public var code: String { facts.code }
    /// Where, as the offset behind the token concerned, in UTF-16 units as the suite of the language counts.
    public var position: Int? { facts.position }
    /// The operator, name or function concerned.
    public var token: String? { facts.token }
    /// The value concerned, where it can be written as JSON.
    public var value: JSONValue? { facts.value }
    public var message: String { facts.message }

    public var kind: Kind {
        switch code {
        case Self.budgetCode: .budget
        case Self.undefinedCode: .undefined
        default: code.hasPrefix("S0") ? .syntax : .evaluation
        }
    }

    public static let budgetCode = "ExpressionBudget"
    public static let undefinedCode = "ExpressionUndefined"
}

extension ExpressionError: CustomStringConvertible {
    public var description: String {
        let place = position.map { " at offset \($0)" } ?? ""
        return "\(code)\(place): \(message)"
    }
}

extension ExpressionError {
    /// An error of the language, with its message from the catalogue.
    init(
        _ code: ErrorCode,
        position: Int? = nil,
        token: String? = nil,
        value: JSONValue? = nil,
        expected: String = ""
    ) {
        let message = code.message(token: token, value: value, expected: expected)
        facts = Facts(code.rawValue, position, token, value, message, expected)
    }

    static func budget(_ what: String) -> ExpressionError {
        ExpressionError(code: budgetCode, message: "The expression needs more than its budget of \(what)")
    }

    /// The same error in a text that begins so many units later.
    func moved(by offset: Int) -> ExpressionError {
        let place = (position ?? 0) + offset
        return ExpressionError(facts: Facts(code, place, token, value, message, facts.expected))
    }

    /// The same error, with a place where it had none.
    func at(_ position: Int, token: String?) -> ExpressionError {
        guard self.position == nil || self.token == nil else { return self }
        var message = message
        if self.token == nil, token != nil, let code = ErrorCode(rawValue: code), code.namesToken {
            message = code.message(token: token, value: value, expected: facts.expected)
        }
        let place = self.position ?? position
        return ExpressionError(
            facts: Facts(code, place, self.token ?? token, value, message, facts.expected)
        )
    }
}

extension ExpressionError: Hashable {
    public static func == (left: ExpressionError, right: ExpressionError) -> Bool {
        left.code == right.code && left.position == right.position && left.token == right.token
            && left.value == right.value && left.message == right.message
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(position)
        hasher.combine(message)
    }
}
