extension Builtin {
    static let objectFunctions: [Builtin] = [
        define("keys", "<x-:a<s>>") { (evaluator, arguments) throws(ExpressionError) in
            var keys: [String] = []
            var seen: Set<String> = []
            try evaluator.gatherKeys(of: arguments[0], &keys, &seen)
            return try evaluator.makeArray(keys.map { .string($0) }, .sequence)
        },
        define("lookup", "<x-s:x>", arity: 2) { (evaluator, arguments) throws(ExpressionError) in
            guard let key = arguments.string(1) else { return .undefined }
            return try evaluator.lookup(key, in: arguments[0])
        },
        define("spread", "<x-:a<o>>") { (evaluator, arguments) throws(ExpressionError) in
            guard arguments[0].isArray || arguments[0].isObject else { return arguments[0] }
            var members: [Value] = []
            try evaluator.spread(arguments[0], into: &members)
            return try evaluator.makeArray(members, arguments[0].isObject ? .sequence : [])
        },
        define("merge", "<a<o>:o>") { (evaluator, arguments) throws(ExpressionError) in
            guard let items = arguments.items(0) else { return .undefined }
            let merged = Record()
            for item in items {
                guard let members = item.members else { continue }
                try evaluator.tick(members.keys.count)
                try evaluator.charge(bytes: 48 * members.keys.count)
                for (key, value) in zip(members.keys, members.values) { merged[key] = value }
            }
            try evaluator.check(depth: merged.depth)
            return .object(merged)
        },
    ]
}

extension Evaluator {
    fileprivate func gatherKeys(
        of value: Value,
        _ keys: inout [String],
        _ seen: inout Set<String>
    ) throws(ExpressionError) {
        try tick()
        try enter()
        defer { leave() }
        if let items = value.items {
            for item in items { try gatherKeys(of: item, &keys, &seen) }
        } else if let members = value.members {
            for key in members.keys where seen.insert(key).inserted { keys.append(key) }
        }
    }

    fileprivate func spread(_ value: Value, into spread: inout [Value]) throws(ExpressionError) {
        try tick()
        try enter()
        defer { leave() }
        if let items = value.items {
            for item in items { try self.spread(item, into: &spread) }
        } else if let members = value.members {
            try charge(bytes: 100 * members.keys.count)
            for (key, value) in zip(members.keys, members.values) {
                let record = Record([(key, value)])
                try check(depth: record.depth)
                spread.append(.object(record))
            }
        } else {
            spread.append(value)
        }
    }
}
