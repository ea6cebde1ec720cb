import HTTP
import JSON
import Scheduler

/// `/healthz`, `/readyz`, open to probes, and `/metrics`.
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
            Route("GET", "/metrics", .plain { _ throws(Problem) in metrics() }),
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

    private func metrics() -> HTTPResponse {
        var lines: [String] = []
        for (name, value) in api.engine.counters.all {
            let metric = "pawl_\(name.rawValue)_total"
            lines += ["# TYPE \(metric) counter", "\(metric) \(value)"]
        }
        lines += ["# TYPE pawl_backlog gauge", "pawl_backlog \(api.engine.backlog)"]
        if let worker = api.engine.worker {
            lines += ["# TYPE pawl_steps_running gauge", "pawl_steps_running \(worker.runningCount)"]
            lines += ["# TYPE pawl_slots gauge", "pawl_slots \(worker.configuration.slots)"]
        }
        return .text(lines.joined(separator: "\n") + "\n", type: "text/plain; version=0.0.4; charset=utf-8")
    }
}
