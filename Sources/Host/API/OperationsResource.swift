import HTTP
import JSON
import Scheduler

/// `/v1/queues`, `/v1/workers`, `/v1/plugins`.
struct OperationsResource: Sendable {
    let api: API

    var routes: [Route] {
        [
            Route(
                "GET",
                "/v1/queues",
                .stored { _, reader, _ in
                    .page(try reader.operations.queues().map(Self.queue), cursor: nil)
                }
            ),
            Route(
                "GET",
                "/v1/workers",
                .stored { _, reader, _ in
                    .page(try reader.operations.workers().map(Self.worker), cursor: nil)
                }
            ),
            Route(
                "GET",
                "/v1/plugins",
                .plain { _ throws(Problem) in
                    .json(["items": api.plugins(), "cursor": .null])
                }
            ),
        ]
    }

    static func queue(_ queue: QueueView) -> JSONValue {
        [
            "name": .string(queue.name), "ready": .integer(Int64(queue.ready)),
            "running": .integer(Int64(queue.running)), "held": .integer(Int64(queue.held)),
            "oldest_ready_at": RunJSON.time(queue.oldestReadyAt),
        ]
    }

    static func worker(_ worker: WorkerView) -> JSONValue {
        [
            "id": .string(worker.worker.description), "alive": .bool(worker.isAlive),
            "running": .integer(Int64(worker.running)), "level": .integer(Int64(worker.level)),
            "registered_at": .string(worker.registeredAt.rfc3339),
            "expires_at": .string(worker.expiresAt.rfc3339),
            "about": (try? JSONValue.parse(worker.about)) ?? .null,
        ]
    }
}
