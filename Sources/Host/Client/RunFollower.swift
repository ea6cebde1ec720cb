import HTTP
import JSON
import Linux
import Wording

/// Follows a run: prints each step as it happens, on stderr, until the run has ended.
struct RunFollower {
    private let client: APIClient
    private let run: String
    private var started: [String: String] = [:]
    private let isColoured: Bool

    init(_ client: APIClient, run: String) {
        self.client = client
        self.run = run
        isColoured = StandardStream.error.isColoured
    }

    /// Returns the run as it ended.
    mutating func follow() throws(CommandFailure) -> JSONValue {
        let perseverance = Perseverance()
        var seq = 0
        while true {
            let page = try perseverance.persist { () throws(CommandFailure) in
                try client.get(
                    "/v1/runs/\(run)/history?after=\(seq)&limit=500&wait=20s",
                    timeout: .seconds(60)
                )
            }
            let events = page["items"]?.arrayValue ?? []
            for event in events {
                seq = Int(event["seq"]?.integerValue ?? 0)
                show(event)
                if Self.ends.contains(event["type"]?.stringValue ?? "") {
                    return try perseverance.persist(current)
                }
            }
            if events.isEmpty {
                let current = try perseverance.persist(current)
                if Self.ended.contains(current["status"]?.stringValue ?? "") { return current }
            }
        }
    }

    private func current() throws(CommandFailure) -> JSONValue { try client.get("/v1/runs/\(run)") }

    static let ended: Set<String> = ["succeeded", "failed", "cancelled", "terminated"]
    private static let ends: Set<String> = ["run.succeeded", "run.failed", "run.cancelled", "run.terminated"]

    /// A status as a word with a glyph and a colour; the word alone says it all.
    private static let marks: [String: (glyph: String, colour: Int)] = [
        "step.succeeded": ("✓", 32), "step.failed": ("✗", 31), "step.skipped": ("–", 90),
        "step.cancelled": ("■", 33), "attempt.failed": ("↻", 33), "attempt.lost": ("↻", 33),
        "step.waiting": ("◷", 36), "compensation.started": ("↶", 35), "compensation.completed": ("↶", 35),
        "compensation.failed": ("✗", 31), "run.started": ("▶", 36), "run.succeeded": ("✓", 32),
        "run.failed": ("✗", 31), "run.cancelled": ("■", 33), "run.terminated": ("■", 31),
        "run.paused": ("‖", 33), "run.frozen": ("❄", 36), "run.resumed": ("▶", 36),
        "step.queued": ("·", 90),
    ]

    private mutating func show(_ event: JSONValue) {
        let type = event["type"]?.stringValue ?? ""
        let at = event["at"]?.stringValue ?? ""
        if type == "step.queued", let path = event["path"]?.stringValue {
            started[path] = started[path] ?? at
        }
        guard let mark = Self.marks[type] else { return }
        let word = type.split(separator: ".").last.map(String.init) ?? type
        let subject = event["path"]?.stringValue ?? (type.hasPrefix("compensation") ? "compensation" : "run")
        var line = "\(mark.glyph) \(word.padded(to: 10)) \(subject)"
        if let error = event["data"]?["error"]?["message"]?.stringValue {
            let kind = event["data"]?["error"]?["type"]?.stringValue.map { "\($0): " } ?? ""
            line += "  \(kind)\(error)"
        }
        line = line.visible()
        let time = at.dropFirst(11).dropLast(1)
        let text = isColoured ? "\u{1B}[\(mark.colour)m\(line)\u{1B}[0m" : line
        StandardStream.error.write("\(time)  \(text)\n")
    }
}
