/// Follows an expression without evaluating it, to tell what it reads of its input.
///
/// Every node gets an alias: which parts of the input its value may be. A part counts as read when something
/// is made of it — an operator, a function, the result — and not when a longer path only goes through it.
struct ReadsAnalysis {
    /// A part of the input; below an open one it is not known which part.
    private struct Origin: Hashable {
        var path: [String] = []
        var isOpen = false
    }

    private typealias Alias = Set<Origin>

    private static let root: Alias = [Origin()]
    /// More origins than this are read at once and followed no further.
    private static let aliasLimit = 64

    private var reads = Reads()
    private var scopes: [[Symbol: Alias]] = [[:]]

    static func reads(of node: Node) -> Reads {
        var analysis = ReadsAnalysis()
        analysis.read(analysis.visit(node, root))
        return analysis.reads
    }

    /// Takes note that everything below an alias is read.
    private mutating func read(_ alias: Alias) {
        for origin in alias {
            if origin.path.isEmpty {
                reads.readsEverything = true
            } else {
                reads.paths.insert(origin.path)
            }
        }
    }

    /// Visits a node whose value something is made of.
    private mutating func use(_ node: Node, _ context: Alias) {
        read(visit(node, context))
    }

    private mutating func visit(_ node: Node, _ context: Alias) -> Alias {
        let alias = visitKind(node, context)
        for predicate in node.predicates { use(predicate, alias) }
        guard let grouping = node.grouping else { return alias }
        visit(grouping, alias)
        return []
    }

    private mutating func visitKind(_ node: Node, _ context: Alias) -> Alias {
        switch node.kind {
        case .constant, .regex: return []
        case .context: return context
        case .root: return Self.root
        case .wildcard, .descendant: return Set(context.map { Origin(path: $0.path, isOpen: true) })
        case .name(let name): return member(name, of: context)
        case .parent(let symbol): return lookup(symbol)
        case .variable(let variable): return lookup(variable.symbol)
        case .path(let path): return visit(path, context)
        case .array(let items, _): return limit(items.reduce(into: []) { $0.formUnion(visit($1, context)) })
        case .bind(let symbol, let value): return bind(symbol, visit(value, context))
        case .block(let nodes, let bindsVariables): return visit(nodes, bindsVariables, context)
        case .condition(let test, let then, let other):
            use(test, context)
            let alias = visit(then, context)
            return limit(alias.union(other.map { visit($0, context) } ?? []))
        case .fallback(_, let left, let right):
            let alias = visit(left, context)
            read(alias)
            return limit(alias.union(visit(right, context)))
        default:
            visitMaker(node, context)
            return []
        }
    }

    /// Nodes that make something new of what they are given.
    private mutating func visitMaker(_ node: Node, _ context: Alias) {
        switch node.kind {
        case .binary(_, let left, let right):
            use(left, context)
            use(right, context)
        case .negate(let operand): use(operand, context)
        case .object(let grouping): visit(grouping, context)
        case .call(let call), .tailCall(let call): visit(call, context, argumentsBefore: 0)
        case .lambda(let lambda):
            scopes.append(Dictionary(lambda.parameters.map { ($0, []) }) { first, _ in first })
            use(lambda.body, context)
            scopes.removeLast()
        case .apply(let left, let right):
            use(left, context)
            if case .call(let call) = right.kind {
                visit(call, context, argumentsBefore: 1)
            } else {
                use(right, context)
            }
        case .transform(let transform):
            for part in [transform.pattern, transform.update, transform.deletion] {
                if let part { use(part, []) }
            }
        case .sort(let terms): for term in terms { use(term.expression, context) }
        default: break
        }
    }

    private mutating func visit(_ call: Call, _ context: Alias, argumentsBefore: Int) {
        use(call.procedure, context)
        for case let argument? in call.arguments { use(argument, context) }
        guard case .variable(let variable) = call.procedure.kind, let builtin = variable.builtin else {
            return
        }
        if builtin === Builtin.eval { reads.readsEverything = true }
        // An argument that is left out is the context, where the signature says so.
        let wanted = builtin.signature.parameters.count { !$0.isOptional }
        let takesContext = builtin.signature.parameters.contains { $0.takesContext }
        if takesContext, call.arguments.count + argumentsBefore < wanted { read(context) }
    }

    private mutating func visit(_ nodes: [Node], _ bindsVariables: Bool, _ context: Alias) -> Alias {
        if bindsVariables { scopes.append([:]) }
        defer { if bindsVariables { scopes.removeLast() } }
        var last: Alias = []
        for (index, node) in nodes.enumerated() {
            last = visit(node, context)
            if case .bind = node.kind { continue }
            if index < nodes.count - 1 { read(last) }
        }
        return last
    }

    private mutating func visit(_ grouping: Grouping, _ context: Alias) {
        for pair in grouping.pairs {
            use(pair.key, context)
            use(pair.value, context)
        }
    }

    private mutating func visit(_ path: Path, _ context: Alias) -> Alias {
        var alias = context
        for (index, step) in path.steps.enumerated() {
            if index == 0, context != Self.root, case .name(let name) = step.node.kind {
                reads.relativeReads.append(RelativeRead(name: name, position: step.node.position))
            }
            let before = alias
            if case .sort = step.node.kind {
                _ = visit(step.node, alias)
            } else {
                alias = visit(step.node, alias)
            }
            if let label = step.ancestor { _ = bind(label, before) }
            if let symbol = step.index { _ = bind(symbol, []) }
            for stage in step.stages {
                switch stage {
                case .filter(let predicate): use(predicate, alias)
                case .index(let symbol): _ = bind(symbol, [])
                }
            }
            if let focus = step.focus {
                _ = bind(focus, alias)
                alias = before
            }
        }
        guard let grouping = path.grouping else { return alias }
        visit(grouping, alias)
        return []
    }

    private func member(_ name: String, of alias: Alias) -> Alias {
        Set(alias.map { $0.isOpen ? $0 : Origin(path: $0.path + [name]) })
    }

    /// Binds a variable.
    ///
    /// One that is bound again may be either, wherever a function sees it.
    private mutating func bind(_ symbol: Symbol, _ alias: Alias) -> Alias {
        if scopes.contains(where: { $0[symbol] != nil }) { read(alias) }
        scopes[scopes.count - 1][symbol] = limit(alias.union(lookup(symbol)))
        return alias
    }

    private func lookup(_ symbol: Symbol) -> Alias {
        for scope in scopes.reversed() {
            if let alias = scope[symbol] { return alias }
        }
        return []
    }

    private mutating func limit(_ alias: Alias) -> Alias {
        guard alias.count > Self.aliasLimit else { return alias }
        read(alias)
        return []
    }
}
