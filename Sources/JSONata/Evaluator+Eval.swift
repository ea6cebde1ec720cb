extension Evaluator {
    /// `$eval`: parses and evaluates an expression within this evaluation, in the frame of the caller.
    func evaluate(source: String, _ focus: Value) throws(ExpressionError) -> Value {
        try tick(1 + source.utf8.count)
        var compiler = Compiler(names: names)
        let node: Node
        do {
            node = try compiler.compile(Resolver.resolveRoot(Parser.parse(source)))
        } catch {
            guard error.kind != .budget else { throw error }
            throw ExpressionError(.evalSyntax, value: .string(source), expected: error.description)
        }
        names = compiler.names
        var context = focus
        if let items = focus.items, !focus.isSequence {
            context = .array(List([.array(List(items))], flags: [.sequence, .wrapsInput]))
        }
        do {
            return try nested { () throws(ExpressionError) in
                try evaluate(node, context, callerFrame ?? Frame(parent: nil))
            }
        } catch {
            guard error.kind != .budget else { throw error }
            throw ExpressionError(.evalFailed, value: .string(source), expected: error.description)
        }
    }
}
