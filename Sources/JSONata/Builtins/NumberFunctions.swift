import Glibc

extension Builtin {
    static let numberFunctions: [Builtin] = [
        define("number", "<(nsb)-:n>") { (_, arguments) throws(ExpressionError) in try number(arguments[0]) },
        rounding("floor", .down),
        rounding("ceil", .up),
        define("round", "<n-n?:n>", arity: 2) { (_, arguments) throws(ExpressionError) in
            guard let number = arguments.number(0) else { return .undefined }
            let decimals = max(-400, min(400, arguments.integer(1) ?? 0))
            if case .integer = arguments[0], decimals >= 0 { return arguments[0] }
            return .number(Rounding.round(number, decimals: decimals))
        },
        define("abs", "<n-:n>") { (_, arguments) throws(ExpressionError) in
            if case .integer(let integer) = arguments[0], integer != .min { return .integer(abs(integer)) }
            return arguments.number(0).map { .number($0.magnitude) } ?? .undefined
        },
        define("sqrt", "<n-:n>") { (_, arguments) throws(ExpressionError) in
            guard let number = arguments.number(0) else { return .undefined }
            guard number >= 0 else {
                throw ExpressionError(.squareRootOfNegative, value: arguments[0].errorValue)
            }
            return .number(number.squareRoot())
        },
        define("power", "<n-n:n>", arity: 2) { (_, arguments) throws(ExpressionError) in
            guard let base = arguments.number(0), let exponent = arguments.number(1) else {
                return .undefined
            }
            let power = pow(base, exponent)
            guard power.isFinite else {
                throw ExpressionError(.powerOutOfRange, value: arguments[0].errorValue)
            }
            return .number(power)
        },
        define("random", "<:n>", arity: 0) { (evaluator, _) throws(ExpressionError) in
            .number(evaluator.random.nextFraction())
        },
        define("sum", "<a<n>:n>") { (evaluator, arguments) throws(ExpressionError) in
            guard let items = arguments.items(0) else { return .undefined }
            return .number(try evaluator.sum(items))
        },
        define("average", "<a<n>:n>") { (evaluator, arguments) throws(ExpressionError) in
            guard let items = arguments.items(0), !items.isEmpty else { return .undefined }
            return .number(try evaluator.sum(items) / Double(items.count))
        },
        define("max", "<a<n>:n>") { (evaluator, arguments) throws(ExpressionError) in
            guard let items = arguments.items(0) else { return .undefined }
            try evaluator.tick(items.count)
            return items.max { Evaluator.order($0, $1) < 0 } ?? .undefined
        },
        define("min", "<a<n>:n>") { (evaluator, arguments) throws(ExpressionError) in
            guard let items = arguments.items(0) else { return .undefined }
            try evaluator.tick(items.count)
            return items.min { Evaluator.order($0, $1) < 0 } ?? .undefined
        },
    ]

    private static func rounding(_ name: String, _ rule: FloatingPointRoundingRule) -> Builtin {
        define(name, "<n-:n>") { (_, arguments) throws(ExpressionError) in
            if case .number(let number) = arguments[0] { return .number(number.rounded(rule)) }
            return arguments[0]
        }
    }

    private static func number(_ value: Value) throws(ExpressionError) -> Value {
        switch value {
        case .undefined, .integer, .number: return value
        case .bool(let bool): return .integer(bool ? 1 : 0)
        case .string(let text):
            if let number = NumeralReader.decimal(text) ?? NumeralReader.prefixed(text) { return number }
            throw ExpressionError(.notANumber, value: value.errorValue)
        default: throw ExpressionError(.notANumber, value: value.errorValue)
        }
    }
}

extension Evaluator {
    fileprivate func sum(_ items: Items) throws(ExpressionError) -> Double {
        try tick(items.count)
        return items.reduce(0) { $0 + ($1.double ?? 0) }
    }
}

/// Numbers written in text, for `$number`.
private enum NumeralReader {
    /// Digits with an optional sign, fraction and exponent, and nothing else.
    static func decimal(_ text: String) -> Value? {
        var rest = Array(text.utf8)[...]
        if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        guard dropDigits(&rest) else { return nil }
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            guard dropDigits(&rest) else { return nil }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest.removeFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
            guard dropDigits(&rest) else { return nil }
        }
        guard rest.isEmpty else { return nil }
        if let integer = Int64(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else { return nil }
        return .number(number)
    }

    /// Hexadecimal, octal and binary: `0x1F`, `0o17`, `0b101`.
    static func prefixed(_ text: String) -> Value? {
        let radix: Int? =
            switch text.prefix(2).lowercased() {
            case "0x": 16
            case "0o": 8
            case "0b": 2
            default: nil
            }
        let digits = text.dropFirst(2)
        guard let radix, let first = digits.first, first != "-", first != "+" else { return nil }
        return Int64(digits, radix: radix).map { .integer($0) }
    }

    private static func dropDigits(_ text: inout ArraySlice<UInt8>) -> Bool {
        let digits = text.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        text = text.dropFirst(digits.count)
        return !digits.isEmpty
    }
}
