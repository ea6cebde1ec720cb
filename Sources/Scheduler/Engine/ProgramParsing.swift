import JSON
import Linux

extension Program {
    /// Parses the program in its language.
    func parse() throws(StepError) -> any Expression {
        throw StepError(type: ErrorType.expressionError, message: "expressions cannot be evaluated yet")
    }
}

extension JSONValue {
    /// A duration as `sleep` takes it: `1h30m`, or milliseconds.
    var durationMilliseconds: Int64? {
        switch self {
        case .integer(let milliseconds) where milliseconds >= 0: milliseconds
        case .string(let text): DurationText.milliseconds(text)
        default: nil
        }
    }
}
