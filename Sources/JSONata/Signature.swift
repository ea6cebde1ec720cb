import JSON

/// The parameters of a function, as in `<s-n?:s>`: their types, and which may be left out.
///
/// Letters: `s` string, `n` number, `b` boolean, `l` null, `o` object, `a` array, `f` function, `j` any JSON,
/// `x` anything, `(sn)` a choice; behind them `-` "else the context", `?` "may be missing", `+` "one or more".
struct Signature: Sendable {
    struct Parameter: Sendable {
        var types: Set<Character>
        var isArray = false
        /// The type of the items of an array.
        var itemType: Character?
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

    private static let anything = Set<Character>("asnblfom")

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
            case "s", "n", "b", "l", "o": parameters.append(Parameter(types: [symbol, "m"]))
            case "a": parameters.append(Parameter(types: anything, isArray: true))
            case "f": parameters.append(Parameter(types: ["f"]))
            case "j": parameters.append(Parameter(types: anything.subtracting("f")))
            case "x": parameters.append(Parameter(types: anything))
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
            return Parameter(types: Set(types).union("m"))
        }

        private mutating func itemType(
            of index: Int,
            in parameters: inout [Parameter]
        ) throws(ExpressionError) {
            guard index >= 0, parameters[index].isArray || parameters[index].types == ["f"] else {
                throw ExpressionError(.typeParameter, position: position)
            }
            let types = inside("<", ">")
            if parameters[index].isArray { parameters[index].itemType = types.first }
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
        let symbols = arguments.map(\.typeSymbol)
        var counts: [Int] = []
        guard match(symbols, 0, 0, &counts) else { throw mismatch(symbols, arguments) }
        var validated: [Value] = []
        validated.reserveCapacity(parameters.count)
        var next = 0
        for (parameter, count) in zip(parameters, counts) {
            if count == 0 {
                if parameter.takesContext {
                    guard parameter.types.contains(context.typeSymbol) else {
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
                    validated.append(try parameter.accept(arguments[next], symbols[next], index: next))
                } else {
                    validated.append(.undefined)
                }
                next += 1
            }
        }
        return validated
    }

    /// Matches symbols to parameters greedily with backtracking, as a regular expression would.
    private func match(_ symbols: [Character], _ parameter: Int, _ symbol: Int, _ counts: inout [Int]) -> Bool
    {
        guard parameter < parameters.count else { return symbol == symbols.count }
        let wanted = parameters[parameter]
        let most = wanted.isRepeated ? symbols.count - symbol : 1
        var available = 0
        while available < most, symbol + available < symbols.count,
            wanted.types.contains(symbols[symbol + available])
        {
            available += 1
        }
        let least = wanted.isOptional || wanted.takesContext ? 0 : 1
        var count = available
        while count >= least {
            counts.append(count)
            if match(symbols, parameter + 1, symbol + count, &counts) { return true }
            counts.removeLast()
            count -= 1
        }
        return false
    }

    /// The first argument at which no beginning of the signature matches any more.
    private func mismatch(_ symbols: [Character], _ arguments: [Value]) -> ExpressionError {
        var matched = 0
        for parameter in parameters {
            var count = 0
            while matched + count < symbols.count, count == 0 || parameter.isRepeated,
                parameter.types.contains(symbols[matched + count])
            {
                count += 1
            }
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
    fileprivate func accept(_ argument: Value, _ symbol: Character, index: Int) throws(ExpressionError)
        -> Value
    {
        guard isArray, symbol != "m" else { return argument }
        if let itemType {
            guard symbol == "a" ? argument.allItems(are: itemType) : symbol == itemType else {
                throw Signature.error(.arrayMismatch, index: index, value: argument)
            }
        }
        return symbol == "a" ? argument : .array(List([argument]))
    }
}
