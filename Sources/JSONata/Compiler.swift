import PCRE

/// Freezes resolved drafts into nodes: names become symbols, regular expressions are compiled.
struct Compiler {
    private(set) var names: Names
    /// How many bindings the block or function at hand has so far; without any, a block needs no frame.
    private var bindings = 0

    init(names: Names) {
        self.names = names
    }

    mutating func compile(_ draft: Draft) throws(ExpressionError) -> Node {
        let kind = try kind(of: draft)
        let isPath = draft.steps != nil
        var predicates: [Node] = []
        for predicate in draft.predicates ?? [] { predicates.append(try compile(predicate)) }
        return Node(
            kind,
            at: draft.position,
            predicates: predicates,
            grouping: isPath ? nil : try grouping(draft.grouping),
            keepsArray: draft.keepsArray
        )
    }

    private mutating func kind(of draft: Draft) throws(ExpressionError) -> Node.Kind {
        switch draft.kind {
        case .name(let name): return .name(name)
        case .variable(let name): return variable(name)
        case .constant(let constant): return .constant(constant)
        case .regex(let pattern, let flags): return .regex(try regex(pattern, flags, at: draft.position))
        case .wildcard: return .wildcard
        case .descendant: return .descendant
        case .parent(let slot): return .parent(names.symbol(slot.label))
        case .path(let steps): return .path(try path(steps, draft))
        case .sort(let terms): return .sort(try sortTerms(terms))
        case .binary(let op, let left, let right): return .binary(op, try compile(left), try compile(right))
        case .negate(let operand): return .negate(try compile(operand))
        case .array(let items): return .array(try compile(items), isConstructed: draft.isConstructedArray)
        case .object(let pairs):
            let grouping = Draft.Grouping(pairs: pairs, position: draft.position)
            return .object(try compile(grouping))
        case .call(let procedure, let arguments):
            let call = try call(procedure, arguments)
            return draft.isTailCall ? .tailCall(call) : .call(call)
        case .lambda(let parameters, let signature, let body):
            let symbols = parameters.map { names.symbol($0) }
            let outer = bindings
            defer { bindings = outer }
            return .lambda(Lambda(parameters: symbols, signature: signature, body: try compile(body)))
        case .condition(let test, let then, let other):
            return .condition(try compile(test), try compile(then), try compile(other))
        case .fallback(let kind, let left, let right):
            return .fallback(kind, try compile(left), try compile(right))
        case .block(let expressions):
            let outer = bindings
            defer { bindings = outer }
            let nodes = try compile(expressions)
            return .block(nodes, bindsVariables: bindings > outer)
        case .bind(let name, let value):
            bindings += 1
            return .bind(names.symbol(name), try compile(value))
        case .apply(let left, let right): return .apply(try compile(left), try compile(right))
        case .transform(let pattern, let update, let deletion):
            let deletion = try compile(deletion)
            return .transform(
                Transform(pattern: try compile(pattern), update: try compile(update), deletion: deletion)
            )
        case .end, .map, .filter, .group, .order, .focus, .index:
            throw ExpressionError(.unexpectedEnd, position: draft.position, token: draft.token)
        }
    }

    private mutating func compile(_ draft: Draft?) throws(ExpressionError) -> Node? {
        guard let draft else { return nil }
        return try compile(draft)
    }

    private mutating func compile(_ drafts: [Draft]) throws(ExpressionError) -> [Node] {
        var nodes: [Node] = []
        for draft in drafts { nodes.append(try compile(draft)) }
        return nodes
    }

    private mutating func variable(_ name: String) -> Node.Kind {
        switch name {
        case "": .context
        case "$": .root
        default: .variable(Variable(name: name, symbol: names.symbol(name), builtin: Builtin.named[name]))
        }
    }

    private func regex(_ source: String, _ flags: String, at position: Int) throws(ExpressionError)
        -> CompiledRegex
    {
        var options: Pattern.Options = []
        if flags.contains("i") { options.insert(.caseInsensitive) }
        if flags.contains("m") { options.insert(.multiline) }
        do {
            return CompiledRegex(pattern: try Pattern(source, options: options), source: source)
        } catch {
            let reason =
                switch error {
                case .syntax(let message, _): message
                case .limit(let message): message
                }
            throw ExpressionError(.badRegex, position: position, token: source, expected: reason)
        }
    }

    private mutating func call(_ procedure: Draft, _ arguments: [Draft?]) throws(ExpressionError) -> Call {
        var nodes: [Node?] = []
        for argument in arguments { nodes.append(try compile(argument)) }
        let name = procedure.steps?.first?.token ?? procedure.token
        return Call(
            procedure: try compile(procedure),
            arguments: nodes,
            name: name,
            isPartial: arguments.contains { $0 == nil }
        )
    }

    private mutating func path(_ steps: [Draft], _ draft: Draft) throws(ExpressionError) -> Path {
        var compiled: [Step] = []
        for step in steps { compiled.append(try self.step(step)) }
        return Path(
            steps: compiled,
            names: draft.keepsSingletonArray || draft.keepsArray ? nil : Self.names(compiled),
            keepsSingletonArray: draft.keepsSingletonArray || draft.keepsArray,
            carriesTuples: draft.carriesTuples,
            hasTupleSteps: steps.contains(where: \.carriesTuples),
            startsAtVariable: steps.first.map(\.isVariable) ?? false,
            grouping: try grouping(draft.grouping)
        )
    }

    private static func names(_ steps: [Step]) -> [String]? {
        var names: [String] = []
        for (index, step) in steps.enumerated() {
            guard step.stages.isEmpty, !step.carriesTuples, step.node.isPlain else { return nil }
            switch step.node.kind {
            case .name(let name): names.append(name)
            case .variable where index == 0, .context where index == 0, .root where index == 0: continue
            default: return nil
            }
        }
        return names
    }

    private mutating func step(_ draft: Draft) throws(ExpressionError) -> Step {
        var stages: [Stage] = []
        for stage in draft.stages ?? [] {
            switch stage {
            case .filter(let predicate): stages.append(.filter(try compile(predicate)))
            case .index(let name): stages.append(.index(names.symbol(name)))
            }
        }
        return Step(
            node: try compile(draft),
            stages: stages,
            isConstructedArray: draft.isConstructedArray,
            carriesTuples: draft.carriesTuples,
            focus: draft.focus.map { names.symbol($0) },
            index: draft.index.map { names.symbol($0) },
            ancestor: draft.ancestor.map { names.symbol($0.label) }
        )
    }

    private mutating func grouping(_ grouping: Draft.Grouping?) throws(ExpressionError) -> Grouping? {
        guard let grouping else { return nil }
        return try compile(grouping)
    }

    private mutating func compile(_ grouping: Draft.Grouping) throws(ExpressionError) -> Grouping {
        var pairs: [(key: Node, value: Node)] = []
        for pair in grouping.pairs { pairs.append((try compile(pair.key), try compile(pair.value))) }
        return Grouping(pairs: pairs, position: grouping.position)
    }

    private mutating func sortTerms(_ terms: [Draft.Term]) throws(ExpressionError) -> [SortTerm] {
        var compiled: [SortTerm] = []
        for term in terms {
            compiled.append(
                SortTerm(expression: try compile(term.expression), isDescending: term.isDescending)
            )
        }
        return compiled
    }
}

/// The names of variables of an expression, each with its symbol.
struct Names: Sendable {
    private var symbols: [String: Symbol] = [:]

    mutating func symbol(_ name: String) -> Symbol {
        if let symbol = symbols[name] { return symbol }
        let symbol = Symbol(symbols.count)
        symbols[name] = symbol
        return symbol
    }

    /// The symbol of a name that an expression uses; nil for any other.
    func known(_ name: String) -> Symbol? { symbols[name] }
}

extension Draft {
    fileprivate var isVariable: Bool {
        if case .variable = kind { true } else { false }
    }
}
