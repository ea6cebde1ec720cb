import HTTP
import JSON
import Scheduler

/// A run that was imported, told of by the same calls as a run of this server.
struct ImportedRun {
    /// What a call tells of a run.
    enum Part: Sendable { case run, steps, history, logs, artifacts, artifact }

    private let document: JSONValue
    private let stored: StoredImport

    init(_ stored: StoredImport) throws {
        self.stored = stored
        document = try JSONValue.parse(stored.document)
    }

    func answer(_ part: Part, _ call: Call) throws(Problem) -> HTTPResponse {
        switch part {
        case .run: .json(detail)
        case .steps: try steps(call)
        case .history: try page(items("history"), by: "seq", call)
        case .logs: try logs(call)
        case .artifacts: .page(items("artifacts"), cursor: nil)
        case .artifact: throw Problem(410, "an export tells of a run's files, and does not hold their bytes")
        }
    }

    /// The run with what an import adds: when it came, from whom, and the workflow that it is of.
    private var detail: JSONValue {
        var object = document["run"]?.objectValue ?? [:]
        object["imported"] = [
            "at": .string(stored.importedAt.rfc3339), "by": .string(stored.importedBy),
            "workflow": document["workflow"] ?? .null,
        ]
        return .object(object)
    }

    private func items(_ part: String) -> [JSONValue] { document[part]?.arrayValue ?? [] }

    private func steps(_ call: Call) throws(Problem) -> HTTPResponse {
        let statuses = Set(try call.statuses(StepStatus.self).map(\.rawValue))
        let withPayloads = try call.flag("outputs")
        let chosen = items("steps").filter { step in
            statuses.isEmpty || statuses.contains(step["status"]?.stringValue ?? "")
        }
        let shown = chosen.map { step in
            guard !withPayloads, var object = step.objectValue else { return step }
            object["input"] = nil
            object["output"] = nil
            return .object(object)
        }
        return try page(shown, by: "number", call)
    }

    /// A stream of them ends at once: the run writes no more.
    private func logs(_ call: Call) throws(Problem) -> HTTPResponse {
        let (step, attempt) = (call.query("step"), call.query("attempt").flatMap { Int64($0) })
        let lines = items("logs").filter { line in
            (step == nil || line["path"]?.stringValue == step)
                && (attempt == nil || line["attempt"]?.integerValue == attempt)
        }
        guard try call.flag("follow") else { return try page(lines, by: "position", call) }
        let events = lines.flatMap { line in
            let position = line["position"]?.serialized() ?? ""
            return ServerSentEvent(event: "log", data: line.serialized(), id: position).bytes
        }
        return HTTPResponse(
            headers: ["Content-Type": "text/event-stream", "Cache-Control": "no-store"],
            body: .bytes(events)
        )
    }

    /// The elements after a number, which rises in the list.
    private func page(_ items: [JSONValue], by member: String, _ call: Call) throws(Problem) -> HTTPResponse {
        let limit = try call.limit()
        let isFromStart = call.query("after") == nil && call.query("cursor") == nil
        let after = isFromStart ? -1 : try HistoryResource.position(call)
        let rest = items.drop { ($0[member]?.integerValue ?? 0) <= after }
        let page = Array(rest.prefix(limit))
        let last = page.last?[member]?.integerValue.map { String($0) }
        return .page(page, cursor: page.count == limit ? last : nil)
    }
}

/// A run is here to be read and for nothing else.
struct RunIsImported: Error {
    var run: RunID

    var problem: Problem {
        .conflict("run \(run) was imported for reading: it goes on, if at all, where it was exported")
    }
}
