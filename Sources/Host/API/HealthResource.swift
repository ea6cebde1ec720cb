import HTTP
import JSON
import Scheduler

/// `/healthz`, `/readyz`: open to probes.
struct HealthResource: Sendable {
    let api: API

    var routes: [Route] {
        [
            Route(
                "GET",
                "/healthz",
                access: .open,
                .plain { _ throws(Problem) in .json(["status": "alive"]) }
            ),
            Route("GET", "/readyz", access: .open, .stored { _, reader, _ in try ready(reader) }),
        ]
    }

    /// 200 with `ready` or `degraded`; the database away is a 503.
    private func ready(_ reader: Reader) throws -> HTTPResponse {
        _ = try reader.operations.queues()
        guard let problem = api.redisProblem() else {
            return .json(["status": "ready", "postgres": "ok", "redis": "ok"])
        }
        return .json(["status": "degraded", "postgres": "ok", "redis": .string(problem)])
    }
}
