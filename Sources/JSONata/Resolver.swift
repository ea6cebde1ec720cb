/// Turns the tree as parsed into the tree that can be evaluated.
///
/// Chains of `.` become paths of steps, predicates and bindings move to the steps they belong to, calls in
/// tail position are marked, and every `%` finds the step whose input it names (`Ancestry`).
enum Resolver {
    /// Resolves a whole expression, outside of which no parent can be found.
    static func resolveRoot(_ draft: Draft) throws(ExpressionError) -> Draft {
        let root = try resolve(draft)
        var isWanting = !root.wantedParents.isEmpty
        if case .parent = root.kind { isWanting = true }
        guard !isWanting else {
            throw ExpressionError(.noParent, position: root.position, token: root.typeName)
        }
        return root
    }

    private static func resolve(_ draft: Draft) throws(ExpressionError) -> Draft {
        let resolved = try resolveKind(draft)
        if draft.keepsArray { resolved.keepsArray = true }
        return resolved
    }

    private static func resolveKind(_ draft: Draft) throws(ExpressionError) -> Draft {
        switch draft.kind {
        case .name: return namePath(draft)
        case .map(let left, let right): return try path(left, right)
        case .filter(let left, let predicate): return try filter(left, predicate, draft)
        case .group(let left, let pairs): return try group(left, pairs, draft)
        case .order(let left, let terms): return try order(left, terms, draft)
        case .focus(let left, let variable): return try focus(left, variable, draft)
        case .index(let left, let variable): return try index(left, variable)
        case .end: throw ExpressionError(.unexpectedEnd, position: draft.position, token: draft.token)
        case .negate(let operand): return try negate(operand, draft)
        case .lambda(let parameters, let signature, let body):
            let body = try resolve(body)
            markTailCall(body)
            return Draft(.lambda(parameters, signature, body), at: draft.position)
        default: return try resolveParts(draft)
        }
    }

    /// Nodes that stay what they are, over resolved parts.
    private static func resolveParts(_ draft: Draft) throws(ExpressionError) -> Draft {
        var parts: [Draft] = []
        func part(_ child: Draft) throws(ExpressionError) -> Draft {
            let resolved = try resolve(child)
            parts.append(resolved)
            return resolved
        }
        let result: Draft
        switch draft.kind {
        case .binary(let op, let left, let right):
            result = Draft(.binary(op, try part(left), try part(right)), at: draft.position)
        case .fallback(let kind, let left, let right):
            result = Draft(.fallback(kind, try part(left), try part(right)), at: draft.position)
        case .condition(let test, let then, let other):
            let kind = Draft.Kind.condition(try part(test), try part(then), try other.map(part))
            result = Draft(kind, at: draft.position)
        case .array(let items):
            result = Draft(.array(try items.map(part)), at: draft.position)
        case .object(let pairs):
            result = Draft(.object(try resolve(pairs, part)), at: draft.position)
        case .call(let procedure, let arguments):
            let arguments = try arguments.map { (child) throws(ExpressionError) in try child.map(part) }
            result = Draft(.call(try resolve(procedure), arguments), at: draft.position)
        case .block(let expressions):
            result = Draft(.block(try expressions.map(part)), at: draft.position)
            result.isConstructedArray = parts.contains { $0.startsWithConstructedArray }
        case .bind(let name, let value):
            result = Draft(.bind(name, try part(value)), at: draft.position)
        case .apply(let left, let right):
            result = Draft(.apply(try resolve(left), try resolve(right)), at: draft.position)
        case .transform(let pattern, let update, let deletion):
            let kind = Draft.Kind.transform(
                try resolve(pattern),
                try resolve(update),
                try deletion.map(resolve)
            )
            result = Draft(kind, at: draft.position)
        default:
            return draft
        }
        for part in parts { Ancestry.pass(from: part, to: result) }
        return result
    }

    private static func resolve(
        _ pairs: [Draft.Pair],
        _ part: (Draft) throws(ExpressionError) -> Draft
    ) throws(ExpressionError) -> [Draft.Pair] {
        var resolved: [Draft.Pair] = []
        for pair in pairs {
            resolved.append(Draft.Pair(key: try part(pair.key), value: try part(pair.value)))
        }
        return resolved
    }

    private static func namePath(_ draft: Draft) -> Draft {
        let result = Draft(.path([draft]), at: draft.position)
        result.keepsSingletonArray = draft.keepsArray
        return result
    }

    private static func negate(_ operand: Draft, _ draft: Draft) throws(ExpressionError) -> Draft {
        let operand = try resolve(operand)
        if case .constant(let constant) = operand.kind, constant.isNumber {
            operand.kind = .constant(constant.negated)
            return operand
        }
        let result = Draft(.negate(operand), at: draft.position)
        Ancestry.pass(from: operand, to: result)
        return result
    }

    /// Marks the calls whose result is the function's result, so that they need no stack.
    private static func markTailCall(_ draft: Draft) {
        switch draft.kind {
        case .call(_, let arguments):
            let isPlain = draft.predicates == nil && draft.grouping == nil && !draft.keepsArray
            draft.isTailCall = isPlain && !arguments.contains { $0 == nil }
        case .condition(_, let then, let other):
            markTailCall(then)
            if let other { markTailCall(other) }
        case .fallback(_, _, let right): markTailCall(right)
        case .block(let expressions):
            if let last = expressions.last { markTailCall(last) }
        default: break
        }
    }
}

extension Resolver {
    private static func path(_ left: Draft, _ right: Draft) throws(ExpressionError) -> Draft {
        let first = try resolve(left)
        let result = first.steps == nil ? Draft(.path([first]), at: first.position) : first
        if case .parent(let slot) = first.kind { result.wantedParents = [slot] }
        let rest = try resolve(right)
        var steps = result.steps ?? []
        if let more = rest.steps {
            steps += more
        } else {
            if let predicates = rest.predicates {
                rest.stages = predicates.map { .filter($0) }
                rest.predicates = nil
            }
            steps.append(rest)
        }
        for step in steps {
            guard case .constant(let constant) = step.kind else { continue }
            guard case .string(let name) = constant else {
                throw ExpressionError(
                    .literalStep,
                    position: step.position,
                    value: Value(constant).errorValue
                )
            }
            step.kind = .name(name)
        }
        if steps.contains(where: \.keepsArray) { result.keepsSingletonArray = true }
        for step in [steps.first, steps.last] where step?.isArrayConstructor == true {
            step?.isConstructedArray = true
        }
        result.kind = .path(steps)
        try Ancestry.resolve(result)
        return result
    }

    private static func filter(
        _ left: Draft,
        _ predicate: Draft,
        _ draft: Draft
    ) throws(ExpressionError) -> Draft {
        let result = try resolve(left)
        let step = result.steps?.last ?? result
        guard step.grouping == nil else {
            throw ExpressionError(.predicateAfterGroup, position: draft.position)
        }
        let predicate = try resolve(predicate)
        for slot in predicate.wantedParents {
            if slot.level == 1 {
                try Ancestry.seek(slot, in: step)
            } else {
                slot.level -= 1
            }
        }
        if !predicate.wantedParents.isEmpty { Ancestry.pass(from: predicate, to: step) }
        if result.steps == nil {
            step.predicates = (step.predicates ?? []) + [predicate]
        } else {
            step.stages = (step.stages ?? []) + [.filter(predicate)]
        }
        return result
    }

    private static func group(
        _ left: Draft,
        _ pairs: [Draft.Pair],
        _ draft: Draft
    ) throws(ExpressionError) -> Draft {
        let result = try resolve(left)
        guard result.grouping == nil else { throw ExpressionError(.secondGroup, position: draft.position) }
        result.grouping = Draft.Grouping(pairs: try resolve(pairs, resolve), position: draft.position)
        return result
    }

    private static func order(
        _ left: Draft,
        _ terms: [Draft.Term],
        _ draft: Draft
    ) throws(ExpressionError) -> Draft {
        let inner = try resolve(left)
        let result = inner.steps == nil ? Draft(.path([inner]), at: inner.position) : inner
        var resolved: [Draft.Term] = []
        for term in terms {
            resolved.append(
                Draft.Term(expression: try resolve(term.expression), isDescending: term.isDescending)
            )
        }
        let sort = Draft(.sort(resolved), at: draft.position)
        for term in resolved { Ancestry.pass(from: term.expression, to: sort) }
        result.kind = .path((result.steps ?? []) + [sort])
        try Ancestry.resolve(result)
        return result
    }

    private static func focus(
        _ left: Draft,
        _ variable: String,
        _ draft: Draft
    ) throws(ExpressionError) -> Draft {
        let result = try resolve(left)
        let step = result.steps?.last ?? result
        guard step.stages == nil, step.predicates == nil else {
            throw ExpressionError(.focusAfterPredicate, position: draft.position)
        }
        if case .sort = step.kind { throw ExpressionError(.focusAfterSort, position: draft.position) }
        if draft.keepsArray { step.keepsArray = true }
        step.focus = variable
        step.carriesTuples = true
        return result
    }

    private static func index(_ left: Draft, _ variable: String) throws(ExpressionError) -> Draft {
        let inner = try resolve(left)
        var result = inner
        let step = inner.steps?.last ?? inner
        if inner.steps == nil {
            result = Draft(.path([inner]), at: inner.position)
            step.stages = step.predicates?.map { .filter($0) }
            step.predicates = nil
        }
        if let stages = step.stages {
            step.stages = stages + [.index(variable)]
        } else {
            step.index = variable
        }
        step.carriesTuples = true
        return result
    }
}

extension Draft {
    fileprivate var startsWithConstructedArray: Bool {
        isConstructedArray || steps?.first?.isConstructedArray == true
    }
}
