import Linux

/// From where a claim searches the ready index, so that it does not walk over what was claimed before.
///
/// Entries of claimed tasks stay in the index until a vacuum, which any old snapshot holds up: without a
/// bound a claim takes 0.13 ms longer for each thousand of them. A task enters the index with the time of its
/// writing and becomes visible with its commit, so the bound lies a second before the last claim; what came
/// later than that is found by the full search that is made every ten seconds.
struct ClaimWatermarks {
    private static let slack = Duration.seconds(1)
    private static let fullSearchInterval = Duration.seconds(10)

    /// By queue, then by rank, which is the priority negated.
    private var marks: [String: [Int: Timestamp]] = [:]
    private var nextFullSearch = MonotonicTime.now

    /// A stretch of the ready index of one queue: from (`low`, `since`) to the end of `high`.
    struct Range: Hashable {
        var queue: String
        var low: Int
        var since: Timestamp?
        var high: Int
        /// What the worker runs of the queue already.
        var running = 0

        init(queue: String, low: Int, since: Timestamp?, high: Int) {
            self.queue = queue
            self.low = low
            self.since = since
            self.high = high
        }

        init(everythingOf queue: String) {
            self.init(queue: queue, low: ranks.lowerBound, since: nil, high: ranks.upperBound)
        }
    }

    private static let ranks = -Int(Int16.max)...Int(Int16.max)

    /// The stretches to search, the most urgent of the first queue first.
    mutating func ranges(of queues: [String], at now: MonotonicTime = .now) -> [Range] {
        guard now < nextFullSearch else {
            nextFullSearch = now + Self.fullSearchInterval
            return queues.map(Range.init(everythingOf:))
        }
        return queues.flatMap(ranges(of:))
    }

    /// Each mark bounds its own priority; the stretch goes on until the next mark.
    private func ranges(of queue: String) -> [Range] {
        var ranges: [Range] = []
        var open = Range(everythingOf: queue)
        for (rank, since) in (marks[queue] ?? [:]).sorted(by: { $0.key < $1.key }) {
            if rank > Self.ranks.lowerBound {
                open.high = rank - 1
                ranges.append(open)
            }
            open = Range(queue: queue, low: rank, since: since, high: Self.ranks.upperBound)
        }
        return ranges + [open]
    }

    mutating func claimed(queue: String, priority: Int, readyAt: Timestamp) {
        let mark = readyAt - Self.slack
        marks[queue, default: [:]][-priority] = max(mark, marks[queue]?[-priority] ?? mark)
    }
}
