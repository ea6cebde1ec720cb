import HTTP
import Scheduler

/// `GET /v1/stream`: what changes, as server-sent events.
struct StreamResource: Sendable {
    let api: API

    var routes: [Route] {
        [
            Route(
                "GET",
                "/v1/stream",
                .stored { call, reader, responder in
                    try listen(call, reader, responder)
                    return nil
                }
            )
        ]
    }

    /// Begins now, or after `Last-Event-ID`; a browser's first request names it as `?last_event_id=`.
    private func listen(_ call: Call, _ reader: Reader, _ responder: Responder) throws {
        var topics = try StreamTopic.list(call.query("topics") ?? "")
        let runs = topics.compactMap { topic -> RunID? in
            if case .run(let run) = topic { run } else { nil }
        }
        let known = try reader.runs.versions(of: runs)
        for run in runs where known[run] == nil {
            guard try reader.store.importedRun(run) != nil else { throw Problem.notFound("run \(run)") }
            // It never changes.
            topics.remove(.run(run))
        }
        let id = call.request.headers["Last-Event-ID"] ?? call.query("last_event_id")
        api.streams.listen(to: topics, from: try cursor(id), responder)
    }

    private func cursor(_ id: String?) throws(Problem) -> StreamCursor? {
        guard let id, !id.isEmpty else { return nil }
        guard let cursor = StreamCursor(id) else {
            throw .invalid("Last-Event-ID “\(id)” is no id of an event of this stream")
        }
        return cursor
    }
}
