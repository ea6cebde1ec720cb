extension Builtin {
    static let higherOrderFunctions: [Builtin] = [
        define("map", "<af>", arity: 2) { (evaluator, arguments) throws(ExpressionError) in
            guard let items = arguments.items(0), let function = arguments.function(1) else {
                return .undefined
            }
            var results: [Value] = []
            for (index, item) in items.enumerated() {
                let result = try evaluator.callBack(function, item, Value(count: index), arguments[0])
                if !result.isUndefined { results.append(result) }
            }
            return try evaluator.makeArray(results, .sequence)
        },
        define("filter", "<af>", arity: 2) { (evaluator, arguments) throws(ExpressionError) in
            guard let items = arguments.items(0), let function = arguments.function(1) else {
                return .undefined
            }
            var results: [Value] = []
            for (index, item) in items.enumerated() {
                let result = try evaluator.callBack(function, item, Value(count: index), arguments[0])
                if try evaluator.isTrue(result) { results.append(item) }
            }
            return try evaluator.makeArray(results, .sequence)
        },
        define("single", "<af?>", arity: 2) { (evaluator, arguments) throws(ExpressionError) in
            guard let items = arguments.items(0) else { return .undefined }
            return try evaluator.single(items, arguments)
        },
        define("reduce", "<afj?:j>", arity: 3) { (evaluator, arguments) throws(ExpressionError) in
            guard let items = arguments.items(0), let function = arguments.function(1) else {
                return .undefined
            }
            guard function.arity >= 2 else { throw ExpressionError(.reduceArity) }
            var result = arguments[2].isUndefined ? items.first ?? .undefined : arguments[2]
            for index in items.indices.dropFirst(arguments[2].isUndefined ? 1 : 0) {
                let place = Value(count: index)
                result = try evaluator.callBack(function, result, items[index], place, arguments[0])
            }
            return result
        },
        define("each", "<o-f:a>", arity: 2) { (evaluator, arguments) throws(ExpressionError) in
            guard let members = arguments[0].members, let function = arguments.function(1) else {
                return .undefined
            }
            var results: [Value] = []
            for (key, value) in zip(members.keys, members.values) {
                let result = try evaluator.callBack(function, value, .string(key), arguments[0])
                if !result.isUndefined { results.append(result) }
            }
            return try evaluator.makeArray(results, .sequence)
        },
        define("sift", "<o-f?:o>", arity: 2) { (evaluator, arguments) throws(ExpressionError) in
            guard let members = arguments[0].members, let function = arguments.function(1) else {
                return .undefined
            }
            let sifted = Record()
            for (key, value) in zip(members.keys, members.values) {
                let result = try evaluator.callBack(function, value, .string(key), arguments[0])
                if try evaluator.isTrue(result) { sifted[key] = value }
            }
            return sifted.keys.isEmpty ? .undefined : .object(sifted)
        },
    ]
}

extension Evaluator {
    fileprivate func single(_ items: Items, _ arguments: Arguments) throws(ExpressionError) -> Value {
        var found: Value?
        for (index, item) in items.enumerated() {
            if let function = arguments.function(1) {
                let result = try callBack(function, item, Value(count: index), arguments[0])
                guard try isTrue(result) else { continue }
            }
            guard found == nil else { throw ExpressionError(.singleMatchedMore) }
            found = item
        }
        guard let found else { throw ExpressionError(.singleMatchedNone) }
        return found
    }
}
