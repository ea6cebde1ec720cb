/// The operators between values.
extension Evaluator {
    func binary(
        _ op: Operator,
        _ left: Node,
        _ right: Node,
        _ node: Node,
        _ input: Value,
        _ frame: Frame
    ) throws(ExpressionError) -> Value {
        let first = try evaluate(left, input, frame)
        switch op {
        case .and:
            guard try isTrue(first) else { return .bool(false) }
            return .bool(try isTrue(evaluate(right, input, frame)))
        case .or:
            guard try !isTrue(first) else { return .bool(true) }
            return .bool(try isTrue(evaluate(right, input, frame)))
        default:
            let second = try evaluate(right, input, frame)
            do {
                return try apply(op, first, second)
            } catch {
                throw error.at(node.position, token: op.rawValue)
            }
        }
    }

    private func apply(_ op: Operator, _ left: Value, _ right: Value) throws(ExpressionError) -> Value {
        switch op {
        case .add, .subtract, .multiply, .divide, .remainder: return try arithmetic(op, left, right)
        case .equal:
            guard !left.isUndefined, !right.isUndefined else { return .bool(false) }
            return .bool(try equal(left, right))
        case .notEqual:
            guard !left.isUndefined, !right.isUndefined else { return .bool(false) }
            return .bool(try !equal(left, right))
        case .less, .lessOrEqual, .greater, .greaterOrEqual: return try compare(op, left, right)
        case .concatenate: return .string(try concatenate(left, right))
        case .includes: return .bool(try includes(left, in: right))
        case .range: return try range(left, right)
        case .and, .or: return .undefined
        }
    }

    private func arithmetic(_ op: Operator, _ left: Value, _ right: Value) throws(ExpressionError) -> Value {
        guard left.isUndefined || left.double != nil else {
            throw ExpressionError(.leftNotNumber, token: op.rawValue, value: left.errorValue)
        }
        guard right.isUndefined || right.double != nil else {
            throw ExpressionError(.rightNotNumber, token: op.rawValue, value: right.errorValue)
        }
        guard let first = left.double, let second = right.double else { return .undefined }
        guard first.isFinite, second.isFinite else { throw ExpressionError(.resultOutOfRange) }
        return switch op {
        case .add: .number(first + second)
        case .subtract: .number(first - second)
        case .multiply: .number(first * second)
        case .divide: .number(first / second)
        default: .number(first.truncatingRemainder(dividingBy: second))
        }
    }

    private func compare(_ op: Operator, _ left: Value, _ right: Value) throws(ExpressionError) -> Value {
        for value in [left, right] where !value.isUndefined && value.double == nil && value.string == nil {
            throw ExpressionError(.compareType, token: op.rawValue, value: value.errorValue)
        }
        guard !left.isUndefined, !right.isUndefined else { return .undefined }
        guard left.type == right.type else {
            throw ExpressionError(.compareMismatch, token: op.rawValue, value: left.errorValue)
        }
        let order = Self.order(left, right)
        return switch op {
        case .less: .bool(order < 0)
        case .lessOrEqual: .bool(order <= 0)
        case .greater: .bool(order > 0)
        default: .bool(order >= 0)
        }
    }

    /// Negative, zero or positive; for two numbers or two strings.
    static func order(_ left: Value, _ right: Value) -> Int {
        if case .integer(let first) = left, case .integer(let second) = right {
            return first < second ? -1 : first > second ? 1 : 0
        }
        if let first = left.double, let second = right.double {
            return first < second ? -1 : first > second ? 1 : 0
        }
        return TextOrder.compare(left.string ?? "", right.string ?? "")
    }

    private func concatenate(_ left: Value, _ right: Value) throws(ExpressionError) -> String {
        let first = left.isUndefined ? "" : try text(of: left)
        let second = right.isUndefined ? "" : try text(of: right)
        try charge(bytes: first.utf8.count + second.utf8.count)
        return first + second
    }

    private func includes(_ value: Value, in array: Value) throws(ExpressionError) -> Bool {
        guard !value.isUndefined, !array.isUndefined else { return false }
        let items = array.itemsOrSelf
        try tick(items.count)
        for item in items where try equal(item, value) { return true }
        return false
    }

    private func range(_ left: Value, _ right: Value) throws(ExpressionError) -> Value {
        let first = try integer(left, .rangeStart)
        let last = try integer(right, .rangeEnd)
        guard let first, let last, first <= last else { return .undefined }
        let (count, overflow) = last.subtractingReportingOverflow(first)
        guard !overflow, count < 10_000_000 else {
            throw ExpressionError(.rangeTooLong, value: .real(Double(last) - Double(first) + 1))
        }
        return .array(List(Items(integersFrom: first, count: Int(count) + 1), flags: .sequence))
    }

    private func integer(_ value: Value, _ code: ErrorCode) throws(ExpressionError) -> Int64? {
        switch value {
        case .undefined: return nil
        case .integer(let integer): return integer
        case .number(let number):
            guard let integer = Int64(exactly: number) else {
                throw ExpressionError(code, value: value.errorValue)
            }
            return integer
        default: throw ExpressionError(code, value: value.errorValue)
        }
    }

    func negate(
        _ operand: Node,
        _ node: Node,
        _ input: Value,
        _ frame: Frame
    ) throws(ExpressionError) -> Value {
        let value = try evaluate(operand, input, frame)
        guard !value.isUndefined else { return .undefined }
        guard let number = value.double else {
            throw ExpressionError(
                .negateNoNumber,
                position: node.position,
                token: "-",
                value: value.errorValue
            )
        }
        guard number.isFinite else {
            throw ExpressionError(.resultOutOfRange, position: node.position, token: "-")
        }
        if case .integer(let integer) = value, integer != 0, integer != .min { return .integer(-integer) }
        return .number(-number)
    }
}

extension Evaluator {
    /// Truth as `$boolean` judges it; undefined is false.
    func isTrue(_ value: Value) throws(ExpressionError) -> Bool {
        switch value {
        case .undefined, .null, .function: return false
        case .bool(let value): return value
        case .integer(let value): return value != 0
        case .number(let value): return value != 0 && !value.isNaN
        case .string(let value): return !value.isEmpty
        case .jsonObject(let object): return !object.isEmpty
        case .object(let record): return !record.keys.isEmpty
        case .array, .jsonArray, .tuples:
            try enter()
            defer { leave() }
            for item in value.itemsOrSelf {
                try tick()
                if try isTrue(item) { return true }
            }
            return false
        }
    }

    /// Equality in depth; objects whatever the order of their keys.
    func equal(_ left: Value, _ right: Value) throws(ExpressionError) -> Bool {
        try tick()
        switch (left, right) {
        case (.undefined, .undefined), (.null, .null): return true
        case (.bool(let first), .bool(let second)): return first == second
        case (.integer(let first), .integer(let second)): return first == second
        case (.string(let first), .string(let second)): return TextOrder.equal(first, second)
        case (.function(let first), .function(let second)): return first === second
        default: break
        }
        if let first = left.double, let second = right.double { return first == second }
        if let first = left.items, let second = right.items { return try equal(first, second) }
        guard left.isObject, right.isObject, let members = left.members else { return false }
        try enter()
        defer { leave() }
        guard members.keys.count == right.members?.keys.count else { return false }
        for (key, value) in zip(members.keys, members.values) {
            guard try equal(value, right.member(key)) else { return false }
        }
        return true
    }

    private func equal(_ left: Items, _ right: Items) throws(ExpressionError) -> Bool {
        try enter()
        defer { leave() }
        guard left.count == right.count else { return false }
        for (first, second) in zip(left, right) where try !equal(first, second) { return false }
        return true
    }
}

/// Text as the language compares it: by UTF-16 units, never by what looks the same.
enum TextOrder {
    static func equal(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && left == right && left.utf8.elementsEqual(right.utf8)
    }

    static func compare(_ left: String, _ right: String) -> Int {
        for (first, second) in zip(left.utf16, right.utf16) where first != second {
            return first < second ? -1 : 1
        }
        let (first, second) = (left.utf16.count, right.utf16.count)
        return first < second ? -1 : first > second ? 1 : 0
    }
}
