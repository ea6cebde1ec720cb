import HTTP

/// A histogram of the engine's metrics at a moment: how many observations each bound has held so far.
struct BenchHistogram {
    /// By rising bounds in seconds; the last one is infinite.
    private var counts: [(bound: Double, count: Double)] = []

    init(_ name: String, of client: HTTPClient) throws {
        let prefix = "\(name)_bucket{le=\""
        for line in try client.send("GET", "/metrics").text.split(separator: "\n")
        where line.hasPrefix(prefix) {
            let parts = line.dropFirst(prefix.count).split(separator: "\"} ")
            guard parts.count == 2, let count = Double(parts[1]) else { continue }
            counts.append((Double(parts[0]) ?? .infinity, count))
        }
    }

    /// Milliseconds within which 99 % of the observations since an earlier moment lie.
    ///
    /// Within a bucket they are taken to lie evenly.
    func percentile99(since before: BenchHistogram) -> Double {
        let grown = counts.enumerated().map { index, now in
            let earlier = before.counts.indices.contains(index) ? before.counts[index].count : 0
            return (bound: now.bound, count: now.count - earlier)
        }
        let wanted = 0.99 * (grown.last?.count ?? 0)
        var (low, below) = (0.0, 0.0)
        for (bound, count) in grown {
            guard count >= wanted, bound.isFinite else {
                if bound.isFinite { (low, below) = (bound, count) }
                continue
            }
            let share = count > below ? (wanted - below) / (count - below) : 1
            return (low + share * (bound - low)) * 1e3
        }
        return low * 1e3
    }
}
