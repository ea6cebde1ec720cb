import Linux
import Scheduler

/// Sees that no more hold a concurrency key, or start within a rate, than its limit says.
struct LimitWitness {
    private var starts: [String: [Timestamp]] = [:]

    /// What is wrong as an attempt starts; nil for nothing.
    mutating func check(
        startOf task: ClaimedTask,
        among runs: [RunID: MemoryStore.Run],
        now: Timestamp
    ) -> String? {
        guard let admission = task.spec.admission else { return nil }
        if let slot = admission.slot {
            let holders = runs.values.lazy.flatMap(\.tasks.values).count {
                $0.status == .running && $0.row.spec.admission?.slot?.key == slot.key
            }
            if holders > slot.limit { return "\(task.path) is one too many of key \(slot.key)" }
        }
        if let rate = admission.rate {
            let since = now + .milliseconds(-rate.milliseconds)
            starts[rate.key] = starts[rate.key, default: []].filter { $0 > since } + [now]
            if starts[rate.key, default: []].count > rate.limit {
                return "\(task.path) started too soon for rate \(rate.key)"
            }
        }
        return nil
    }

    /// What is wrong with a workflow's runs; nil for nothing.
    func check(_ store: MemoryStore, of definition: Definition) -> String? {
        let live = store.runs.values.compactMap(\.live)
        if live.isEmpty, let key = store.slots.first(where: { !$0.value.isEmpty })?.key {
            return "a slot of \(key) is held when all runs have ended"
        }
        guard let limit = definition.workflow.concurrency?.limit else { return nil }
        let begun = live.count { ![.scheduled, .queued].contains($0.phase) }
        return begun > limit ? "\(begun) runs are live, and \(limit) may be" : nil
    }
}
