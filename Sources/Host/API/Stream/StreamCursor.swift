import Linux
import Scheduler

/// How far a client has come: the `id` of an event, and what `Last-Event-ID` brings back.
///
/// It says all that a server needs to go on, so that any server can: none keeps anything for a client that is
/// away.
struct StreamCursor: Sendable, Hashable {
    /// How long before its time a change may have been decided that was committed after it.
    static let overlap = Duration.seconds(5)
    /// A client that was away for longer is told to read anew.
    static let memory = Duration.seconds(3_600)

    /// When the database was last asked for changes, by its clock.
    var time: Timestamp
    /// The runs that were sent, and how far.
    var versions: [RunID: RunVersion] = [:]

    init(time: Timestamp) {
        self.time = time
    }

    /// Reads the text of an id; nil for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        guard let first = parts.first, let microseconds = Int64(first, radix: 36), microseconds >= 0 else {
            return nil
        }
        time = Timestamp(microseconds: microseconds)
        for part in parts.dropFirst() {
            let sides = part.split(separator: "=", maxSplits: 1)
            guard sides.count == 2, let run = RunID("run_\(sides[0])"),
                let number = Int64(sides[1], radix: 36)
            else { return nil }
            versions[run] = RunVersion(number: number)
        }
    }

    var text: String {
        let runs = versions.sorted { $0.key < $1.key }.map { run, version in
            "\(run.description.dropFirst(4))=\(String(version.number, radix: 36))"
        }
        return ([String(time.microseconds, radix: 36)] + runs).joined(separator: ";")
    }

    /// Whether a version of a run is news to the client.
    func isNews(_ run: RunID, _ version: RunVersion) -> Bool { versions[run].map { $0 < version } ?? true }
}
