import JSON
import Scheduler

/// Workflows drawn at random: groups, items, rounds, timers, handlers and compensations.
enum RandomWorkflow {
    /// What else there is in a workflow.
    struct Traits {
        var name = "test"
        var id: Int64 = 1
        /// Groups in it count as being so deep; at 2 there are none.
        var depth = 0
        /// Steps and runs wait for slots and rates.
        var isLimited = false
        /// The workflow that a third of its steps start as child runs.
        var child: String?
    }

    /// A root, its children and theirs.
    static func family(_ random: inout some RandomNumberGenerator) -> [Scheduler.Definition] {
        [
            definition(&random, Traits(name: "root", id: 1, child: "child")),
            definition(&random, Traits(name: "child", id: 2, depth: 1, child: "leaf")),
            definition(&random, Traits(name: "leaf", id: 3, depth: 2)),
        ]
    }

    static func definition(
        _ random: inout some RandomNumberGenerator,
        _ traits: Traits = Traits()
    ) -> Scheduler.Definition {
        var builder = DefinitionBuilder()
        fill(0, depth: traits.depth, &builder, &random)
        let hasAlways = Bool.random(using: &random)
        let always = hasAlways ? builder.scope() : nil
        if let always { builder.node("clean", in: always) }
        if let child = traits.child { call(child, &builder, &random) }
        if traits.isLimited { limit(&builder, &random) }
        return builder.build(traits.name, id: traits.id) {
            $0.always = always
            if Int.random(in: 0..<5, using: &random) == 0 { $0.onFailure = .stop }
            if Int.random(in: 0..<5, using: &random) == 0 { $0.timeoutMilliseconds = 20_000 }
            if traits.isLimited, Bool.random(using: &random) {
                $0.concurrency = RunConcurrency(key: Program(.template, "one"), limit: 1)
            }
        }
    }

    private static func call(
        _ workflow: String,
        _ builder: inout DefinitionBuilder,
        _ random: inout some RandomNumberGenerator
    ) {
        for node in builder.nodes.indices where builder.nodes[node].role == .step {
            guard case .plugin = builder.nodes[node].action, Int.random(in: 0..<3, using: &random) == 0
            else { continue }
            builder.edit(node) { $0.action = .child(ChildCall(workflow: workflow)) }
        }
    }

    /// Half of the programs share two slots, a third two starts in three seconds.
    private static func limit(
        _ builder: inout DefinitionBuilder,
        _ random: inout some RandomNumberGenerator
    ) {
        for node in builder.nodes.indices {
            guard case .plugin = builder.nodes[node].action else { continue }
            if Bool.random(using: &random) {
                builder.edit(node) {
                    $0.settings.concurrency = KeyLimit(key: Program(.template, "pool"), limit: 2)
                }
            }
            if Int.random(in: 0..<3, using: &random) == 0 {
                builder.edit(node) {
                    let key = Program(.template, "pace")
                    $0.settings.rate = KeyLimit(key: key, limit: 2, perMilliseconds: 3_000)
                }
            }
        }
    }

    private static func fill(
        _ scope: Int,
        depth: Int,
        _ builder: inout DefinitionBuilder,
        _ random: inout some RandomNumberGenerator
    ) {
        var siblings: [Int] = []
        for index in 0..<Int.random(in: 1...4, using: &random) {
            let needs = siblings.filter { _ in Bool.random(using: &random) }
            let node = add("s\(scope)_\(index)", scope, needs, depth, &builder, &random)
            decorate(node, &builder, &random)
            siblings.append(node)
        }
    }

    private static func add(
        _ id: String,
        _ scope: Int,
        _ needs: [Int],
        _ depth: Int,
        _ builder: inout DefinitionBuilder,
        _ random: inout some RandomNumberGenerator
    ) -> Int {
        switch Int.random(in: 0..<11, using: &random) {
        case 10: return builder.node(id, in: scope, waitForSignal(&random), needs: needs)
        case 0: return builder.node(id, in: scope, .set(Program(.template, 1)), needs: needs)
        case 1: return builder.node(id, in: scope, .sleep(Program(.template, "3s")), needs: needs)
        case 2,
            3 where depth < 2:
            let inner = builder.scope()
            let node = builder.node(id, in: scope, .group(scope: inner), needs: needs)
            fill(inner, depth: depth + 1, &builder, &random)
            return node
        case 4:
            return builder.node(id, in: scope, needs: needs) {
                $0.forEach = ForEach(
                    items: Program(.template, [1, 2, 3]),
                    maxConcurrency: 2,
                    tolerate: .count(1)
                )
            }
        case 5:
            return builder.node(id, in: scope, needs: needs) {
                $0.repeating = Repeat(until: Program(.template, false), delayMilliseconds: 100, max: 2)
                $0.continuesOnError = true
            }
        default: return builder.node(id, in: scope, needs: needs)
        }
    }

    private static func waitForSignal(_ random: inout some RandomNumberGenerator) -> Action {
        let isTimed = Bool.random(using: &random)
        return .wait(
            SignalWait(
                signal: Program(.template, Bool.random(using: &random) ? "red" : "green"),
                timeout: isTimed ? Program(.template, "4s") : nil,
                fallback: isTimed && Bool.random(using: &random) ? Program(.template, "none") : nil
            )
        )
    }

    private static func decorate(
        _ node: Int,
        _ builder: inout DefinitionBuilder,
        _ random: inout some RandomNumberGenerator
    ) {
        if Bool.random(using: &random) { builder.compensation(of: node, retry: [.times(3)]) }
        switch Int.random(in: 0..<6, using: &random) {
        case 0: builder.edit(node) { $0.continuesOnError = true }
        case 1: builder.handler(of: node)
        case 2: builder.edit(node) { $0.retry = [.times(2, on: ["Exit"]), .times(2)] }
        default: break
        }
    }
}
