import Linux

/// What charts are drawn from: ends of runs and durations, gathered by minute and by hour.
public struct Rollup: Sendable {
    /// How often durations fell between the bounds, the last count beyond all of them.
    public struct Durations: Sendable, Hashable {
        /// In seconds, rising.
        public var bounds: [Double]
        public var counts: [Int64]
        /// Of all together.
        public var seconds: Double

        init(bounds: [Double], counts: [Int64]? = nil, seconds: Double = 0) {
            self.bounds = bounds
            self.counts = counts ?? [Int64](repeating: 0, count: bounds.count + 1)
            self.seconds = seconds
        }
    }

    public struct Bucket: Sendable {
        public var at: Timestamp
        /// Runs that ended, by status.
        public var runs: [RunStatus: Int64] = [:]
    }

    public var since: Timestamp
    public var until: Timestamp
    /// Of a bucket, in seconds.
    public var width: Int64
    /// All buckets of the time, empty ones too.
    public var buckets: [Bucket]
    /// From creation to end, of the runs that ended.
    public var run: Durations
    /// From ready to started, and from start to end; of all workflows.
    public var wait: Durations
    public var attempt: Durations
}

/// How a time is cut into buckets.
struct RollupPlan: Sendable, Hashable {
    enum Span: String, Sendable { case minute, hour }

    var span: Span
    var width: Int64
    /// Whole buckets that cover what was asked for.
    var since: Timestamp
    var until: Timestamp

    /// Minutes are kept for so long, hours for ``hoursKept``.
    static let minutesKept = Duration.seconds(48 * 3_600)
    static let hoursKept = Duration.seconds(90 * 86_400)

    private static let widths: [Int64] = [
        60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400,
    ]

    /// The narrowest buckets of which at most `limit` are enough, and that are kept.
    init(since: Timestamp, until: Timestamp, limit: Int, now: Timestamp) {
        span = since >= now - Self.minutesKept ? .minute : .hour
        let least: Int64 = span == .minute ? 60 : 3_600
        let seconds = max(1, (until.microseconds - since.microseconds) / 1_000_000)
        let widths = Self.widths.filter { $0 >= least }
        width = widths.first { seconds / $0 <= Int64(limit) } ?? 86_400
        self.since = Timestamp(microseconds: since.microseconds / (width * 1_000_000) * width * 1_000_000)
        let count =
            (until.microseconds - self.since.microseconds + width * 1_000_000 - 1) / (width * 1_000_000)
        self.until = self.since + .seconds(width * max(1, min(count, Int64(limit) + 1)))
    }

    var starts: [Timestamp] {
        let count = (until.microseconds - since.microseconds) / (width * 1_000_000)
        return (0..<count).map { since + .seconds($0 * width) }
    }
}
