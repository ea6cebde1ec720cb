/// A node of the tree while it is being built: first as parsed, then resolved into paths and steps.
///
/// Only the parser and the resolver see drafts; what is evaluated is the immutable `Node`.
final class Draft {
    indirect enum Kind {
        case name(String)
        case variable(String)
        case constant(Constant)
        case regex(pattern: String, flags: String)
        case wildcard
        case descendant
        case parent(Slot)
        case binary(Operator, Draft, Draft)
        case negate(Draft)
        case array([Draft])
        case object([Pair])
        case call(Draft, [Draft?])
        case lambda([String], Signature?, Draft)
        case condition(Draft, Draft, Draft?)
        case fallback(Fallback, Draft, Draft)
        case block([Draft])
        case bind(String, Draft)
        case apply(Draft, Draft)
        case transform(Draft, Draft, Draft?)
        case end

        // As parsed; gone once resolved.
        case map(Draft, Draft)
        case filter(Draft, Draft)
        case group(Draft, [Pair])
        case order(Draft, [Term])
        case focus(Draft, String)
        case index(Draft, String)

        // Only once resolved.
        case path([Draft])
        case sort([Term])
    }

    struct Pair {
        var key: Draft
        var value: Draft
    }

    struct Term {
        var expression: Draft
        var isDescending: Bool
    }

    enum Stage {
        case filter(Draft)
        case index(String)
    }

    struct Grouping {
        var pairs: [Pair]
        var position: Int
    }

    /// What `%` refers to: the parent that is `level` steps up, under a label in the tuple that carries it.
    final class Slot {
        var label: String
        var level = 1

        init(label: String) { self.label = label }
    }

    var kind: Kind
    let position: Int

    var keepsArray = false
    var keepsSingletonArray = false
    var isConstructedArray = false
    var isTailCall = false
    var stages: [Stage]?
    var predicates: [Draft]?
    var grouping: Grouping?
    var focus: String?
    var index: String?
    var carriesTuples = false
    var ancestor: Slot?
    var wantedParents: [Slot] = []

    init(_ kind: Kind, at position: Int) {
        self.kind = kind
        self.position = position
    }
}

/// An operator between two operands.
enum Operator: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case remainder = "%"
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case and
    case or
    case includes = "in"
    case concatenate = "&"
    case range = ".."
}

/// `a ?: b` and `a ?? b`.
enum Fallback: Sendable {
    case whenFalse
    case whenUndefined
}

extension Draft {
    var steps: [Draft]? {
        if case .path(let steps) = kind { steps } else { nil }
    }

    var isArrayConstructor: Bool {
        if case .array = kind { true } else { false }
    }

    /// The word for this kind of node in the specification's errors.
    var typeName: String {
        switch kind {
        case .name: "name"
        case .variable: "variable"
        case .constant(.string): "string"
        case .constant(.integer), .constant(.number): "number"
        case .constant: "value"
        case .regex: "regex"
        case .wildcard: "wildcard"
        case .descendant: "descendant"
        case .parent: "parent"
        case .negate, .array, .object: "unary"
        case .call(_, let arguments): arguments.contains { $0 == nil } ? "partial" : "function"
        case .lambda: "lambda"
        case .condition, .fallback: "condition"
        case .block: "block"
        case .bind: "bind"
        case .apply: "apply"
        case .transform: "transform"
        case .path: "path"
        case .sort: "sort"
        case .end: "(end)"
        case .binary, .map, .filter, .group, .order, .focus, .index: "binary"
        }
    }

    /// The word that an error shows for this node.
    var token: String {
        switch kind {
        case .name(let name), .variable(let name): name
        case .constant(let constant): Value(constant).displayText
        case .binary(let op, _, _): op.rawValue
        case .negate: "-"
        case .array, .filter: "["
        case .object, .group: "{"
        case .call, .block: "("
        case .map: "."
        case .order: "^"
        case .wildcard: "*"
        case .descendant: "**"
        case .parent: "%"
        default: typeName
        }
    }
}
