/// Reads an expression by operator precedence (Pratt's method) into drafts.
struct Parser {
    /// Brackets within one another; deeper text is refused rather than read on a full stack.
    static let depthLimit = 200
    /// Levels of the tree, operators in a row included, so that whoever walks it fits a stack as well.
    static let heightLimit = 500

    var token = Token(kind: .end, position: 0)
    private var tokenizer: Tokenizer
    private var depth = 0
    /// The height of the highest operand read since it was last set to 0.
    private var height = 0
    private var slots = 0

    /// The tree of a whole expression, as written.
    static func parse(_ source: String) throws(ExpressionError) -> Draft {
        var parser = Parser(tokenizer: Tokenizer(source))
        try parser.advance(infix: false)
        let tree = try parser.expression(0)
        guard parser.token.kind == .end else {
            throw ExpressionError(.syntax, position: parser.token.position, token: parser.token.text)
        }
        return tree
    }

    private init(tokenizer: Tokenizer) {
        self.tokenizer = tokenizer
    }

    mutating func advance(infix: Bool) throws(ExpressionError) {
        token = try tokenizer.next(infix: infix)
        if token.isOperator("!") || token.isOperator("~") {
            throw ExpressionError(.unknownOperator, position: token.position, token: token.text)
        }
    }

    /// Goes past a token that must be there.
    mutating func expect(_ op: String, infix: Bool = false) throws(ExpressionError) {
        guard token.isOperator(op) else {
            let code: ErrorCode = token.kind == .end ? .expectedBeforeEnd : .expectedToken
            throw ExpressionError(code, position: token.position, token: token.text, expected: op)
        }
        try advance(infix: infix)
    }

    mutating func expression(_ bindingPower: Int) throws(ExpressionError) -> Draft {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else { throw .budget("\(Self.depthLimit) levels of nesting") }
        let highest = height
        height = 0
        let first = token
        try advance(infix: first.endsOperand)
        var left = try prefix(first)
        var own = height + 1
        while bindingPower < token.bindingPower {
            let op = token
            height = 0
            try advance(infix: false)
            left = try infix(op, left)
            own = max(own, height) + 1
            guard own <= Self.heightLimit else { throw .budget("\(Self.heightLimit) levels of operators") }
        }
        height = max(highest, own)
        return left
    }

    mutating func makeSlot() -> Draft.Slot {
        slots += 1
        return Draft.Slot(label: "%\(slots)")
    }
}

extension Parser {
    private mutating func prefix(_ token: Token) throws(ExpressionError) -> Draft {
        let position = token.position
        switch token.kind {
        case .name(let name): return Draft(.name(name), at: position)
        case .variable(let name): return Draft(.variable(name), at: position)
        case .constant(let constant): return Draft(.constant(constant), at: position)
        case .regex(let pattern, let flags):
            return Draft(.regex(pattern: pattern, flags: flags), at: position)
        case .end: return Draft(.end, at: position)
        case .op(let op): return try prefix(op, at: position)
        }
    }

    private mutating func prefix(_ op: String, at position: Int) throws(ExpressionError) -> Draft {
        switch op {
        case "and", "or", "in": return Draft(.name(op), at: position)
        case "-": return Draft(.negate(try expression(70)), at: position)
        case "*": return Draft(.wildcard, at: position)
        case "**": return Draft(.descendant, at: position)
        case "%": return Draft(.parent(makeSlot()), at: position)
        case "(": return Draft(.block(try block()), at: position)
        case "[": return Draft(.array(try arrayItems()), at: position)
        case "{": return Draft(.object(try pairs()), at: position)
        case "|": return try transform(at: position)
        default: throw ExpressionError(.noPrefixOperator, position: position, token: op)
        }
    }

    private mutating func infix(_ op: Token, _ left: Draft) throws(ExpressionError) -> Draft {
        let position = op.position
        switch op.text {
        case ".": return Draft(.map(left, try expression(75)), at: position)
        case "[": return try filter(left, at: position)
        case "{": return Draft(.group(left, try pairs()), at: position)
        case "(": return try call(left, at: position)
        case "^": return Draft(.order(left, try orderTerms()), at: position)
        case "@": return Draft(.focus(left, try variable(after: "@")), at: position)
        case "#": return Draft(.index(left, try variable(after: "#")), at: position)
        case "?": return try condition(left, at: position)
        case "?:": return Draft(.fallback(.whenFalse, left, try expression(0)), at: position)
        case "??": return Draft(.fallback(.whenUndefined, left, try expression(0)), at: position)
        case "~>": return Draft(.apply(left, try expression(40)), at: position)
        case ":=": return try bind(left, at: position)
        default:
            guard let binary = Operator(rawValue: op.text) else {
                throw ExpressionError(.unknownOperator, position: position, token: op.text)
            }
            return Draft(.binary(binary, left, try expression(op.bindingPower)), at: position)
        }
    }

    private mutating func bind(_ left: Draft, at position: Int) throws(ExpressionError) -> Draft {
        guard case .variable(let name) = left.kind else {
            throw ExpressionError(.bindsNoVariable, position: left.position, token: left.token)
        }
        return Draft(.bind(name, try expression(9)), at: position)
    }

    private mutating func variable(after op: String) throws(ExpressionError) -> String {
        let right = try expression(80)
        guard case .variable(let name) = right.kind else {
            throw ExpressionError(.expectedVariable, position: right.position, token: op)
        }
        return name
    }
}

extension Token {
    /// How tightly the token binds to what is on its left; 0 ends an operand.
    var bindingPower: Int {
        guard case .op(let op) = kind else { return 0 }
        return switch op {
        case "[", "(", "@", "#": 80
        case ".": 75
        case "{": 70
        case "*", "/", "%": 60
        case "+", "-", "&": 50
        case "=", "!=", "<", "<=", ">", ">=", "^", "~>", "?:", "??", "in": 40
        case "and": 30
        case "or": 25
        case "?": 20
        case ":=": 10
        default: 0
        }
    }

    /// Whether the token, standing first, is a whole operand, so that `/` behind it divides.
    fileprivate var endsOperand: Bool {
        guard case .op(let op) = kind else { return true }
        return ["*", "**", "%", "and", "or", "in"].contains(op)
    }
}
