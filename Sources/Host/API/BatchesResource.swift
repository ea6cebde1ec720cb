import HTTP
import JSON
import Scheduler

/// `/v1/batches`: one action on all runs that match a filter.
struct BatchesResource: Sendable {
    let api: API

    /// Failures that are told with a batch, and runs with a dry run.
    private static let shown = 500

    var routes: [Route] {
        [
            Route(
                "POST",
                "/v1/batches",
                body: .json,
                key: .own,
                .stored { call, reader, _ in try create(call, reader) }
            ),
            Route("GET", "/v1/batches", .stored { call, reader, _ in try list(call, reader) }),
            Route("GET", "/v1/batches/{id}", .stored { call, reader, _ in try show(call, reader) }),
        ]
    }

    private func create(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        let request = try BatchRequest(call.json)
        let order = BatchOrder(
            id: BatchID(at: api.engine.clock.now),
            action: request.action,
            filter: request.filter,
            filterText: request.filterText,
            actor: Actor(name: call.principal, reason: request.reason)
        )
        if request.isDry { return try preview(order, reader) }
        let key = { (answer: JSONValue) in call.idempotency(target: "batches", answer: answer) }
        if let first = try replay(key(.null), reader) { return first }
        let batch: RunBatch
        do {
            batch = try reader.store.create(order) { key(Self.json($0)) }
        } catch {
            // The same request may have come twice at once.
            guard let first = try replay(key(.null), reader) else { throw error }
            return first
        }
        api.batches.wake()
        return .json(Self.json(batch), status: 201)
    }

    private func replay(_ claim: IdempotencyClaim?, _ reader: Reader) throws -> HTTPResponse? {
        guard let claim, let first = try reader.runs.earlierAnswer(claim) else { return nil }
        return .repeated(first, status: 201)
    }

    /// What a batch would be about, and nothing is done.
    private func preview(_ order: BatchOrder, _ reader: Reader) throws -> HTTPResponse {
        let runs = try reader.runs.runs(order.filter, limit: Self.shown)
        return .json([
            "action": .string(order.action.rawValue), "dry_run": true,
            "total": .integer(Int64(try reader.runs.count(order.filter))),
            "runs": .array(runs.map { .object(RunJSON.summary($0)) }),
        ])
    }

    private func list(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        let limit = try call.limit()
        let after = try call.query("cursor").map { text in
            guard let id = BatchID(text) else {
                throw Problem.invalid("the cursor is not one that a list gave")
            }
            return id
        }
        let page = try reader.store.batches(after: after, limit: limit)
        let last = page.count == limit ? page.last?.id.description : nil
        return .page(page.map(Self.json), cursor: last)
    }

    private func show(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        let name = call.parameter("id")
        guard let id = BatchID(name), let batch = try reader.store.batch(id) else {
            throw Problem.notFound("batch “\(name)”")
        }
        var object = Self.json(batch).objectValue ?? [:]
        let failures = try reader.store.failures(of: id, limit: Self.shown)
        object["failures"] = .array(
            failures.map {
                ["run": .string($0.run.description), "reason": .string($0.failure ?? "")]
            }
        )
        return .json(.object(object))
    }

    private static func json(_ batch: RunBatch) -> JSONValue {
        [
            "id": .string(batch.id.description),
            "status": .string(batch.endedAt == nil ? "running" : "completed"),
            "action": .string(batch.action.rawValue),
            "filter": (try? JSONValue.parse(batch.filterText)) ?? .null,
            "reason": batch.actor.reason.map { .string($0) } ?? .null,
            "started_by": .string(batch.actor.name), "total": .integer(Int64(batch.total)),
            "done": .integer(Int64(batch.done)), "failed": .integer(Int64(batch.failed)),
            "created_at": .string(batch.createdAt.rfc3339), "ended_at": RunJSON.time(batch.endedAt),
        ]
    }
}

/// The body of `POST /v1/batches`, checked.
private struct BatchRequest {
    var action: BatchAction
    var filter: RunFilter
    var filterText: String
    var reason: String?
    var isDry: Bool

    init(_ body: JSONValue) throws(Problem) {
        guard let object = body.objectValue else {
            throw .invalid("the body is an object with “filter” and “action”")
        }
        var fields = FieldReader(object)
        fields.refuseUnknown(besides: ["filter", "action", "reason", "dry_run"])
        let action = fields.choice("action", of: BatchAction.allCases)
        reason = fields.longText("reason")
        isDry = fields.flag("dry_run")
        let given = object["filter"]?.objectValue ?? [:]
        let reader = RunFilterReader(given)
        if given.isEmpty {
            fields.fail(
                "filter",
                "“filter” is an object with one condition at least",
                hint: "all runs of a time are { since: … }"
            )
        }
        fields.add(reader.errors, below: "filter")
        try fields.check()
        guard let action else { throw .invalid("the request has mistakes") }
        self.action = action
        filter = reader.filter
        filterText = JSONValue.object(given).serialized()
    }
}
