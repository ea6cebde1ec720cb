import Linux

/// What the engine has done since it started.
///
/// Read by `/metrics` and by tests.
public final class Counters: Sendable {
    public enum Name: String, Sendable, CaseIterable {
        case batches, transitions, overtaken
        case staleResults = "stale_results"
        case claims, successors, attempts, retries
        case unknownCommits = "unknown_commits"
        case storeFailures = "store_failures"
        case rescues, timersFired = "timers_fired"
        case refused
    }
    private let values = Locked([Name: Int64]())

    public init() {}

    public func add(_ name: Name, _ amount: Int = 1) {
        guard amount != 0 else { return }
        values.withLock { $0[name, default: 0] += Int64(amount) }
    }

    public func value(_ name: Name) -> Int64 {
        values.withLock { $0[name] ?? 0 }
    }

    public var all: [(Name, Int64)] {
        values.withLock { values in Name.allCases.map { ($0, values[$0] ?? 0) } }
    }
}
