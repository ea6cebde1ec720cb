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

    /// Events that may wait for a decision before new runs are put off.
    private static let backlogLimit = 20_000

    private func start(_ call: Call, _ reader: Reader, _ responder: Responder) throws {
        guard api.engine.backlog < Self.backlogLimit else {
            throw Problem.unavailable("too many runs wait to be written; try again shortly")
        }
        let now = api.engine.clock.now
        let request = try RunRequest(call.json, now: now)
        let definition = try definition(request, reader)
        let stored = definition.stored
        let submission = Submission(
            run: RunID(
                milliseconds: now.microseconds / 1_000,
                random: (.random(in: 0 ... .max), .random(in: 0 ... .max))
            ),
            input: Payload(try checked(request.input, for: stored)),
            key: request.key,
            labels: stored.compiled.labels.merging(request.labels) { $1 },
            priority: request.priority,
            startAt: request.startAt,
            actor: Actor(name: call.principal)
        )
        try post(submission, definition, call, reader, responder, now: now)
    }

    private func definition(_ request: RunRequest, _ reader: Reader) throws -> Definition {
        let store = try reader.store
        guard let id = try store.identity(of: request.workflow, version: request.version),
            let definition = try api.engine.definitions.get(id, from: store)
        else {
            let version = request.version.map { " version \($0)" } ?? ""
            throw Problem.notFound("workflow “\(request.workflow)”\(version)")
        }
        return definition
    }

    /// The input with its schema's defaults filled in; 422 with a pointer for each violation.
    private func checked(_ input: JSONValue, for definition: StoredDefinition) throws -> JSONValue {
        switch try api.inputs.check(input, for: definition) {
        case .fits(let filled): return filled
        case .violates(let violations):
            let errors: [JSONValue] = violations.map {
                ["pointer": .string("/input\($0.pointer)"), "message": .string($0.message)]
            }
            throw Problem.invalid("the input does not fit the workflow's schema", errors: errors)
        }
    }

    private func post(
        _ submission: Submission,
        _ definition: Definition,
        _ call: Call,
        _ reader: Reader,
        _ responder: Responder,
        now: Timestamp
    ) throws {
        var submission = submission
        submission.caller = call.request.headers["traceparent"].flatMap(TraceContext.init(traceparent:))
        if let replay = try replay(submission, definition, call, reader) {
            responder.answer(replay)
            return
        }
        submission = try RunEntrance(definition: definition).admit(submission, reader, now: now)
        let answer = RunJSON.started(submission, definition: definition.stored, at: now)
        if let key = call.request.headers["Idempotency-Key"] {
            submission.idempotency = IdempotencyClaim(
                principal: call.principal,
                key: key,
                bodyHash: SHA256.hexadecimal(call.request.body),
                answer: answer.serialized()
            )
        }
        api.engine.post(.submitted(submission), to: submission.run, definition: definition) {
            [submission] result in
            let response = Self.response(to: result, workflow: definition.workflow.name, answer: answer)
            guard submission.holdsSlot, response.status != 201 || result.isReplay else {
                responder.answer(response)
                return
            }
            let isTaken = api.readers.submit(for: "/v1/runs", responder) { reader in
                try reader.store.leave(submission.run)
                return response
            }
            if !isTaken { responder.answer(response) }
        }
    }

    /// The first answer again, before the run asks for a slot that the first may hold.
    private func replay(
        _ submission: Submission,
        _ definition: Definition,
        _ call: Call,
        _ reader: Reader
    ) throws -> HTTPResponse? {
        guard definition.workflow.concurrency != nil, let key = call.request.headers["Idempotency-Key"],
            let used = try reader.store.use(of: key, by: call.principal)
        else { return nil }
        let isSame = used.bodyHash == SHA256.hexadecimal(call.request.body)
        return Self.response(
            to: isSame ? .replayed(answer: used.answer) : .keyReused,
            workflow: definition.workflow.name,
            answer: .null
        )
    }

    static func response(to result: Answer, workflow: String, answer: JSONValue) -> HTTPResponse {
        switch result {
        case .applied, .ignored: return .json(answer, status: 201)
        case .replayed(let first):
            var response = HTTPResponse(status: 201, headers: ["Content-Type": "application/json"])
            response.body = .bytes(Array(first.utf8))
            response.headers.add("Idempotency-Replayed", "true")
            return response
        case .keyTaken(let holder):
            let key = answer["key"]?.stringValue ?? ""
            return Problem.conflict("the live run \(holder) of “\(workflow)” has the key “\(key)”").response
        case .keyReused:
            return Problem.invalid("this Idempotency-Key was used with another request").response
        case .refused(let refusal): return Problem.conflict(refusal.message).response
        case .unavailable(let message): return Problem.unavailable(message).response
        case .notLive: return Problem.unavailable("the run could not be started; try again").response
        case .failed(let message): return Problem(500, message).response
        }
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
            if !isLast, try reader.runs.isLive(run) { return nil }
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
        let after = call.query("cursor").flatMap(Int.init)
        let page = try reader.runs.steps(
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

extension Answer {
    /// The run of an earlier request was answered; none began.
    fileprivate var isReplay: Bool { if case .replayed = self { true } else { false } }
}
