import HTTP
import JSON
import Scheduler

/// `/v1/queues/{name}` and `/v1/workers/{worker}/drain`: what operators say of queues and workers.
struct QueuesResource: Sendable {
    let api: API

    var routes: [Route] {
        [
            Route("GET", "/v1/queues/{name}", .stored { call, reader, _ in try show(call, reader) }),
            Route(
                "PUT",
                "/v1/queues/{name}",
                body: .json,
                .stored { call, reader, _ in
                    let name = try Self.name(call)
                    try reader.store.configure(name, try Self.settings(call.json))
                    return try show(call, reader)
                }
            ),
            Route(
                "POST",
                "/v1/queues/{name}/pause",
                body: .json,
                .stored { call, reader, _ in
                    _ = try FieldReader.reason(call.json)
                    try reader.store.pause(try Self.name(call), true)
                    return try show(call, reader)
                }
            ),
            Route(
                "POST",
                "/v1/queues/{name}/resume",
                body: .json,
                .stored { call, reader, _ in
                    _ = try FieldReader.reason(call.json)
                    try reader.store.pause(try Self.name(call), false)
                    wake()
                    return try show(call, reader)
                }
            ),
            Route(
                "POST",
                "/v1/workers/{worker}/drain",
                body: .json,
                .stored { call, reader, _ in
                    _ = try FieldReader.reason(call.json)
                    return try drain(call, reader)
                }
            ),
        ]
    }

    /// What was held back may be claimed at once.
    private func wake() {
        api.engine.worker?.expectWork()
        api.engine.dispatch()
    }

    private static func name(_ call: Call) throws(Problem) -> String {
        let name = call.parameter("name")
        guard (1...256).contains(name.unicodeScalars.count), !name.utf8.contains(0) else {
            throw .invalid("the name of a queue is a text of 1 to 256 characters")
        }
        return name
    }

    private func show(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        let name = try Self.name(call)
        guard let queue = try reader.operations.queues().first(where: { $0.name == name }) else {
            throw Problem.notFound(
                "queue “\(name)”: nothing is in it, no worker serves it, nothing is said of it"
            )
        }
        return .json(OperationsResource.queue(queue))
    }

    /// The body is `{ weight?, concurrency?, rate?: { limit, per } }`; what is left out is as if never said.
    private static func settings(_ body: JSONValue) throws(Problem) -> QueueSettings {
        guard let object = body.objectValue else {
            throw .invalid("the body is an object with “weight”, “concurrency” and “rate”")
        }
        var reader = FieldReader(object)
        reader.refuseUnknown(besides: ["weight", "concurrency", "rate"])
        var settings = QueueSettings()
        settings.weight = reader.integer("weight", in: QueueSettings.weights) ?? 1
        settings.concurrency = reader.integer("concurrency", in: QueueSettings.limits)
        settings.rate = rate(object["rate"], &reader)
        guard reader.errors.isEmpty else { throw .invalid("the request has mistakes", errors: reader.errors) }
        return settings
    }

    private static func rate(_ value: JSONValue?, _ reader: inout FieldReader) -> QueueSettings.Rate? {
        guard let value, !value.isNull else { return nil }
        var members = FieldReader(value.objectValue ?? [:])
        members.refuseUnknown(besides: ["limit", "per"])
        let limit = members.integer("limit", in: QueueSettings.limits)
        let per = members.text("per").flatMap(DurationText.milliseconds) ?? 0
        guard members.errors.isEmpty, let limit, per > 0 else {
            reader.fail("rate", "“rate” is { limit, per }: a whole number, and a duration such as 1s")
            return nil
        }
        return QueueSettings.Rate(limit: limit, milliseconds: per)
    }

    private func drain(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        let name = call.parameter("worker")
        let known = try reader.operations.workers().first { $0.worker.description == name }
        guard let known else { throw Problem.notFound("worker “\(name)”") }
        guard known.isAlive, try reader.store.drain(known.worker) else {
            throw Problem.conflict("worker \(name) is not alive: its steps go to others by themselves")
        }
        let after = try reader.operations.workers().first { $0.worker == known.worker }
        return .json(OperationsResource.worker(after ?? known))
    }
}
