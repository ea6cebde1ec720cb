import JSON

/// The parameters of a function, as in `<s-n?:s>`: their types, and which may be left out.
///
/// Letters: `s` string, `n` number, `b` boolean, `l` null, `o` object, `a` array, `f` function, `j` any JSON,
/// `x` anything, `(sn)` a choice; behind them `-` "else the context", `?` "may be missing", `+` "one or
/// more".
struct Signature: Sendable {
    struct Parameter: Sendable {
        var types: ValueType
        var isArray = false
        /// The type of the items of an array.
        var itemType: ValueType?
        var takesContext = false
        var isOptional = false
        var isRepeated = false
    }

    let parameters: [Parameter]

    /// Reads a signature with its angle brackets; the position of an error is an offset in it.
    init(_ text: String) throws(ExpressionError) {
        var reader = Reader(Array(text))
        parameters = try reader.parameters()
    }

    private struct Reader {
        let text: [Character]
        var position = 1

        init(_ text: [Character]) { self.text = text }

        mutating func parameters() throws(ExpressionError) -> [Parameter] {
            var parameters: [Parameter] = []
            while position < text.count, text[position] != ":" {
                try read(text[position], into: &parameters)
                position += 1
            }
            return parameters
        }

        private mutating func read(
            _ symbol: Character,
            into parameters: inout [Parameter]
        ) throws(ExpressionError) {
            let last = parameters.count - 1
            switch symbol {
            case "s", "n", "b", "l", "o":
                parameters.append(Parameter(types: ValueType(letter: symbol)?.union(.missing) ?? .missing))
            case "a": parameters.append(Parameter(types: .all, isArray: true))
            case "f": parameters.append(Parameter(types: .function))
            case "j": parameters.append(Parameter(types: .all.subtracting(.function)))
            case "x": parameters.append(Parameter(types: .all))
            case "-" where last >= 0: parameters[last].takesContext = true
            case "?" where last >= 0: parameters[last].isOptional = true
            case "+" where last >= 0: parameters[last].isRepeated = true
            case "(": parameters.append(try choice())
            case "<": try itemType(of: last, in: &parameters)
            default: break
            }
        }

        private mutating func choice() throws(ExpressionError) -> Parameter {
            let start = position
            let types = inside("(", ")")
            guard !types.contains("<") else {
                throw ExpressionError(.choiceOfParameterizedTypes, position: start)
            }
            return Parameter(
                types: types.reduce(into: .missing) { $0.formUnion(ValueType(letter: $1) ?? []) }
            )
        }

        private mutating func itemType(
            of index: Int,
            in parameters: inout [Parameter]
        ) throws(ExpressionError) {
            guard index >= 0, parameters[index].isArray || parameters[index].types == .function else {
                throw ExpressionError(.typeParameter, position: position)
            }
            let types = inside("<", ">")
            if parameters[index].isArray {
                parameters[index].itemType = types.first.flatMap { ValueType(letter: $0) }
            }
        }

        /// What stands between balanced brackets from here; the position ends on the closing one.
        private mutating func inside(_ open: Character, _ close: Character) -> [Character] {
            let start = position + 1
            var depth = 1
            while depth > 0, position + 1 < text.count {
                position += 1
                if text[position] == open { depth += 1 }
                if text[position] == close { depth -= 1 }
            }
            return Array(text[start..<max(start, position)])
        }
    }
}

extension Signature {
    /// The arguments as the function takes them: the context put in, single values made arrays.
    func validate(_ arguments: [Value], context: Value) throws(ExpressionError) -> [Value] {
        if fits(arguments) { return arguments }
        let types = arguments.map(\.type)
        var counts: [Int] = []
        guard match(types, 0, 0, &counts) else { throw mismatch(types, arguments) }
        var validated: [Value] = []
        validated.reserveCapacity(parameters.count)
        var next = 0
        for (parameter, count) in zip(parameters, counts) {
            if count == 0 {
                if parameter.takesContext {
                    guard parameter.types.contains(context.type) else {
                        throw Self.error(.contextMismatch, index: next, value: context)
                    }
                    validated.append(context)
                } else {
                    // As the suite has it, what did not match is passed all the same, and used up.
                    validated.append(next < arguments.count ? arguments[next] : .undefined)
                    next += 1
                }
            }
            for _ in 0..<count {
                if next < arguments.count {
                    validated.append(try parameter.accept(arguments[next], types[next], index: next))
                } else {
                    validated.append(.undefined)
                }
                next += 1
            }
        }
        return validated
    }

    /// Whether the arguments are what the parameters take, one by one, with nothing to put in or convert.
    private func fits(_ arguments: [Value]) -> Bool {
        guard arguments.count <= parameters.count else { return false }
        for (index, parameter) in parameters.enumerated() {
            guard index < arguments.count else {
                guard parameter.isOptional, !parameter.takesContext else { return false }
                continue
            }
            guard !parameter.isRepeated, parameter.types.contains(arguments[index].type) else { return false }
            guard !parameter.isArray || (parameter.itemType == nil && arguments[index].isArray) else {
                return false
            }
        }
        return true
    }

    /// Matches types to parameters greedily with backtracking, as a regular expression would.
    private func match(_ types: [ValueType], _ parameter: Int, _ type: Int, _ counts: inout [Int]) -> Bool {
        guard parameter < parameters.count else { return type == types.count }
        let wanted = parameters[parameter]
        let most = wanted.isRepeated ? types.count - type : 1
        var count = types[type...].prefix(most).prefix { wanted.types.contains($0) }.count
        let least = wanted.isOptional || wanted.takesContext ? 0 : 1
        while count >= least {
            counts.append(count)
            if match(types, parameter + 1, type + count, &counts) { return true }
            counts.removeLast()
            count -= 1
        }
        return false
    }

    /// The first argument at which no beginning of the signature matches any more.
    private func mismatch(_ types: [ValueType], _ arguments: [Value]) -> ExpressionError {
        var matched = 0
        for parameter in parameters {
            let most = parameter.isRepeated ? types.count : 1
            let count = types[matched...].prefix(most).prefix { parameter.types.contains($0) }.count
            guard count > 0 || parameter.isOptional || parameter.takesContext else { break }
            matched += count
        }
        let value = matched < arguments.count ? arguments[matched] : .undefined
        return Self.error(.argumentMismatch, index: matched, value: value)
    }

    static func error(_ code: ErrorCode, index: Int, value: Value) -> ExpressionError {
        ExpressionError(code, value: value.errorValue, expected: String(index + 1))
    }
}

extension Signature.Parameter {
    fileprivate func accept(
        _ argument: Value,
        _ type: ValueType,
        index: Int
    ) throws(ExpressionError) -> Value {
        guard isArray, type != .missing else { return argument }
        if let itemType {
            guard type == .array ? argument.allItems(are: itemType) : type == itemType else {
                throw Signature.error(.arrayMismatch, index: index, value: argument)
            }
        }
        return type == .array ? argument : .array(List([argument]))
    }
}
