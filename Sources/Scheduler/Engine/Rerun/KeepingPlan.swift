import JSON
import Linux

/// Which results of a run that has ended a new run keeps: pure, from its rows and its history.
///
/// The new run does a step anew, and all that depends on it; and so each that did not succeed, or is not in
/// the version that the new run has.
struct KeepingPlan {
    struct Refusal: Error {
        var message: String
        /// The step that was asked for is at fault, not the run.
        var isUnknownStep = false
    }

    private let ended: EndedRun
    private let final: RunState
    private let former: Definition
    private let definition: Definition

    init(_ ended: EndedRun, former: Definition, definition: Definition) {
        self.ended = ended
        self.former = former
        self.definition = definition
        final = History.replay(ended.history, of: former)
    }

    /// The outermost scope of the run that has ended; 0 if it never started.
    var root: Int { final.root }

    /// `rows` are those of the outermost scope and of compensations.
    ///
    /// Throws why nothing can be kept.
    func keeping(of run: RunID, from step: String, _ rows: [EndedStep]) throws(Refusal) -> Keeping {
        let plan = definition.scopes[0]
        guard let start = plan.positions[step], plan.spec.kind == .dag else { throw unknown(step, plan) }
        let results = Dictionary(
            rows.filter { $0.scope == root && $0.isKeepable && plan.positions[$0.path] != nil }
                .map { ($0.path, $0) }
        ) { $1 }
        let anew = positionsAnew(from: start, plan) { results[$0] != nil }
        let kept = results.values.filter { row in plan.positions[row.path].map { !anew.contains($0) } ?? false
        }
        .sorted { $0.endedSeq < $1.endedSeq }
        for row in kept where rows.contains(where: { $0.undoes(row) }) {
            throw Refusal(
                message: "\(row.path) has been compensated, and its result cannot be kept: "
                    + "rerun from \(row.path), or from the beginning"
            )
        }
        return Keeping(of: run, steps: kept.map { KeptStep(row: $0, done: done(in: $0.path)) })
    }

    private func unknown(_ step: String, _ plan: ScopePlan) -> Refusal {
        let ids = plan.spec.nodes.map { definition.nodes[$0].spec.id }
        let known = ids.prefix(20).joined(separator: ", ")
        let version = "version \(definition.stored.version) of “\(definition.workflow.name)”"
        return Refusal(
            message: "\(version) has no step “\(step)” at its top level; it has "
                + "\(known)\(ids.count > 20 ? ", …" : "")",
            isUnknownStep: true
        )
    }

    /// The step, what has no result, and all that comes after those.
    private func positionsAnew(
        from start: Int,
        _ plan: ScopePlan,
        hasResult: (String) -> Bool
    ) -> Set<Int> {
        var open = [start]
        for (id, position) in plan.positions where !hasResult(id) { open.append(position) }
        var anew: Set<Int> = []
        while let position = open.popLast() {
            if anew.insert(position).inserted { open += plan.dependents[position] }
        }
        return anew
    }

    private func done(in path: String) -> [Timestamp] {
        guard former.workflow.onFailure == .compensate else { return [] }
        return final.done(within: path)
    }
}

extension EndedStep {
    /// It succeeded, or its failure went no further.
    fileprivate var isKeepable: Bool {
        switch status {
        case .succeeded, .skipped: true
        case .failed: output != nil
        default: false
        }
    }

    /// Whether it is a compensation, of a step or of something inside it, begun once that had ended.
    fileprivate func undoes(_ step: EndedStep) -> Bool {
        path.hasSuffix("!") && endedSeq > step.endedSeq && RunState.isPath(path, within: step.path)
    }
}

extension RunState {
    /// Whether a path is that of a step of the outermost scope, or of something inside it.
    static func isPath(_ path: String, within step: String) -> Bool {
        guard path.hasPrefix(step) else { return false }
        return path.utf8.dropFirst(step.utf8.count).first.map { "/[#~!:".utf8.contains($0) } ?? true
    }

    /// When each thing was done inside a step of the outermost scope that is still to be undone.
    func done(within step: String) -> [Timestamp] {
        var state = self
        state.undo = undo.filter { Self.isPath($0.path, within: step) }
        return state.done
    }
}
