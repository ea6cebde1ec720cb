extension Builtin {
    static let formatFunctions: [Builtin] = [
        define("formatNumber", "<n-so?:s>", arity: 3) { (_, arguments) throws(ExpressionError) in
            guard let number = arguments.number(0), let text = arguments.string(1) else { return .undefined }
            let picture = try NumberPicture(text, symbols: NumberSymbols(options: arguments[2]))
            return .string(picture.format(number))
        },
        define("formatBase", "<n-n?:s>", arity: 2) { (_, arguments) throws(ExpressionError) in
            guard let number = arguments.number(0) else { return .undefined }
            let radix = arguments.number(1).map { Rounding.round($0) } ?? 10
            guard (2...36).contains(radix) else {
                throw ExpressionError(.radix, value: NumberText.json(radix))
            }
            return .string(digits(of: arguments[0], Rounding.round(number), radix: Int(radix)))
        },
        define("formatInteger", "<n-s:s>", arity: 2) { (_, arguments) throws(ExpressionError) in
            guard let number = arguments.number(0), let text = arguments.string(1) else { return .undefined }
            return .string(try IntegerPicture(text).format(number.rounded(.down)))
        },
        define("parseInteger", "<s-s:n>", arity: 2) { (_, arguments) throws(ExpressionError) in
            guard let text = arguments.string(0), let picture = arguments.string(1) else { return .undefined }
            return try IntegerPicture(picture).parse(text).map { .number($0) } ?? .undefined
        },
    ]

    private static func digits(of value: Value, _ number: Double, radix: Int) -> String {
        if case .integer(let integer) = value { return String(integer, radix: radix) }
        if let integer = Int64(exactly: number) { return String(integer, radix: radix) }
        guard radix != 10, number.isFinite else { return NumberText.text(number) }
        var digits = ""
        var rest = number.magnitude
        while rest >= 1 {
            let digit = rest.truncatingRemainder(dividingBy: Double(radix))
            digits = String(Int(digit), radix: radix) + digits
            rest = ((rest - digit) / Double(radix)).rounded(.down)
        }
        return (number < 0 ? "-" : "") + digits
    }
}
