import Linux
import Scheduler

/// Which runs have changed from one look at the database to the next.
///
/// It is kept only while somebody listens, and knows the newest live runs and those that were created lately;
/// so each look costs two short questions, whatever the database holds.
struct RunsFeed {
    static let liveLimit = 1_000
    static let createdLimit = 1_000
    /// A run may become visible so much later than its id says.
    private static let lateness = Duration.seconds(30)

    private var live: [RunID: RunVersion]?
    private var created: Set<RunID> = []

    /// The runs that changed since the last look; none at the first, from which on changes are seen.
    mutating func look(_ runs: RunQueries, now: Timestamp) throws -> Set<RunID> {
        let seen = try runs.liveVersions(limit: Self.liveLimit)
        let recent = Set(try runs.created(since: now - Self.lateness, limit: Self.createdLimit))
        defer {
            live = seen
            created = recent
        }
        guard let live else { return [] }
        let moved = seen.filter { live[$0.key] != $0.value }.keys
        let ended = live.keys.filter { seen[$0] == nil }
        return Set(moved).union(ended).union(recent.subtracting(created))
    }
}
