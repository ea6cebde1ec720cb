import Cron
import HTTP
import JSON
import Linux
import Scheduler
import Wording

/// `/v1/schedules`: what runs when.
struct SchedulesResource: Sendable {
    let api: API

    var routes: [Route] {
        [
            Route("GET", "/v1/schedules", .stored { call, reader, _ in try list(call, reader) }),
            Route("GET", "/v1/schedules/{name}", .stored { call, reader, _ in try show(call, reader) }),
            Route(
                "PUT",
                "/v1/schedules/{name}",
                body: .json,
                .stored { call, reader, _ in try put(call, reader) }
            ),
            Route("DELETE", "/v1/schedules/{name}", .stored { call, reader, _ in try delete(call, reader) }),
            Route("GET", "/v1/schedules/{name}/next", .stored { call, reader, _ in try next(call, reader) }),
            Route(
                "GET",
                "/v1/schedules/{name}/fires",
                .stored { call, reader, _ in try fires(call, reader) }
            ),
            Route(
                "POST",
                "/v1/schedules/{name}/pause",
                body: .json,
                .stored { call, reader, _ in try setPaused(true, call, reader) }
            ),
            Route(
                "POST",
                "/v1/schedules/{name}/resume",
                body: .json,
                .stored { call, reader, _ in try setPaused(false, call, reader) }
            ),
            Route(
                "POST",
                "/v1/schedules/{name}/trigger",
                body: .json,
                key: .own,
                .stored { call, reader, responder in
                    try ScheduleTrigger(api: api).begin(call, try schedule(call, reader), reader, responder)
                    return nil
                }
            ),
            Route(
                "POST",
                "/v1/schedules/{name}/backfill",
                body: .json,
                .stored { call, reader, _ in try backfill(call, reader) }
            ),
        ]
    }

    private func schedule(_ call: Call, _ reader: Reader) throws -> ScheduleView {
        let name = call.parameter("name")
        guard let view = try reader.schedules.schedule(name) else {
            throw Problem.notFound("schedule “\(name)”")
        }
        return view
    }

    private func answer(_ view: ScheduleView, status: Int = 200) -> HTTPResponse {
        .json(ScheduleJSON.schedule(view, now: api.engine.clock.now), status: status)
    }

    private func list(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        let limit = try call.limit()
        let page = try reader.schedules.schedules(after: try call.nameCursor(), limit: limit)
        let now = api.engine.clock.now
        return .page(
            page.map { ScheduleJSON.schedule($0, now: now) },
            cursor: page.count == limit ? page.last?.schedule.name : nil
        )
    }

    private func show(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        answer(try schedule(call, reader))
    }

    private func put(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        let request = try ScheduleRequest(call.parameter("name"), call.json)
        let errors = request.errors + (try workflowErrors(request.schedule, reader))
        guard errors.isEmpty else { throw Problem.invalid("the schedule has mistakes", errors: errors) }
        let applied = try reader.store.put(request.schedule, isPaused: request.isPaused)
        api.cron.wake()
        return answer(try schedule(call, reader), status: applied.isNew ? 201 : 200)
    }

    /// What is wrong with the workflow and its input, by the newest version.
    private func workflowErrors(_ schedule: Schedule, _ reader: Reader) throws -> [JSONValue] {
        guard !schedule.workflow.isEmpty else { return [] }
        guard let stored = try reader.store.definition(of: schedule.workflow) else {
            let names = try reader.definitions.workflows(after: nil, limit: 500).map(\.name)
            var error: JSONObject = [
                "pointer": "/workflow", "message": .string("there is no workflow “\(schedule.workflow)”"),
            ]
            error["hint"] = NearestName.hint(for: schedule.workflow, among: names).map { .string($0) }
            return [.object(error)]
        }
        guard case .violates(let violations) = try api.inputs.check(schedule.input, for: stored) else {
            return []
        }
        return violations.map {
            ["pointer": .string("/input\($0.pointer)"), "message": .string($0.message)]
        }
    }

    private func delete(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        let name = call.parameter("name")
        guard try reader.store.deleteSchedule(name) else { throw Problem.notFound("schedule “\(name)”") }
        return HTTPResponse(status: 204)
    }

    private func setPaused(_ isPaused: Bool, _ call: Call, _ reader: Reader) throws -> HTTPResponse {
        let name = call.parameter("name")
        let reason = try FieldReader.reason(call.json)
        guard try reader.store.setPaused(isPaused, schedule: name, reason: reason) else {
            throw Problem.notFound("schedule “\(name)”")
        }
        api.cron.wake()
        return answer(try schedule(call, reader))
    }

    private func next(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        let view = try schedule(call, reader)
        let zone = (try? ZoneFiles().zone(view.schedule.zone)) ?? .utc
        let timetable = try Timetable(view.schedule)
        let limit = call.query("limit") == nil ? 5 : try call.limit()
        var instant = try call.time("from") ?? max(api.engine.clock.now, view.cursor)
        var items: [JSONValue] = []
        while items.count < limit, let next = timetable.next(after: instant) {
            items.append(ScheduleJSON.instant(next, in: zone))
            instant = next
        }
        return .page(items, cursor: nil)
    }

    private func fires(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        let view = try schedule(call, reader)
        let limit = try call.limit()
        let before = try call.query("cursor").map { text in
            guard let microseconds = Int64(text) else {
                throw Problem.invalid("the cursor is not one that a list gave")
            }
            return Timestamp(microseconds: microseconds)
        }
        let page = try reader.schedules.fires(of: view.id, before: before, limit: limit)
        let cursor = page.count == limit ? page.last.map { String($0.fire.instant.microseconds) } : nil
        return .page(page.map(ScheduleJSON.fire), cursor: cursor)
    }

    /// More instants are not made up for at once.
    private static let backfillLimit = 10_000

    private func backfill(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        let view = try schedule(call, reader)
        guard let object = call.json.objectValue else {
            throw Problem.invalid("the body is an object with “since” and “until”")
        }
        var fields = FieldReader(object)
        fields.refuseUnknown(besides: ["since", "until", "reason"])
        let (since, until) = (fields.time("since"), fields.time("until"))
        let reason = fields.longText("reason")
        if let since, let until, since >= until { fields.fail("until", "“until” is not after “since”") }
        guard fields.errors.isEmpty, let since, let until else {
            throw Problem.invalid("the request has mistakes", errors: fields.errors)
        }
        // What is yet to come fires by itself.
        let end = min(until, api.engine.clock.now)
        let instants = try Timetable(view.schedule)
            .instants(since: since, until: end, limit: Self.backfillLimit + 1)
        guard instants.count <= Self.backfillLimit else {
            throw Problem.invalid("there are more than \(Self.backfillLimit) instants: take a shorter time")
        }
        let queued = try reader.store.backfill(view.id, instants, reason: reason)
        api.cron.wake()
        return .json(["instants": .integer(Int64(instants.count)), "queued": .integer(Int64(queued))])
    }
}

extension FieldReader {
    fileprivate mutating func time(_ key: String) -> Timestamp? {
        guard let text = text(key, isRequired: true) else { return nil }
        let time = Timestamp(rfc3339: text)
        if time == nil { fail(key, "“\(text)” is no RFC 3339 time such as 2026-01-31T09:00:00Z") }
        return time
    }
}
