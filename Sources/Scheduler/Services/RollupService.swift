import Linux

/// Gathers what charts are drawn from, off the way of runs: ends of runs from their rows, durations from what
/// this process has counted.
public final class RollupService: Sendable {
    static let interval = Duration.seconds(15)

    private let measures: Measures
    private let open: @Sendable () throws(StoreError) -> PostgresStore
    private let told = Locked([DurationDelta.Kind: Histogram.Snapshot]())
    private let loop = ServiceThread()

    /// `open` opens a store for questions: its plans are those that a roll-up needs.
    public init(engine: Engine, open: @escaping @Sendable () throws(StoreError) -> PostgresStore) {
        measures = engine.measures
        self.open = open
    }

    public func start(failed: @escaping @Sendable (StoreError) -> Void) {
        loop.start(
            "pawl-rollup",
            turn: { [self] () throws(StoreError) in
                // A connection for the moment that it takes: kept, its plans would hold 4 MB.
                let store = try open()
                try store.rollUpRuns()
                for (kind, histogram) in histograms { try tell(kind, histogram.snapshot, store) }
                return Self.interval
            },
            failed: failed
        )
    }

    public func stop() { loop.stop() }

    private var histograms: [(DurationDelta.Kind, Histogram)] {
        [(.wait, measures.queueWait), (.attempt, measures.attempt)]
    }

    /// Adds what has come since the last time.
    private func tell(
        _ kind: DurationDelta.Kind,
        _ now: Histogram.Snapshot,
        _ store: PostgresStore
    ) throws(StoreError) {
        guard let delta = DurationDelta(kind, from: told.withLock { $0[kind] }, to: now) else { return }
        try store.add([delta])
        told.withLock { $0[kind] = now }
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
