/// A word of an expression, with the offset behind it in UTF-16 units.
struct Token {
    enum Kind: Equatable {
        case op(String)
        case name(String)
        case variable(String)
        case constant(Constant)
        case regex(pattern: String, flags: String)
        case end
    }

    var kind: Kind
    var position: Int
}

/// A value written out in an expression.
enum Constant: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
}

extension Constant {
    var isNumber: Bool {
        switch self {
        case .integer, .number: true
        default: false
        }
    }

    var negated: Constant {
        switch self {
        case .integer(let value): value == 0 ? .number(-0.0) : .integer(-value)
        case .number(let value): .number(-value)
        default: self
        }
    }
}

extension Token {
    /// The word as an error shows it.
    var text: String {
        switch kind {
        case .op(let op): op
        case .name(let name), .variable(let name): name
        case .constant(let constant): Value(constant).displayText
        case .regex(let pattern, let flags): "/\(pattern)/\(flags)"
        case .end: "(end)"
        }
    }

    func isOperator(_ op: String) -> Bool { kind == .op(op) }
}
