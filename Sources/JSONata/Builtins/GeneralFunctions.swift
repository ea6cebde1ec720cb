extension Builtin {
    static let generalFunctions: [Builtin] = [
        define("boolean", "<x-:b>") { (evaluator, arguments) throws(ExpressionError) in
            arguments[0].isUndefined ? .undefined : .bool(try evaluator.isTrue(arguments[0]))
        },
        define("not", "<x-:b>") { (evaluator, arguments) throws(ExpressionError) in
            arguments[0].isUndefined ? .undefined : .bool(try !evaluator.isTrue(arguments[0]))
        },
        define("exists", "<x:b>") { (_, arguments) throws(ExpressionError) in .bool(!arguments[0].isUndefined)
        },
        define("type", "<x:s>") { (_, arguments) throws(ExpressionError) in
            arguments[0].type.name.map { .string($0) } ?? .undefined
        },
        define("clone", "<(oa)-:o>") { (evaluator, arguments) throws(ExpressionError) in
            try evaluator.copy(arguments[0])
        },
        define("error", "<s?:x>") { (_, arguments) throws(ExpressionError) in
            throw ExpressionError(.raised, expected: arguments.string(0) ?? "$error() function evaluated")
        },
        define("assert", "<bs?:x>", arity: 2) { (evaluator, arguments) throws(ExpressionError) in
            guard try !evaluator.isTrue(arguments[0]) else { return .undefined }
            throw ExpressionError(
                .assertionFailed,
                expected: arguments.string(1) ?? "$assert() statement failed"
            )
        },
        define("eval", "<sx?:x>", arity: 2) { (evaluator, arguments) throws(ExpressionError) in
            guard let source = arguments.string(0) else { return .undefined }
            let focus = arguments[1].isUndefined ? arguments.context : arguments[1]
            return try evaluator.evaluate(source: source, focus)
        },
    ]
}
