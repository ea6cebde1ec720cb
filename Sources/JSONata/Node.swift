import PCRE

/// A node of the tree that is evaluated; immutable, so any thread may use it.
final class Node: Sendable {
    indirect enum Kind: Sendable {
        case constant(Constant)
        case regex(CompiledRegex)
        case name(String)
        case wildcard
        case descendant
        case parent(Symbol)
        case variable(Variable)
        case context
        case root
        case path(Path)
        case binary(Operator, Node, Node)
        case negate(Node)
        case array([Node], isConstructed: Bool)
        case object(Grouping)
        case call(Call)
        case tailCall(Call)
        case lambda(Lambda)
        case condition(Node, Node, Node?)
        case fallback(Fallback, Node, Node)
        case block([Node], bindsVariables: Bool)
        case bind(Symbol, Node)
        case apply(Node, Node)
        case transform(Transform)
        case sort([SortTerm])
    }

    let kind: Kind
    let position: Int
    let predicates: [Node]
    let grouping: Grouping?
    let keepsArray: Bool
    /// Whether the value needs nothing done to it: no predicate, no grouping, no `[]`.
    let isPlain: Bool

    init(
        _ kind: Kind,
        at position: Int,
        predicates: [Node] = [],
        grouping: Grouping? = nil,
        keepsArray: Bool = false
    ) {
        self.kind = kind
        self.position = position
        self.predicates = predicates
        self.grouping = grouping
        self.keepsArray = keepsArray
        isPlain = predicates.isEmpty && grouping == nil && !keepsArray
    }
}

struct Variable: Sendable {
    let name: String
    let symbol: Symbol
    /// What the name means when nobody has bound it.
    let builtin: Builtin?
}

struct Path: Sendable {
    let steps: [Step]
    /// The names, when the path is nothing but names, perhaps behind a variable.
    let names: [String]?
    let keepsSingletonArray: Bool
    /// Whether the value is the tuples themselves, for a path around this one.
    let carriesTuples: Bool
    /// Whether a step binds variables or parents, so that its items must be tuples.
    let hasTupleSteps: Bool
    let startsAtVariable: Bool
    let grouping: Grouping?
}

struct Step: Sendable {
    let node: Node
    let stages: [Stage]
    let isConstructedArray: Bool
    let carriesTuples: Bool
    let focus: Symbol?
    let index: Symbol?
    let ancestor: Symbol?
}

enum Stage: Sendable {
    case filter(Node)
    case index(Symbol)
}

struct Grouping: Sendable {
    let pairs: [(key: Node, value: Node)]
    let position: Int
}

struct SortTerm: Sendable {
    let expression: Node
    let isDescending: Bool
}

struct Call: Sendable {
    let procedure: Node
    /// nil where `?` leaves an argument open.
    let arguments: [Node?]
    /// What an error calls the function.
    let name: String
    let isPartial: Bool
}

struct Lambda: Sendable {
    let parameters: [Symbol]
    let signature: Signature?
    let body: Node
}

struct Transform: Sendable {
    let pattern: Node
    let update: Node
    let deletion: Node?
}

/// A regular expression of the source.
struct CompiledRegex: Sendable {
    let pattern: Pattern
    let source: String
}
