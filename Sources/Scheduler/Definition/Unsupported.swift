/// What the language has and this release does not run yet.
public enum Unsupported {
    /// One error for each node that needs it, at the node's line.
    public static func diagnostics(in workflow: CompiledWorkflow) -> [Diagnostic] {
        var found: [Diagnostic] = []
        for node in workflow.nodes {
            for feature in features where feature.isUsed(node) {
                found.append(refusal("`\(feature.name)`, used by `\(node.id)`,", line: node.line))
            }
        }
        for feature in defaults where feature.isUsed(workflow.defaults) {
            found.append(refusal("`\(feature.name)` in `defaults`", line: 1))
        }
        return found
    }

    private static func refusal(_ what: String, line: Int) -> Diagnostic {
        Diagnostic(.error, line: line, column: 1, message: "\(what) is not supported by this release")
    }

    private struct Feature<Owner>: Sendable {
        var name: String
        var isUsed: @Sendable (Owner) -> Bool
    }

    private static let features: [Feature<NodeSpec>] =
        [] + defaults.map { setting in Feature(name: setting.name) { setting.isUsed($0.settings) } }

    private static let defaults: [Feature<Settings>] = [
        Feature(name: "pin") { $0.pin == true }
    ]
}

extension Compilation {
    /// The same, with what this release cannot run refused.
    public var runnable: Compilation {
        let refusals = workflow.map(Unsupported.diagnostics) ?? []
        guard !refusals.isEmpty else { return self }
        return Compilation(workflow: nil, diagnostics: diagnostics + refusals, digest: digest)
    }
}
