import Linux

/// Gathers what charts are drawn from, off the way of runs: ends of runs from their rows, durations from what
/// this process has counted.
public final class RollupService: Sendable {
    static let interval = Duration.seconds(15)
    /// After so many turns it looks although this process has ended no run: a killed one may have.
    static let longestRest = 20

    private let measures: Measures
    private let open: @Sendable () throws(StoreError) -> PostgresStore
    private let told = Locked(Told())
    private let loop = ServiceThread()

    /// What earlier turns have gathered.
    private struct Told {
        var histograms: [DurationDelta.Kind: Histogram.Snapshot] = [:]
        var ends: [RunStatus: Int64]?
        var restedTurns = 0
    }

    /// `open` opens a store for questions: its plans are those that a roll-up needs.
    public init(engine: Engine, open: @escaping @Sendable () throws(StoreError) -> PostgresStore) {
        measures = engine.measures
        self.open = open
    }

    public func start(failed: @escaping @Sendable (StoreError) -> Void) {
        loop.start(
            "pawl-rollup",
            turn: { [self] () throws(StoreError) in
                try turn()
                return Self.interval
            },
            failed: failed
        )
    }

    public func stop() { loop.stop() }

    /// Opens a connection for the moment that it takes: kept, its plans would hold 4 MB.
    private func turn() throws(StoreError) {
        let ends = measures.runEnds
        guard isDue(ends) else { return told.withLock { $0.restedTurns += 1 } }
        let store = try open()
        try store.rollUpRuns()
        for (kind, histogram) in histograms { try tell(kind, histogram.snapshot, store) }
        told.withLock {
            $0.ends = ends
            $0.restedTurns = 0
        }
    }

    /// Whether this process has ended a run or an attempt since, or has rested for long.
    private func isDue(_ ends: [RunStatus: Int64]) -> Bool {
        let told = told.withLock { $0 }
        return told.ends != ends || told.restedTurns >= Self.longestRest
            || histograms.contains { $1.snapshot.count > told.histograms[$0]?.count ?? 0 }
    }

    private var histograms: [(DurationDelta.Kind, Histogram)] {
        [(.wait, measures.queueWait), (.attempt, measures.attempt)]
    }

    /// Adds what has come since the last time.
    private func tell(
        _ kind: DurationDelta.Kind,
        _ now: Histogram.Snapshot,
        _ store: PostgresStore
    ) throws(StoreError) {
        guard let delta = DurationDelta(kind, from: told.withLock { $0.histograms[kind] }, to: now) else {
            return
        }
        try store.add([delta])
        told.withLock { $0.histograms[kind] = now }
    }
}

extension DurationDelta {
    /// What two readings of a histogram differ by; nil if by nothing.
    init?(_ kind: Kind, from old: Histogram.Snapshot?, to new: Histogram.Snapshot) {
        guard new.count > old?.count ?? 0 else { return nil }
        let before = old?.cumulative ?? new.cumulative.map { _ in 0 }
        let rises = zip(new.cumulative, before).map { $0 - $1 }
        let counts = rises.enumerated().map {
            $0.offset == 0 ? $0.element : $0.element - rises[$0.offset - 1]
        }
        self.init(kind: kind, seconds: new.sum - (old?.sum ?? 0), counts: counts)
    }
}
