import HTTP
import JSON
import Linux
import Scheduler

/// The way of a request for a new run to its answer: checked, let in, begun.
struct RunStart: Sendable {
    let api: API
    /// The run of which the new one is a rerun: the same `Idempotency-Key` is not used for two.
    var rerunOf: RunID?

    /// Events that may wait for a decision before new runs are put off.
    private static let backlogLimit = 20_000

    /// The identity of a run that begins now; 503 when the server has too much to do.
    func newRun() throws -> RunID {
        guard api.engine.backlog < Self.backlogLimit else {
            throw Problem.unavailable("too many runs wait to be written; try again shortly")
        }
        return RunID(
            milliseconds: api.engine.clock.now.microseconds / 1_000,
            random: (.random(in: 0 ... .max), .random(in: 0 ... .max))
        )
    }

    /// A version of a workflow, the newest with nil; 404 without one.
    func definition(_ workflow: String, version: Int?, _ reader: Reader) throws -> Definition {
        let store = try reader.store
        guard let id = try store.identity(of: workflow, version: version),
            let definition = try api.engine.definitions.get(id, from: store)
        else {
            let version = version.map { " version \($0)" } ?? ""
            throw Problem.notFound("workflow “\(workflow)”\(version)")
        }
        return definition
    }

    /// The input with its schema's defaults filled in; 422 with a pointer for each violation.
    func checked(_ input: JSONValue, for definition: StoredDefinition) throws -> JSONValue {
        switch try api.inputs.check(input, for: definition) {
        case .fits(let filled): return filled
        case .violates(let violations):
            let errors: [JSONValue] = violations.map {
                ["pointer": .string("/input\($0.pointer)"), "message": .string($0.message)]
            }
            throw Problem.invalid("the input does not fit the workflow's schema", errors: errors)
        }
    }

    func post(
        _ submission: Submission,
        _ definition: Definition,
        _ call: Call,
        _ reader: Reader,
        _ responder: Responder
    ) throws {
        let now = api.engine.clock.now
        var submission = submission
        submission.caller = call.request.headers["traceparent"].flatMap(TraceContext.init(traceparent:))
        if let replay = try replay(submission, definition, call, reader) {
            responder.answer(replay)
            return
        }
        submission = try RunEntrance(definition: definition).admit(submission, reader, now: now)
        if submission.keeping != nil, definition.workflow.concurrency != nil, !submission.holdsSlot {
            throw Problem.conflict(
                "no slot of “\(definition.workflow.name)” is free, and a run that keeps results cannot wait "
                    + "for one: rerun it when one is"
            )
        }
        let answer = RunJSON.started(submission, definition: definition.stored, at: now)
        if let key = call.idempotencyKey {
            submission.idempotency = IdempotencyClaim(
                principal: call.principal,
                key: key,
                bodyHash: hash(call),
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
        guard definition.workflow.concurrency != nil, let key = call.idempotencyKey,
            let used = try reader.store.use(of: key, by: call.principal)
        else { return nil }
        let isSame = used.bodyHash == hash(call)
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

    private func hash(_ call: Call) -> String {
        let target = rerunOf.map { Array("rerun \($0)\n".utf8) } ?? []
        return SHA256.hexadecimal(target + call.request.body)
    }
}

extension Answer {
    /// The run of an earlier request was answered; none began.
    fileprivate var isReplay: Bool { if case .replayed = self { true } else { false } }
}
