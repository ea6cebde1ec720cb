import HTTP
import JSON
import Scheduler

/// `GET /v1/workflows/{name}/graph`: a workflow laid out, so that whoever draws it only paints.
struct WorkflowGraphResource: Sendable {
    let api: API

    var routes: [Route] {
        [
            Route(
                "GET",
                "/v1/workflows/{name}/graph",
                .stored { call, reader, _ in try graph(call, reader) }
            )
        ]
    }

    private func graph(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        let name = call.parameter("name")
        let version = try call.version()
        guard let stored = try reader.store.definition(of: name, version: version) else {
            throw Problem.notFound("workflow “\(name)”" + (version.map { " version \($0)" } ?? ""))
        }
        return .json(try JSONValue(encoding: WorkflowGraph(stored.compiled, version: stored.version)))
    }
}
