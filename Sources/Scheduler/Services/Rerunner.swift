import Linux

/// Reads what a new run keeps of one that has ended.
public struct Rerunner: Sendable {
    public enum Order: Sendable {
        case ready(Keeping)
        case refused(String)
        /// The version has no such step at its top level.
        case unknownStep(String)
    }

    private let definitions: DefinitionCache

    public init(definitions: DefinitionCache) {
        self.definitions = definitions
    }

    /// What a run of `definition` that begins anew with `step` keeps of `ended`.
    public func keeping(
        of run: RunID,
        _ ended: EndedRun,
        from step: String,
        for definition: Definition,
        from store: any RevivalStore
    ) throws(StoreError) -> Order {
        guard let former = try definitions.get(ended.definition, from: store) else {
            return .refused("its definition is gone")
        }
        if let parent = ended.facts.parent, try !store.load([parent.run], withTasks: false).isEmpty {
            return .refused("its parent, run \(parent.run), is live and may undo what would be kept")
        }
        let plan = KeepingPlan(ended, former: former, definition: definition)
        let rows = try store.endedSteps(ofScope: plan.root, of: run)
        do {
            return .ready(try plan.keeping(of: run, from: step, rows))
        } catch {
            return error.isUnknownStep ? .unknownStep(error.message) : .refused(error.message)
        }
    }
}
