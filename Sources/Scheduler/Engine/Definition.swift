import JSON

/// A stored definition, ready to be decided on: every program parsed once, every edge both ways.
public final class Definition: Sendable {
    public let stored: StoredDefinition
    let nodes: [NodePlan]
    let scopes: [ScopePlan]
    /// Where each node stands in its scope; -1 for handlers and compensations.
    let positions: [Int]
    let output: CompiledProgram?
    /// The key of the run's own `concurrency`.
    let concurrencyKey: CompiledProgram?
    /// The actions of pinned steps, each once, in order.
    let pinned: [String]

    public init(_ stored: StoredDefinition) {
        self.stored = stored
        let compiled = stored.compiled
        nodes = compiled.nodes.map { NodePlan($0, defaults: compiled.defaults) }
        scopes = compiled.scopes.map { ScopePlan($0, nodes: compiled.nodes) }
        var positions = [Int](repeating: -1, count: compiled.nodes.count)
        for scope in compiled.scopes {
            for (position, node) in scope.nodes.enumerated() { positions[node] = position }
        }
        self.positions = positions
        output = compiled.output.map(CompiledProgram.init)
        concurrencyKey = compiled.concurrency.map { CompiledProgram($0.key) }
        let actions = nodes.lazy.filter { $0.settings.pin == true }.compactMap(\.spec.action.plugin)
        pinned = Set(actions).sorted()
    }

    public var workflow: CompiledWorkflow { stored.compiled }

    /// The node that a task runs: the definition's, or the one that the task carries.
    public func node(of task: TaskSpec) -> NodeSpec? {
        task.own ?? task.node.map { nodes[$0].spec }
    }

    /// What a node says of how it is run, with `defaults` filled in where they reach it.
    public func settings(of task: TaskSpec) -> Settings {
        if let own = task.own { return NodePlan(own, defaults: workflow.defaults).settings }
        return task.node.map { nodes[$0].settings } ?? Settings()
    }
}

/// A scope of the definition, with its edges turned round.
struct ScopePlan: Sendable {
    let spec: ScopeSpec
    /// Where each node stands in `spec.nodes`, by its id.
    let positions: [String: Int]
    /// For each position the positions that need it.
    let dependents: [[Int]]
    /// For each position how many others it needs.
    let needs: [Int]
    let output: CompiledProgram?

    init(_ spec: ScopeSpec, nodes: [NodeSpec]) {
        self.spec = spec
        var byNode: [Int: Int] = [:]
        var positions: [String: Int] = [:]
        for (position, node) in spec.nodes.enumerated() {
            byNode[node] = position
            positions[nodes[node].id] = position
        }
        var dependents = [[Int]](repeating: [], count: spec.nodes.count)
        var needs = [Int](repeating: 0, count: spec.nodes.count)
        for (position, node) in spec.nodes.enumerated() {
            for needed in Set(nodes[node].needs).compactMap({ byNode[$0] }).sorted() {
                dependents[needed].append(position)
                needs[position] += 1
            }
        }
        self.positions = positions
        self.dependents = dependents
        self.needs = needs
        output = spec.output.map(CompiledProgram.init)
    }
}

/// A node with its programs parsed and its settings merged.
final class NodePlan: Sendable {
    struct Edge: Sendable {
        let when: CompiledProgram?
        let to: Int
        let assign: CompiledProgram?
    }

    let spec: NodeSpec
    /// The step's own settings, filled from `defaults` if the node runs a program.
    let settings: Settings
    let runsProgram: Bool
    let when: CompiledProgram?
    /// `with`, or what a sleep, a `set` or a `fail` says, or the signal of a `wait`.
    let argument: CompiledProgram?
    /// The message of a `fail`.
    let message: CompiledProgram?
    let branches: [CompiledProgram?]
    /// How long a `wait` waits, and its output after that.
    let waitTimeout: CompiledProgram?
    let fallback: CompiledProgram?
    let items: CompiledProgram?
    let until: CompiledProgram?
    let output: CompiledProgram?
    let assign: CompiledProgram?
    let next: [Edge]
    let catchAssigns: [CompiledProgram?]
    let queue: CompiledProgram?
    let priority: CompiledProgram?
    let idempotencyKey: CompiledProgram?
    let concurrencyKey: CompiledProgram?
    let rateKey: CompiledProgram?
    /// What a worker must be able to do, in order.
    let needs: [String]
    let environment: [(name: String, value: CompiledProgram)]

    init(_ spec: NodeSpec, defaults: Settings) {
        self.spec = spec
        runsProgram = spec.action.runsProgram
        let settings = runsProgram ? spec.settings.filled(from: defaults) : spec.settings
        self.settings = settings
        when = spec.when.map(CompiledProgram.init)
        argument = spec.action.argument.map(CompiledProgram.init)
        message = if case .fail(_, let message) = spec.action { CompiledProgram(message) } else { nil }
        branches =
            if case .choice(let branches) = spec.action {
                branches.map { $0.when.map(CompiledProgram.init) }
            } else {
                []
            }
        let wait = if case .wait(let wait) = spec.action { wait } else { SignalWait?.none }
        waitTimeout = wait?.timeout.map(CompiledProgram.init)
        fallback = wait?.fallback.map(CompiledProgram.init)
        items = spec.forEach.map { CompiledProgram($0.items) }
        until = spec.repeating.map { CompiledProgram($0.until) }
        output = spec.output.map(CompiledProgram.init)
        assign = spec.assign.map(CompiledProgram.init)
        next = spec.next.map {
            Edge(
                when: $0.when.map(CompiledProgram.init),
                to: $0.to,
                assign: $0.assign.map(CompiledProgram.init)
            )
        }
        catchAssigns = spec.catches.map { $0.assign.map(CompiledProgram.init) }
        queue = settings.queue.map(CompiledProgram.init)
        priority = settings.priority.map(CompiledProgram.init)
        idempotencyKey = settings.idempotencyKey.map(CompiledProgram.init)
        concurrencyKey = settings.concurrency.map { CompiledProgram($0.key) }
        rateKey = settings.rate.map { CompiledProgram($0.key) }
        let limits = (settings.require ?? []).sorted().map { "limit:\($0)" }
        needs = (spec.action.plugin.map { [$0] } ?? []) + limits
        environment = (settings.env ?? [:]).sorted { $0.key < $1.key }
            .map { (name: $0.key, value: CompiledProgram(Program(.template, $0.value))) }
    }
}

extension Action {
    /// Whether a worker runs it as a process.
    var runsProgram: Bool {
        switch self {
        case .plugin, .script, .program: true
        default: false
        }
    }

    /// The plugin's action that it needs, as a worker lists it.
    var plugin: String? {
        switch self {
        case .plugin(let call), .program(let call):
            "\(call.plugin)/\(call.action)" + (call.version.map { "@\($0)" } ?? "")
        default: nil
        }
    }

    /// Whether it opens a scope, whose time-out is a timer.
    var opensScope: Bool {
        switch self {
        case .group, .choice: true
        default: false
        }
    }

    /// Whether it starts a child run.
    var isChild: Bool {
        if case .child = self { true } else { false }
    }

    fileprivate var argument: Program? {
        switch self {
        case .plugin(let call), .program(let call): call.with
        case .script(let script): script.with
        case .child(let call): call.with
        case .sleep(let program), .until(let program), .set(let program), .fail(let program, _): program
        case .wait(let wait): wait.signal
        case .group, .choice, .pass: nil
        }
    }
}
