/// What stands in brackets: blocks, arrays, objects, predicates, calls, functions, transforms.
extension Parser {
    mutating func block() throws(ExpressionError) -> [Draft] {
        var expressions: [Draft] = []
        while !token.isOperator(")") {
            expressions.append(try expression(0))
            guard token.isOperator(";") else { break }
            try expect(";")
        }
        try expect(")", infix: true)
        return expressions
    }

    mutating func arrayItems() throws(ExpressionError) -> [Draft] {
        var items: [Draft] = []
        while !token.isOperator("]") || !items.isEmpty {
            var item = try expression(0)
            if token.isOperator("..") {
                let position = token.position
                try expect("..")
                item = Draft(.binary(.range, item, try expression(0)), at: position)
            }
            items.append(item)
            guard token.isOperator(",") else { break }
            try expect(",")
        }
        try expect("]", infix: true)
        return items
    }

    mutating func pairs() throws(ExpressionError) -> [Draft.Pair] {
        var pairs: [Draft.Pair] = []
        while !token.isOperator("}") || !pairs.isEmpty {
            let key = try expression(0)
            try expect(":")
            pairs.append(Draft.Pair(key: key, value: try expression(0)))
            guard token.isOperator(",") else { break }
            try expect(",")
        }
        try expect("}", infix: true)
        return pairs
    }

    /// `a[predicate]`, or `a[]`, which keeps the array of a single value.
    mutating func filter(_ left: Draft, at position: Int) throws(ExpressionError) -> Draft {
        guard !token.isOperator("]") else {
            var step = left
            while case .filter(let inner, _) = step.kind { step = inner }
            step.keepsArray = true
            try expect("]", infix: true)
            return left
        }
        let predicate = try expression(0)
        try expect("]", infix: true)
        return Draft(.filter(left, predicate), at: position)
    }

    mutating func orderTerms() throws(ExpressionError) -> [Draft.Term] {
        try expect("(")
        var terms: [Draft.Term] = []
        repeat {
            if !terms.isEmpty { try expect(",") }
            let isDescending = token.isOperator(">")
            if isDescending || token.isOperator("<") { try advance(infix: false) }
            terms.append(Draft.Term(expression: try expression(0), isDescending: isDescending))
        } while token.isOperator(",")
        try expect(")", infix: true)
        return terms
    }

    mutating func condition(_ left: Draft, at position: Int) throws(ExpressionError) -> Draft {
        let then = try expression(0)
        guard token.isOperator(":") else { return Draft(.condition(left, then, nil), at: position) }
        try expect(":")
        return Draft(.condition(left, then, try expression(0)), at: position)
    }

    mutating func transform(at position: Int) throws(ExpressionError) -> Draft {
        let pattern = try expression(0)
        try expect("|")
        let update = try expression(0)
        var deletion: Draft?
        if token.isOperator(",") {
            try expect(",")
            deletion = try expression(0)
        }
        try expect("|", infix: true)
        return Draft(.transform(pattern, update, deletion), at: position)
    }

    /// A call, a partial application, or — called `function` or `λ` — the definition of a function.
    mutating func call(_ procedure: Draft, at position: Int) throws(ExpressionError) -> Draft {
        var arguments: [Draft?] = []
        while !token.isOperator(")") || !arguments.isEmpty {
            if token.isOperator("?") {
                arguments.append(nil)
                try expect("?")
            } else {
                arguments.append(try expression(0))
            }
            guard token.isOperator(",") else { break }
            try expect(",")
        }
        try expect(")", infix: true)
        if case .name(let name) = procedure.kind, name == "function" || name == "λ" {
            return try lambda(arguments, at: position)
        }
        return Draft(.call(procedure, arguments), at: position)
    }

    private mutating func lambda(_ arguments: [Draft?], at position: Int) throws(ExpressionError) -> Draft {
        var parameters: [String] = []
        for (index, argument) in arguments.enumerated() {
            guard case .variable(let name)? = argument?.kind else {
                throw ExpressionError(
                    .parameterIsNoVariable,
                    position: argument?.position ?? position,
                    token: argument?.token ?? "?",
                    expected: String(index + 1)
                )
            }
            parameters.append(name)
        }
        let signature = token.isOperator("<") ? try signature() : nil
        try expect("{")
        let body = try expression(0)
        try expect("}", infix: true)
        return Draft(.lambda(parameters, signature, body), at: position)
    }

    private mutating func signature() throws(ExpressionError) -> Signature {
        let position = token.position
        var depth = 1
        var text = "<"
        while depth > 0, !token.isOperator("{"), token.kind != .end {
            try advance(infix: true)
            if token.isOperator(">") { depth -= 1 }
            if token.isOperator("<") { depth += 1 }
            text += token.text
        }
        try expect(">")
        do {
            return try Signature(text)
        } catch {
            throw error.moved(by: position)
        }
    }
}
