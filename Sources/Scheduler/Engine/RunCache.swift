import Linux

/// The live runs that a writer has decided on lately, as the database has them.
///
/// Only the writer's thread touches it. An entry is right because all transitions of a run go through one
/// writer of a process; should another process move the run, the version tells, and the entry is dropped.
struct RunCache {
    struct Entry {
        var version: Int64
        var definition: Definition
        var facts: RunFacts
        var state: RunState
        var results: [Int: StepResult] = [:]
        var resultBytes = 0
    }

    /// 4,096 runs: at 2 KiB a run some 8 MiB, and far more than are decided on between two steps of one.
    static let capacity = 4_096
    /// Results beyond 1 MiB a run are read again when an expression needs them.
    static let resultBytesLimit = 1 << 20

    private var entries: [RunID: Entry] = [:]

    subscript(run: RunID) -> Entry? { entries[run] }

    mutating func put(_ run: RunID, _ entry: Entry) {
        if entries.count >= Self.capacity, entries[run] == nil {
            // Any half will do: what is dropped costs one read.
            entries = Dictionary(
                uniqueKeysWithValues: entries.prefix(Self.capacity / 2).map { ($0.key, $0.value) }
            )
        }
        entries[run] = entry
    }

    mutating func drop(_ run: RunID) {
        entries[run] = nil
    }

    /// What is cached of runs dies with the connection that it was read on.
    mutating func dropAll() {
        entries.removeAll(keepingCapacity: true)
    }

    mutating func add(_ results: [Int: StepResult], to run: RunID) {
        entries[run]?.add(results)
    }

    /// Takes over what a transition has made of a run; in place, for what is known of it may be much.
    mutating func advance(
        _ run: RunID,
        to version: Int64,
        _ state: RunState,
        adding results: [Int: StepResult]
    ) {
        entries[run]?.version = version
        entries[run]?.state = state
        entries[run]?.add(results)
    }
}

extension RunCache.Entry {
    mutating func add(_ more: [Int: StepResult]) {
        for (step, result) in more {
            // What is known of a running step is its input; its end brings the rest.
            resultBytes += result.output.text.utf8.count
            if let former = results.updateValue(result, forKey: step) {
                resultBytes -= former.output.text.utf8.count
            }
        }
        guard resultBytes > RunCache.resultBytesLimit else { return }
        // The items of a foreach that runs are read for each of them.
        results = results.filter { more[$0.key] != nil || $0.value.status == .running }
        resultBytes = results.values.reduce(0) { $0 + $1.output.text.utf8.count }
    }
}
