import Linux

/// Steps that the database lists for a worker and that do not run in it, and since when.
///
/// The reply to their claim was lost, or is on its way: only time tells. Heartbeats do not, for a hint may
/// bring two within a millisecond.
package struct StrangerWatch: Sendable {
    private var firstSeen: [Int64: MonotonicTime] = [:]

    package init() {}

    /// Those of the strangers of now that have been strangers for so long.
    package mutating func lost(
        among strangers: Set<Int64>,
        at now: MonotonicTime,
        after patience: Duration
    ) -> Set<Int64> {
        firstSeen = firstSeen.filter { strangers.contains($0.key) }
        for token in strangers where firstSeen[token] == nil { firstSeen[token] = now }
        return strangers.filter { firstSeen[$0].map { now >= $0 + patience } ?? false }
    }
}
