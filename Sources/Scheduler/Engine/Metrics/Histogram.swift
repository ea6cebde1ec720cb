import Linux

/// How often a duration fell below each of some bounds, as Prometheus counts it.
public final class Histogram: Sendable {
    /// In seconds, rising; the last bucket, without a bound, is implied.
    public let bounds: [Double]
    private let state: Locked<State>

    private struct State: Sendable {
        var counts: [Int64]
        var sum = 0.0
    }

    public struct Snapshot: Sendable, Hashable {
        /// For each bound, and at last for none, how many were at most so large.
        public var cumulative: [Int64]
        public var sum: Double
        public var count: Int64 { cumulative.last ?? 0 }
    }

    /// From a millisecond to a minute, for what a program or a database takes.
    public static let short = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]
    /// From ten milliseconds to a day, for what a run takes.
    public static let long = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400]

    public init(bounds: [Double]) {
        self.bounds = bounds
        state = Locked(State(counts: [Int64](repeating: 0, count: bounds.count + 1)))
    }

    /// Counts a duration; a negative one, by clocks that differ, counts as none.
    public func observe(_ duration: Duration) {
        let seconds = max(0, Double(duration.wholeNanoseconds) / 1e9)
        let bucket = bounds.firstIndex { seconds <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += seconds
        }
    }

    public var snapshot: Snapshot {
        state.withLock { state in
            var total: Int64 = 0
            let cumulative = state.counts.map { count in
                total += count
                return total
            }
            return Snapshot(cumulative: cumulative, sum: state.sum)
        }
    }
}
