import HTTP
import JSON
import Scheduler

/// One event of a stream: what an entity is now, and its version.
///
/// An entity's version only rises; whoever gets one that is not newer than what it has drops it.
struct StreamEvent: Sendable {
    var name: String
    var data: JSONValue

    /// An entity: `{ topic, id, version, NAME: … }`; its value is null once it is gone.
    static func entity(
        _ name: String,
        topic: StreamTopic,
        id: String,
        version: Int64,
        _ value: JSONValue
    ) -> StreamEvent {
        var data = JSONObject([
            ("topic", .string(topic.text)), ("id", .string(id)), ("version", .integer(version)),
        ])
        data[name] = value
        return StreamEvent(name: name, data: .object(data))
    }

    /// The client has missed too much of a topic: it reads anew what it shows.
    static func reset(_ topic: StreamTopic, _ reason: String) -> StreamEvent {
        StreamEvent(name: "reset", data: ["topic": .string(topic.text), "reason": .string(reason)])
    }

    /// The first event, so that a client knows at once that it is connected.
    static func hello(_ topics: Set<StreamTopic>) -> StreamEvent {
        let names = topics.map(\.text).sorted().map { JSONValue.string($0) }
        return StreamEvent(
            name: "hello",
            data: ["topics": .array(names), "release": .string(Release.version)]
        )
    }

    func bytes(id: String = "") -> [UInt8] {
        ServerSentEvent(event: name, data: data.serialized(), id: id).bytes
    }
}
