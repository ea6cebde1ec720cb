extension Builtin {
    static let dateFunctions: [Builtin] = [
        define("now", "<s?s?:s>", arity: 2) { (evaluator, arguments) throws(ExpressionError) in
            let now = Double(evaluator.environment.nowMillis)
            return .string(try format(now, arguments.string(0), timezone: arguments.string(1)))
        },
        define("millis", "<:n>", arity: 0) { (evaluator, _) throws(ExpressionError) in
            .integer(evaluator.environment.nowMillis)
        },
        define("fromMillis", "<n-s?s?:s>", arity: 3) { (_, arguments) throws(ExpressionError) in
            guard let millis = arguments.number(0) else { return .undefined }
            return .string(try format(millis, arguments.string(1), timezone: arguments.string(2)))
        },
        define("toMillis", "<s-s?:n>", arity: 2) { (evaluator, arguments) throws(ExpressionError) in
            guard let text = arguments.string(0) else { return .undefined }
            guard let picture = arguments.string(1) else {
                guard let millis = Timestamp.millis(text) else {
                    throw ExpressionError(.badTimestamp, value: .string(text))
                }
                return .number(millis)
            }
            let now = CalendarDate(millis: Double(evaluator.environment.nowMillis))
            return try DatePicture(picture).parse(text, now: now).map { .number($0) } ?? .undefined
        },
    ]

    private static func format(
        _ millis: Double,
        _ picture: String?,
        timezone: String?
    ) throws(ExpressionError) -> String {
        // The range of dates of ECMAScript: 100 million days on either side of 1970.
        guard millis.magnitude <= 8.64e15 else {
            throw ExpressionError(.resultOutOfRange, value: NumberText.json(millis))
        }
        return try DatePicture(picture ?? DatePicture.iso8601).format(millis, timezone: timezone)
    }
}
