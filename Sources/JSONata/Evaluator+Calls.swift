import JSON

/// Calling functions, whatever kind they are of.
extension Evaluator {
    func evaluateCall(
        _ call: Call,
        _ node: Node,
        _ input: Value,
        _ frame: Frame,
        first: Value? = nil
    ) throws(ExpressionError) -> Value {
        if let builtin = builtin(called: call, frame) {
            return try evaluateBuiltin(builtin, call, node, input, frame, first: first)
        }
        let procedure = try evaluate(call.procedure, input, frame)
        let isPartial = call.isPartial
        if case .undefined = procedure { try explainMissing(call, isPartial, node, frame) }
        guard case .function(let function) = procedure else {
            let code: ErrorCode = isPartial ? .partialOfNoFunction : .notAFunction
            throw ExpressionError(
                code,
                position: node.position,
                token: call.name,
                value: procedure.errorValue
            )
        }
        if isPartial {
            var arguments: [Value?] = []
            for argument in call.arguments {
                arguments.append(
                    try argument.map { (node) throws(ExpressionError) in
                        try evaluate(node, input, frame)
                    }
                )
            }
            return try partial(function, arguments)
        }
        let arguments = try evaluateArguments(call, input, frame, first: first)
        callerFrame = frame
        do {
            return try self.call(function, arguments, context: input)
        } catch {
            throw error.at(node.position, token: call.name)
        }
    }

    /// The built-in function that a call names, when nothing hides it: called without making it a value.
    private func builtin(called call: Call, _ frame: Frame) -> Builtin? {
        guard !call.isPartial, case .variable(let variable) = call.procedure.kind, call.procedure.isPlain,
            let builtin = variable.builtin, builtin !== Builtin.eval, frame.lookup(variable.symbol) == nil,
            bindings[variable.name] == nil, environment.functions[variable.name] == nil
        else { return nil }
        return builtin
    }

    private func evaluateBuiltin(
        _ builtin: Builtin,
        _ call: Call,
        _ node: Node,
        _ input: Value,
        _ frame: Frame,
        first: Value?
    ) throws(ExpressionError) -> Value {
        try tick(2)
        let arguments = try evaluateArguments(call, input, frame, first: first)
        do {
            let validated = try builtin.signature.validate(arguments, context: input)
            return try builtin.body(self, Arguments(validated, context: input))
        } catch {
            throw error.at(node.position, token: call.name)
        }
    }

    private func evaluateArguments(
        _ call: Call,
        _ input: Value,
        _ frame: Frame,
        first: Value?
    ) throws(ExpressionError) -> [Value] {
        var arguments: [Value] = []
        arguments.reserveCapacity(call.arguments.count + 1)
        if let first { arguments.append(first) }
        for case let argument? in call.arguments { arguments.append(try evaluate(argument, input, frame)) }
        return arguments
    }

    /// `sum(x)` where `$sum(x)` must be meant gets an error that says so.
    private func explainMissing(
        _ call: Call,
        _ isPartial: Bool,
        _ node: Node,
        _ frame: Frame
    ) throws(ExpressionError) {
        guard case .path = call.procedure.kind else { return }
        let isKnown =
            bindings[call.name] != nil || environment.functions[call.name] != nil
            || Builtin.named[call.name] != nil || names.known(call.name).flatMap { frame.lookup($0) } != nil
        guard isKnown else { return }
        let code: ErrorCode = isPartial ? .partialOfNoFunctionDidYouMean : .notAFunctionDidYouMean
        throw ExpressionError(code, position: node.position, token: call.name)
    }

    private func partial(_ function: Function, _ arguments: [Value?]) throws(ExpressionError) -> Value {
        let partial = Function(.partial(function, arguments))
        try check(depth: partial.depth)
        return .function(partial)
    }

    /// Calls a function; a call in tail position at its end is made here, in a loop, not on the stack.
    func call(_ function: Function, _ arguments: [Value], context: Value) throws(ExpressionError) -> Value {
        var function = function
        var arguments = arguments
        var context = context
        while true {
            guard case .lambda(let lambda, let input, let outer) = function.kind else {
                return try callNative(function, arguments, context: context)
            }
            if let signature = lambda.signature {
                arguments = try signature.validate(arguments, context: context)
            }
            try tick(arguments.contains(where: \.mayHoldFrame) ? 6 : 3)
            let result = try evaluate(lambda.body, input, frame(of: lambda, arguments, outer))
            guard case .function(let next) = result,
                case .thunk(let call, let thunkInput, let thunkFrame, let position) = next.kind
            else { return result }
            let procedure = try evaluate(call.procedure, thunkInput, thunkFrame)
            guard case .function(let callee) = procedure else {
                throw ExpressionError(.notAFunction, position: position, token: call.name)
            }
            function = callee
            arguments = try evaluateArguments(call, thunkInput, thunkFrame, first: nil)
            context = thunkInput
        }
    }

    private func callNative(
        _ function: Function,
        _ arguments: [Value],
        context: Value
    ) throws(ExpressionError) -> Value {
        try enter()
        defer { leave() }
        switch function.kind {
        case .builtin(let builtin):
            let validated = try builtin.signature.validate(arguments, context: context)
            return try builtin.body(self, Arguments(validated, context: context))
        case .host(let host): return try callHost(host, arguments, context: context)
        case .regex(let regex): return try match(regex, arguments)
        case .nextMatch(let regex, let subject, let offset):
            return try matchObject(regex, subject, from: offset, isFirst: false)
        case .partial(let inner, let bound):
            var rest = arguments[...]
            let filled = bound.map { $0 ?? rest.popFirst() ?? .undefined }
            return try call(inner, filled, context: context)
        case .composed(let inner, let outer):
            return try call(outer, [try call(inner, arguments, context: context)], context: context)
        case .transform(let transform, let frame):
            return try self.transform(arguments.first ?? .undefined, transform, frame)
        case .lambda, .thunk: return .undefined
        }
    }

    private func callHost(
        _ host: HostFunction,
        _ arguments: [Value],
        context: Value
    ) throws(ExpressionError) -> Value {
        let validated = try host.signature?.validate(arguments, context: context) ?? arguments
        var passed: [JSONValue?] = []
        for argument in validated { passed.append(try json(argument)) }
        return Value(try host.body(passed))
    }

    /// `left ~> right`: the function on the right applied to the left, or both composed.
    func apply(
        _ left: Node,
        _ right: Node,
        _ node: Node,
        _ input: Value,
        _ frame: Frame
    ) throws(ExpressionError) -> Value {
        let value = try evaluate(left, input, frame)
        if case .call(let call) = right.kind, right.isPlain, !call.isPartial {
            return try evaluateCall(call, right, input, frame, first: value)
        }
        guard case .function(let function) = try evaluate(right, input, frame) else {
            throw ExpressionError(.applyNoFunction, position: node.position, token: "~>")
        }
        do {
            guard case .function(let first) = value else {
                return try call(function, [value], context: .undefined)
            }
            let composed = Function(.composed(first, function))
            try check(depth: composed.depth)
            return .function(composed)
        } catch {
            throw error.at(node.position, token: "~>")
        }
    }

    /// Calls a function from a higher-order one, with as many of the arguments as it has parameters.
    func callBack(_ function: Function, _ arguments: Value...) throws(ExpressionError) -> Value {
        try tick()
        let count = Swift.max(1, Swift.min(arguments.count, function.arity))
        return try nested { () throws(ExpressionError) in
            try call(function, Array(arguments.prefix(count)), context: .undefined)
        }
    }
}
