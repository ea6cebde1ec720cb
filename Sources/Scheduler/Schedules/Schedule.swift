import JSON

/// What is to be run, and when: the part of a schedule that its author writes.
public struct Schedule: Sendable, Hashable {
    /// What is done about an instant at which a run of the schedule has not ended.
    public enum Overlap: String, Sendable, CaseIterable {
        /// The instant is left out.
        case skip
        /// Its run starts when those before have ended.
        case queue
        /// The live runs are cancelled; its run starts when they have ended.
        case cancel
        /// Its run starts beside them.
        case allow
    }

    public enum Rhythm: Sendable, Hashable {
        case cron(String)
        case every(milliseconds: Int64)
    }

    public var name: String
    public var workflow: String
    public var input: JSONValue
    public var rhythm: Rhythm
    public var zone: String
    public var overlap: Overlap
    /// Instants that nobody saw because no server ran are made up for if they are not older than this.
    public var catchUpMilliseconds: Int64
    /// A run starts so much after its instant at most.
    public var jitterMilliseconds: Int64
    public var labels: [String: String]

    public init(
        name: String,
        workflow: String,
        input: JSONValue = [:],
        rhythm: Rhythm,
        zone: String = "UTC",
        overlap: Overlap = .skip,
        catchUpMilliseconds: Int64 = 0,
        jitterMilliseconds: Int64 = 0,
        labels: [String: String] = [:]
    ) {
        self.name = name
        self.workflow = workflow
        self.input = input
        self.rhythm = rhythm
        self.zone = zone
        self.overlap = overlap
        self.catchUpMilliseconds = catchUpMilliseconds
        self.jitterMilliseconds = jitterMilliseconds
        self.labels = labels
    }

    /// Whether both mean the same instants.
    func hasTimes(of other: Schedule) -> Bool { rhythm == other.rhythm && zone == other.zone }
}

// MARK: - As stored

extension Schedule {
    /// The stored form, but for the name; keys as the API has them.
    public var stored: JSONObject {
        var object = JSONObject([("workflow", .string(workflow)), ("input", input)])
        switch rhythm {
        case .cron(let text): object["cron"] = .string(text)
        case .every(let milliseconds): object["every"] = .string(DurationText.text(milliseconds))
        }
        object["zone"] = .string(zone)
        object["overlap"] = .string(overlap.rawValue)
        object["catch_up"] = .string(DurationText.text(catchUpMilliseconds))
        object["jitter"] = .string(DurationText.text(jitterMilliseconds))
        let sorted = labels.sorted { $0.key < $1.key }
        object["labels"] = .object(JSONObject(sorted.map { ($0.key, .string($0.value)) }))
        return object
    }

    /// Reads the stored form; nil for what this release does not know.
    init?(name: String, stored text: String) {
        guard let object = try? JSONValue.parse(text), let workflow = object["workflow"]?.stringValue,
            let overlap = object["overlap"]?.stringValue.flatMap(Overlap.init),
            let rhythm = Self.rhythm(object)
        else { return nil }
        self.init(
            name: name,
            workflow: workflow,
            input: object["input"] ?? [:],
            rhythm: rhythm,
            zone: object["zone"]?.stringValue ?? "UTC",
            overlap: overlap,
            catchUpMilliseconds: Self.milliseconds(object["catch_up"]) ?? 0,
            jitterMilliseconds: Self.milliseconds(object["jitter"]) ?? 0
        )
        for (label, value) in object["labels"]?.objectValue ?? [:] { labels[label] = value.stringValue }
    }

    private static func rhythm(_ object: JSONValue) -> Rhythm? {
        if let cron = object["cron"]?.stringValue { return .cron(cron) }
        return milliseconds(object["every"]).map { .every(milliseconds: $0) }
    }

    private static func milliseconds(_ value: JSONValue?) -> Int64? {
        value?.stringValue.flatMap(DurationText.milliseconds)
    }
}
