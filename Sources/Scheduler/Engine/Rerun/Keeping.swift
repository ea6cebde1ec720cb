import JSON
import Linux

/// What a new run keeps of one that has ended: the results of steps of its outermost scope.
public struct Keeping: Sendable {
    /// The run that did them.
    public var of: RunID
    var steps: [KeptStep]
}

/// A step whose result a new run keeps.
struct KeptStep: Sendable {
    /// The row that it has in the run that did it.
    var row: EndedStep
    /// When each thing was done in it that a failure of the new run has to undo.
    var done: [Timestamp]

    var result: StepResult {
        let attempts = row.attempts.flatMap { try? JSONValue.parse($0) }
        var result = StepResult(
            status: row.status,
            output: row.output ?? .null,
            error: row.error,
            attempts: attempts?.arrayValue?.count ?? 0,
            input: row.input
        )
        result.artifacts = attempts.flatMap(StepResult.artifacts)
        return result
    }
}

extension Deciding {
    /// Counts steps of the outermost scope as done by another run; its opening has begun nothing yet.
    mutating func keep(_ keeping: Keeping) {
        guard let root = state.scopes[state.root] else { return }
        let plan = definition.scopes[root.spec]
        for kept in keeping.steps {
            guard let position = plan.positions[kept.row.path] else { continue }
            let instance = Instance(scope: state.root, node: plan.spec.nodes[position])
            var data: JSONObject = [
                "run": .string(keeping.of.description), "status": .string(kept.row.status.rawValue),
            ]
            if !kept.done.isEmpty {
                data["undo_child"] = .string(keeping.of.description)
                data["done"] = .array(kept.done.map { .integer($0.microseconds) })
            }
            let number = emit(.stepKept, beginning: instance, data)
            newResults[number] = kept.result
            var row = kept.row
            (row.step, row.scope, row.token) = (number, state.root, nil)
            (row.endedSeq, row.compensates) = (state.lastSeq, !kept.done.isEmpty)
            transition.steps.append(row)
        }
        guard let kept = state.scopes[state.root] else { return }
        if kept.isOver { return follow(.close(scope: state.root)) }
        for position in kept.counts.indices where kept.counts[position] == 0 && kept.begun[position] == 0 {
            follow(.begin(scope: state.root, position: position))
        }
    }
}
