import JSON
import Scheduler

/// Builds compiled forms by hand, node by node.
struct DefinitionBuilder {
    private(set) var nodes: [NodeSpec] = []
    private(set) var scopes: [ScopeSpec] = [ScopeSpec()]
    var workflow: (inout CompiledWorkflow) -> Void = { _ in }

    /// Adds a scope and returns its number.
    mutating func scope(_ kind: ScopeSpec.Kind = .dag, output: Program? = nil) -> Int {
        scopes.append(ScopeSpec(kind: kind, parent: 0, output: output))
        return scopes.count - 1
    }

    mutating func change(_ scope: Int, _ edit: (inout ScopeSpec) -> Void) { edit(&scopes[scope]) }
    mutating func edit(_ node: Int, _ edit: (inout NodeSpec) -> Void) { edit(&nodes[node]) }

    /// Adds a node to a scope; it needs the one before it unless told otherwise.
    @discardableResult
    mutating func node(
        _ id: String,
        in scope: Int = 0,
        _ action: Action = .call(),
        needs: [Int]? = nil,
        _ edit: (inout NodeSpec) -> Void = { _ in }
    ) -> Int {
        var node = NodeSpec(
            id: id,
            scope: scope,
            needs: needs ?? scopes[scope].nodes.last.map { [$0] } ?? [],
            action: action
        )
        edit(&node)
        nodes.append(node)
        scopes[scope].nodes.append(nodes.count - 1)
        switch action {
        case .group(let inner): scopes[inner].owner = nodes.count - 1
        case .choice(let branches): for branch in branches { scopes[branch.scope].owner = nodes.count - 1 }
        default: break
        }
        return nodes.count - 1
    }

    /// Adds what undoes a node.
    mutating func compensation(of node: Int, _ action: Action = .call("undo"), retry: [RetryRule] = []) {
        nodes.append(
            NodeSpec(
                id: nodes[node].id,
                role: .compensation(of: node),
                scope: nodes[node].scope,
                action: action,
                retry: retry
            )
        )
        nodes[node].compensation = nodes.count - 1
    }

    /// Adds a handler of a node's errors.
    mutating func handler(
        of node: Int,
        on: [String] = [],
        _ action: Action = .call("handle"),
        output: Program? = nil
    ) {
        nodes.append(
            NodeSpec(
                id: nodes[node].id,
                role: .handler(of: node),
                scope: nodes[node].scope,
                action: action,
                output: output
            )
        )
        nodes[node].catches.append(Catch(on: on, handler: nodes.count - 1))
    }

    func build(
        _ name: String = "test",
        id: Int64 = 1,
        _ edit: (inout CompiledWorkflow) -> Void = { _ in }
    ) -> Scheduler.Definition {
        var compiled = CompiledWorkflow(name: name, scopes: scopes, nodes: nodes)
        edit(&compiled)
        return Scheduler.Definition(
            StoredDefinition(id: id, workflow: id, version: 1, digest: "", source: "", compiled: compiled)
        )
    }
}

extension Action {
    static func call(_ action: String = "do", with: JSONValue? = nil) -> Action {
        .plugin(PluginCall(plugin: "test", action: action, with: with.map { Program(.template, $0) }))
    }
}

extension Program {
    static func jsonata(_ text: String) -> Program { Program(.jsonata, .string(text)) }
}

extension RetryRule {
    static func times(_ attempts: Int, on: [String]? = nil) -> RetryRule {
        var rule = RetryRule(attempts: attempts, on: on)
        rule.backoff = .constant
        rule.delayMilliseconds = 1_000
        rule.jitter = RetryRule.Jitter.none
        return rule
    }
}
