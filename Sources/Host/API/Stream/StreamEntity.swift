import JSON
import Linux
import Scheduler

/// A queue or a worker as a stream tells of it; its version is the time at which it was seen.
struct StreamEntity: Sendable {
    let topic: StreamTopic
    let id: String
    let value: JSONValue

    /// What a listener remembers it by.
    var key: String { "\(topic.text) \(id)" }

    func event(at time: Timestamp) -> StreamEvent {
        .entity(Self.name(of: topic), topic: topic, id: id, version: time.microseconds, value)
    }

    /// The event of an entity that is there no more.
    static func gone(_ key: String, at time: Timestamp) -> [StreamEvent] {
        let parts = key.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let topic = StreamTopic(parts[0]) else { return [] }
        return [StreamEntity(topic: topic, id: parts[1], value: .null).event(at: time)]
    }

    /// What there is of the topics that somebody listens to.
    static func all(of topics: Set<StreamTopic>, _ operations: OperationsQueries) throws -> [StreamEntity] {
        var entities: [StreamEntity] = []
        if topics.contains(.queues) {
            entities += try operations.queues().map { queue in
                var value = OperationsResource.queue(queue).objectValue ?? JSONObject()
                // It grows while nothing changes; the time since when tells as much.
                value["oldest_age_ms"] = nil
                return StreamEntity(topic: .queues, id: queue.name, value: .object(value))
            }
        }
        if topics.contains(.workers) {
            entities += try operations.workers().map { worker in
                let value = OperationsResource.worker(worker)
                return StreamEntity(topic: .workers, id: worker.worker.description, value: value)
            }
        }
        return entities
    }

    private static func name(of topic: StreamTopic) -> String {
        switch topic {
        case .run, .runs: "run"
        case .queues: "queue"
        case .workers: "worker"
        }
    }
}
