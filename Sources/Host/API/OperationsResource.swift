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
                .stored { call, reader, _ in
                    try .page(all: reader.operations.queues().map(Self.queue), of: call)
                }
            ),
            Route(
                "GET",
                "/v1/workers",
                .stored { call, reader, _ in
                    try .page(all: reader.operations.workers().map(Self.worker), of: call)
                }
            ),
            Route(
                "GET",
                "/v1/plugins",
                .plain { call throws(Problem) in
                    try .page(all: api.plugins().arrayValue ?? [], of: call)
                }
            ),
        ]
    }

    static func queue(_ queue: QueueView) -> JSONValue {
        let settings = queue.settings
        let age = queue.oldestReadyAt.map { ($0.microseconds, queue.now.microseconds) }
        return [
            "name": .string(queue.name), "depth": .integer(Int64(queue.ready + queue.blocked)),
            "ready": .integer(Int64(queue.ready)), "blocked": .integer(Int64(queue.blocked)),
            "running": .integer(Int64(queue.running)), "held": .integer(Int64(queue.held)),
            "oldest_ready_at": RunJSON.time(queue.oldestReadyAt),
            "oldest_age_ms": age.map { .integer(max(0, $1 - $0) / 1_000) } ?? .null,
            "workers": .integer(Int64(queue.workers)), "paused": .bool(settings.isPaused),
            "weight": .integer(Int64(settings.weight)),
            "concurrency": settings.concurrency.map { .integer(Int64($0)) } ?? .null,
            "rate": settings.rate.map { rate in
                [
                    "limit": .integer(Int64(rate.limit)),
                    "per": .string(DurationText.text(rate.milliseconds)),
                ]
            } ?? .null,
        ]
    }

    static func worker(_ worker: WorkerView) -> JSONValue {
        [
            "id": .string(worker.worker.description), "alive": .bool(worker.isAlive),
            "draining": .bool(worker.isDraining),
            "running": .integer(Int64(worker.running)), "level": .integer(Int64(worker.level)),
            "registered_at": .string(worker.registeredAt.rfc3339),
            "expires_at": .string(worker.expiresAt.rfc3339),
            "about": (try? JSONValue.parse(worker.about)) ?? .null,
        ]
    }
}
