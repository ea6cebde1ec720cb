import Scheduler

/// Something that a stream tells of.
enum StreamTopic: Hashable, Sendable {
    /// One run with its steps.
    case run(RunID)
    /// All runs, as the list shows them.
    case runs
    case queues, workers

    /// The most that one connection may ask for.
    static let limit = 64

    init?(_ text: String) {
        switch text {
        case "runs": self = .runs
        case "queues": self = .queues
        case "workers": self = .workers
        default:
            guard text.hasPrefix("run:"), let run = RunID(String(text.dropFirst(4))) else { return nil }
            self = .run(run)
        }
    }

    var text: String {
        switch self {
        case .run(let run): "run:\(run)"
        case .runs: "runs"
        case .queues: "queues"
        case .workers: "workers"
        }
    }

    /// Reads `run:R,runs,queues`; 422 for what is no topic.
    static func list(_ text: String) throws(Problem) -> Set<StreamTopic> {
        var topics: Set<StreamTopic> = []
        for word in text.split(separator: ",").map(String.init) {
            guard let topic = StreamTopic(word) else {
                throw .invalid("topic “\(word)” is none of: run:ID runs queues workers")
            }
            topics.insert(topic)
        }
        guard !topics.isEmpty else {
            throw .invalid("topics names what to stream, such as topics=runs,queues")
        }
        guard topics.count <= limit else { throw .invalid("one stream has at most \(limit) topics") }
        return topics
    }
}
