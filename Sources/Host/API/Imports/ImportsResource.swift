import HTTP
import JSON
import Scheduler

/// `POST /v1/runs/import`: keeps what `pawl run export` wrote, to be read like a run of this server.
struct ImportsResource: Sendable {
    static let path = "/v1/runs/import"
    /// More than other bodies may have: a run of 10,000 steps is some 20 MiB.
    static let bodyLimit = 64 << 20

    let api: API

    var routes: [Route] {
        [
            Route(
                "POST",
                "/v1/runs/import",
                body: .json,
                .stored { call, reader, _ in try keep(call, reader) }
            )
        ]
    }

    private func keep(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        let document = try RunDocument(call.json)
        let store = try reader.store
        let outcome = try store.keepImport(
            document.run,
            document: document.json.serialized(),
            summary: JSONValue.object(Self.summary(document)).serialized(),
            by: call.principal
        )
        guard outcome != .isOwn, let stored = try store.importedRun(document.run) else {
            throw Problem.conflict("run \(document.run) is one of this server's own, and stays as it is")
        }
        var answer = try ImportedRun(stored).answer(.run, call)
        if outcome == .new { answer.status = 201 }
        return answer
    }

    /// The run as a list shows it.
    private static func summary(_ document: RunDocument) -> JSONObject {
        var object = document.json["run"]?.objectValue ?? [:]
        object["error_type"] = object["error"]?["type"] ?? .null
        for key in [
            "started_by", "input", "output", "error", "step_counts", "waiting_for", "last_seq", "imported",
        ] {
            object[key] = nil
        }
        return object
    }
}

extension API {
    /// Answers for a run of this server, or else for one that was imported.
    func reading(
        _ part: ImportedRun.Part,
        _ handle: @escaping @Sendable (Call, Reader, Responder) throws -> HTTPResponse?
    ) -> Route.Handler {
        .stored { call, reader, responder in
            do {
                return try handle(call, reader, responder)
            } catch let error as RunIsImported {
                guard let stored = try reader.store.importedRun(error.run) else { throw error }
                return try ImportedRun(stored).answer(part, call)
            }
        }
    }
}
