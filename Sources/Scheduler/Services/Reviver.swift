import Linux

/// Reads what a run that has ended needs to go on: its history, and the rows of what goes on.
public struct Reviver: Sendable {
    /// What there is to do.
    public enum Order: Sendable {
        case ready(Revival, Definition)
        /// It cannot go on, and why.
        case refused(String)
        /// A child run that succeeded: its parent has to hear so once more.
        case ended(ChildEnd)
        /// It is live, or there is no such run.
        case live
    }

    private let definitions: DefinitionCache

    public init(definitions: DefinitionCache) {
        self.definitions = definitions
    }

    /// `resolving` counts one of the failed steps as done; `forParent` says that its parent goes on.
    public func order(
        _ run: RunID,
        by actor: Actor,
        resolving resolution: Resolution? = nil,
        from store: any RevivalStore,
        forParent: Bool = false
    ) throws(StoreError) -> Order {
        guard let ended = try store.ended(run) else { return .live }
        guard let definition = try definitions.get(ended.definition, from: store) else {
            return .refused("its definition is gone")
        }
        if ended.end.status == .succeeded {
            let what = resolution == nil ? "there is nothing to retry" : "its steps can no longer be acted on"
            return forParent ? .ended(ended.childEnd(of: definition)) : .refused("it has succeeded: \(what)")
        }
        if let refusal = try refusal(ended, forParent: forParent, store) { return .refused(refusal) }
        do {
            var plan = try RevivalPlan(ended.history, of: definition, resolving: resolution)
            for (step, child) in plan.children.sorted(by: { $0.key < $1.key })
            where try mayGoOn(child, store) {
                plan.awaitChild(of: step)
            }
            let rows = try store.endedSteps(plan.neededRows, of: run)
            return .ready(plan.revival(of: ended.facts, by: actor, rows), definition)
        } catch let refusal as RevivalPlan.Refusal {
            return .refused(refusal.message)
        } catch let error as StoreError {
            throw error
        } catch {
            throw .refused(message: "\(error)")
        }
    }

    /// What others have to do with the run.
    private func refusal(
        _ ended: EndedRun,
        forParent: Bool,
        _ store: any RevivalStore
    ) throws(StoreError) -> String? {
        guard let parent = ended.facts.parent else { return nil }
        if let undone = ended.facts.undoes {
            return "it undoes run \(undone) for run \(parent.run): retry that run"
        }
        guard !forParent, try !store.load([parent.run], withTasks: false).isEmpty else { return nil }
        return "its parent, run \(parent.run), is live and has dealt with its failure"
    }

    /// Whether a child is live, or has succeeded, or can be taken up; else its step begins another.
    private func mayGoOn(_ child: RunID, _ store: any RevivalStore) throws(StoreError) -> Bool {
        guard let ended = try store.ended(child) else {
            return try !store.load([child], withTasks: false).isEmpty
        }
        guard ended.end.status != .succeeded else { return true }
        guard let definition = try definitions.get(ended.definition, from: store) else { return false }
        return (try? RevivalPlan(ended.history, of: definition, resolving: nil)) != nil
    }
}

extension EndedRun {
    /// How the run ended, as its parent hears it.
    fileprivate func childEnd(of definition: Definition) -> ChildEnd {
        let owesUndoing = definition.workflow.onFailure == .compensate
        return ChildEnd(
            status: end.status,
            compensation: end.compensation,
            output: end.output,
            error: end.error,
            done: owesUndoing ? History.replay(history, of: definition).done : []
        )
    }
}
