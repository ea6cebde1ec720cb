import JSON
import Linux

/// A run and its steps as `pawl run watch` knows them, kept up to date by the stream's events.
struct RunTree {
    struct Step {
        var number: Int
        var status: String
        var started: Timestamp?
        var ended: Timestamp?
        /// From start to end of each attempt; the last may still run.
        var attempts: [(status: String, start: Timestamp, end: Timestamp?)] = []
        var error: String?
        /// Of the history, as it was when this was told.
        var seq: Int64
    }

    private(set) var run: JSONValue
    private(set) var steps: [String: Step] = [:]
    /// The paths of the steps directly below each, in order; those of the run are below "".
    private(set) var children: [String: [String]] = [:]
    private let lastSeq: Int64

    /// A run as it was read, and then its steps.
    init(run: JSONValue, steps listed: [JSONValue]) {
        self.run = run
        lastSeq = run["last_seq"]?.integerValue ?? 0
        for step in listed { put(step, seq: lastSeq) }
    }

    var hasEnded: Bool { RunFollower.ended.contains(status) }
    var status: String { run["status"]?.stringValue ?? "" }

    /// Takes an event of the stream; what is older than what is known is dropped.
    mutating func hear(_ event: JSONValue) {
        // The version has the history's number in its upper bits.
        let seq = (event["version"]?.integerValue ?? 0) >> 20
        guard seq >= lastSeq else { return }
        if let step = event["step"], !step.isNull { return put(step, seq: seq) }
        guard let fresh = event["run"]?.objectValue, seq >= run["last_seq"]?.integerValue ?? 0 else { return }
        var known = run.objectValue ?? [:]
        for (key, value) in fresh { known[key] = value }
        run = .object(known)
    }

    private mutating func put(_ json: JSONValue, seq: Int64) {
        guard let path = json["path"]?.stringValue else { return }
        let known = steps[path]
        if let known, known.seq > seq { return }
        steps[path] = Step(json: json, seq: seq)
        guard known == nil else { return }
        let parent = Self.ancestors(of: path).first { steps[$0] != nil } ?? ""
        let number = steps[path]?.number ?? 0
        let siblings = children[parent] ?? []
        let place = siblings.lastIndex { (steps[$0]?.number ?? 0) < number }.map { $0 + 1 } ?? 0
        children[parent, default: []].insert(path, at: place)
    }

    /// What a path may be below of, the nearest first: `each[3]/pack#2` is below `each[3]/pack`, `each[3]`,
    /// `each`.
    static func ancestors(of path: String) -> [String] {
        var ancestors: [String] = []
        var rest = path[...]
        while let cut = rest.lastIndex(where: { "/[#~!".contains($0) }) {
            rest = rest[..<cut]
            ancestors.append(String(rest))
        }
        return ancestors
    }
}

extension RunTree.Step {
    fileprivate init(json: JSONValue, seq: Int64) {
        func time(_ value: JSONValue?) -> Timestamp? { value?.stringValue.flatMap { Timestamp(rfc3339: $0) } }
        let attempts = (json["attempts"]?.arrayValue ?? []).compactMap { attempt in
            time(attempt["started_at"]).map {
                (status: attempt["status"]?.stringValue ?? "", start: $0, end: time(attempt["ended_at"]))
            }
        }
        self.init(
            number: Int(json["number"]?.integerValue ?? 0),
            status: json["status"]?.stringValue ?? "",
            started: attempts.first?.start ?? time(json["started_at"]),
            ended: time(json["ended_at"]),
            attempts: attempts,
            error: json["error"]?["message"]?.stringValue,
            seq: seq
        )
    }

    var isOver: Bool {
        ["succeeded", "failed", "skipped", "cancelled", "compensated", "compensation_failed"].contains(status)
    }
}
