public import JSON

/// Why an expression could not be parsed or evaluated.
///
/// Codes are those of JSONata 2: `S…` syntax, `T…` types, `D…` dynamic. Beyond them there are
/// `ExpressionBudget` (a limit was reached) and `ExpressionUndefined` (a value was required).
public struct ExpressionError: Error, Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case syntax
        case evaluation
        case budget
        case undefined
    }

    public var kind: Kind
    public var code: String
    /// Where, as the offset behind the token concerned, in UTF-16 units as the suite of the language counts.
    public var position: Int?
    /// The operator, name or function concerned.
    public var token: String?
    /// The value concerned, where it can be written as JSON.
    public var value: JSONValue?
    public var message: String

    /// An error with a message of its own, for host functions above all.
    public init(
        code: String,
        message: String,
        position: Int? = nil,
        token: String? = nil,
        value: JSONValue? = nil
    ) {
        self.kind =
            switch code {
            case Self.budgetCode: .budget
            case Self.undefinedCode: .undefined
            default: code.hasPrefix("S0") ? .syntax : .evaluation
            }
        self.code = code
        self.position = position
        self.token = token
        self.value = value
        self.message = message
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
        self.init(
            code: code.rawValue,
            message: code.message(token: token, value: value, expected: expected),
            position: position,
            token: token,
            value: value
        )
    }

    static func budget(_ what: String) -> ExpressionError {
        ExpressionError(code: budgetCode, message: "The expression needs more than its budget of \(what)")
    }

    /// The same error, with a place where it had none.
    func at(_ position: Int, token: String?) -> ExpressionError {
        guard self.position == nil || self.token == nil else { return self }
        var error = self
        error.position = self.position ?? position
        guard self.token == nil, let token else { return error }
        error.token = token
        if let code = ErrorCode(rawValue: self.code), code.namesToken {
            error.message = code.message(token: token, value: value, expected: "")
        }
        return error
    }
}
