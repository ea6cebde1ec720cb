import HTTP
import JSON
import Linux
import Scheduler

/// A client of the stream, and what this connection knows of it.
struct StreamListener: Sendable {
    let topics: Set<StreamTopic>
    let stream: ResponseStream
    var watches: [RunWatchers.Watch] = []
    /// How far the client has come; nil for one that begins now.
    var cursor: StreamCursor?
    var wasGreeted = false
    /// It got all that was found until the last pass; else the database is asked what it has missed.
    var isCurrent = false
    /// The claims by token that it was told of, for each run with a topic of its own.
    var claims: [RunID: Set<Int64>] = [:]
    /// What it was last told of queues and workers.
    var entities: [String: JSONValue] = [:]
    /// When runs without a topic of their own were sent.
    var sentAt: [RunID: Timestamp] = [:]
    var lastWrite = MonotonicTime.now
    /// Since when it has taken nothing.
    var stuckSince: MonotonicTime?

    /// The runs that have a topic of their own.
    var runs: [RunID] {
        topics.compactMap { topic in
            if case .run(let run) = topic { run } else { nil }
        }
    }

    /// Notes that the client gets a version of a run.
    mutating func note(_ run: RunID, _ version: RunVersion, at time: Timestamp) {
        cursor?.versions[run] = version
        if !topics.contains(.run(run)) { sentAt[run] = time }
    }

    /// The most runs that the cursor names because they were sent lately.
    private static let recentLimit = 32

    /// Moves the cursor to a time, and forgets runs that no look back from there can find again.
    mutating func move(to time: Timestamp) {
        cursor?.time = time
        var recent = sentAt.filter { $0.value > time - StreamCursor.overlap }
        for (run, _) in recent.sorted(by: { $0.value > $1.value }).dropFirst(Self.recentLimit) {
            recent[run] = nil
        }
        for run in sentAt.keys where recent[run] == nil { cursor?.versions[run] = nil }
        sentAt = recent
    }
}
