import Linux
import Scheduler

/// A store that breaks down when it is told to, before it has written or after.
final class FaultyStore: Store {
    enum Fault: CaseIterable {
        /// The database is gone before anything is written.
        case unreachable
        /// A serialization failure: nothing is written.
        case transient
        /// All is written, and the answer is lost.
        case lostAnswer
    }

    let store = MemoryStore()
    let witness = Witness()
    /// What the next commit meets.
    var fault: Fault?

    func commit(_ batch: Batch) throws(StoreError) -> BatchResult {
        defer { fault = nil }
        switch fault {
        case .unreachable: throw .unreachable(message: "simulated")
        case .transient: throw .transient(message: "simulated")
        case .lostAnswer:
            _ = try write(batch)
            throw .unknownCommit(message: "simulated")
        case nil: return try write(batch)
        }
    }

    private func write(_ batch: Batch) throws(StoreError) -> BatchResult {
        let before = store.runs
        let result = try store.commit(batch)
        witness.saw(batch, result, before: before, after: store.runs)
        return result
    }

    func load(_ runs: [RunID], withTasks: Bool) throws(StoreError) -> [RunSnapshot] {
        try store.load(runs, withTasks: withTasks)
    }

    func results(of steps: [Int], in run: RunID) throws(StoreError) -> [Int: StepResult] {
        try store.results(of: steps, in: run)
    }

    func signals(_ keys: Set<SignalKey>, of run: RunID) throws(StoreError) -> [SignalKey: Payload] {
        try store.signals(keys, of: run)
    }

    func inputs(of steps: [Int], in run: RunID) throws(StoreError) -> [Int: StepResult] {
        try store.inputs(of: steps, in: run)
    }

    func items(of scope: Int, from first: Int, in run: RunID) throws(StoreError) -> ItemOutputs {
        try store.items(of: scope, from: first, in: run)
    }

    func definition(_ id: Int64) throws(StoreError) -> StoredDefinition? { try store.definition(id) }
}
