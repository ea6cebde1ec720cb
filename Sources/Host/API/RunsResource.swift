import HTTP
import JSON
import Linux
import Scheduler

/// `/v1/runs`: starting, listing and showing runs.
struct RunsResource: Sendable {
    let api: API

    var routes: [Route] {
        [
            Route(
                "POST",
                "/v1/runs",
                body: .json,
                key: .own,
                .stored { call, reader, responder in
                    try start(call, reader, responder)
                    return nil
                }
            ),
            Route("GET", "/v1/runs", .stored { call, reader, _ in try list(call, reader) }),
            Route(
                "GET",
                "/v1/runs/{run}",
                api.reading(.run) { call, reader, responder in try show(call, reader, responder) }
            ),
            Route(
                "GET",
                "/v1/runs/{run}/steps",
                api.reading(.steps) { call, reader, _ in try steps(call, reader) }
            ),
        ]
    }

    private func start(_ call: Call, _ reader: Reader, _ responder: Responder) throws {
        let start = RunStart(api: api)
        let run = try start.newRun()
        let request = try RunRequest(call.json, now: api.engine.clock.now)
        let definition = try start.definition(request.workflow, version: request.version, reader)
        let submission = Submission(
            run: run,
            input: Payload(try start.checked(request.input, for: definition.stored)),
            key: request.key,
            labels: definition.stored.compiled.labels.merging(request.labels) { $1 },
            priority: request.priority,
            startAt: request.startAt,
            actor: Actor(name: call.principal)
        )
        try start.post(submission, definition, call, reader, responder)
    }

    private func list(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        let limit = try call.limit()
        if try call.flag("imported") { return try imported(call, reader, limit: limit) }
        let filter = try RunFilterReader.filter(of: call)
        let page = try reader.runs.runs(filter, after: try Self.cursor(call), limit: limit)
        let last = page.count == limit ? page.last?.run.description : nil
        return .page(page.map { .object(RunJSON.summary($0)) }, cursor: last)
    }

    /// Those that were imported, whatever else the query says.
    private func imported(_ call: Call, _ reader: Reader, limit: Int) throws -> HTTPResponse {
        let page = try reader.store.importedRuns(after: try Self.cursor(call), limit: limit)
        let last = page.count == limit ? page.last?.run.description : nil
        return .page(try page.map { try JSONValue.parse($0.summary) }, cursor: last)
    }

    private static func cursor(_ call: Call) throws -> RunID? {
        guard let text = call.query("cursor") else { return nil }
        guard let run = RunID(text) else { throw Problem.invalid("the cursor is not one that a list gave") }
        return run
    }

    private func show(_ call: Call, _ reader: Reader, _ responder: Responder) throws -> HTTPResponse? {
        let run = try api.run(call, reader)
        guard let wait = try call.wait() else { return .json(RunJSON.detail(try api.detail(run, reader))) }
        let look: LongPolls.Look = { (reader: Reader, isLast: Bool) throws -> HTTPResponse? in
            if !isLast, try reader.run.isLive(run) { return nil }
            return .json(RunJSON.detail(try api.detail(run, reader)))
        }
        let deadline = MonotonicTime.now + wait
        return try api.polls.wait(for: run, until: deadline, everyMove: false, reader, responder, look)
    }

    private func steps(_ call: Call, _ reader: Reader) throws -> HTTPResponse {
        let run = try api.run(call, reader)
        let limit = try call.limit()
        let withPayloads = try call.flag("outputs")
        let statuses = try call.statuses(StepStatus.self)
        let after = try call.cursor()
        let page = try reader.run.steps(
            of: run,
            statuses: statuses,
            after: after,
            limit: limit,
            withPayloads: withPayloads
        )
        if page.isEmpty { _ = try api.detail(run, reader) }
        let cursor = page.count == limit ? page.last.map { String($0.step) } : nil
        return .page(page.map { RunJSON.step($0, withPayloads: withPayloads) }, cursor: cursor)
    }
}

extension Call {
    /// The words of a list such as `?status=failed,cancelled`.
    func statuses<Status: RawRepresentable & Hashable & CaseIterable>(
        _ type: Status.Type,
        in name: String = "status"
    ) throws(Problem) -> Set<Status> where Status.RawValue == String {
        var statuses: Set<Status> = []
        for word in (query(name) ?? "").split(separator: ",").map(String.init) {
            guard let status = Status(rawValue: word) else {
                let known = Status.allCases.map(\.rawValue).joined(separator: " ")
                throw .invalid("\(name) “\(word)” is none of: \(known)")
            }
            statuses.insert(status)
        }
        return statuses
    }

    func time(_ name: String) throws(Problem) -> Timestamp? {
        guard let text = query(name) else { return nil }
        guard let time = Timestamp(rfc3339: text) else {
            throw .invalid("\(name) “\(text)” is no RFC 3339 time")
        }
        return time
    }

    /// `?wait=30s`, at most one minute.
    func wait() throws(Problem) -> Duration? {
        guard let text = query("wait") else { return nil }
        guard let milliseconds = DurationText.milliseconds(text) else {
            throw .invalid("wait “\(text)” is no duration such as 30s")
        }
        return min(.milliseconds(milliseconds), .seconds(60))
    }
}
