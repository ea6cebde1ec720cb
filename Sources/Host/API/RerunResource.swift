import HTTP
import JSON
import Linux
import Scheduler

/// `POST /v1/runs/{run}/rerun`: a new run in place of one that has ended, which may keep results of that.
struct RerunResource: Sendable {
    let api: API

    var routes: [Route] {
        [
            Route(
                "POST",
                "/v1/runs/{run}/rerun",
                body: .json,
                key: .own,
                .stored { call, reader, responder in
                    try rerun(call, reader, responder)
                    return nil
                }
            )
        ]
    }

    private func rerun(_ call: Call, _ reader: Reader, _ responder: Responder) throws {
        let run = try api.run(call, reader)
        let detail = try api.detail(run, reader)
        let request = try RerunRequest(call.json)
        let start = RunStart(api: api, rerunOf: run)
        guard detail.summary.status.isTerminal else {
            let status = detail.summary.status.rawValue
            throw Problem.conflict("run \(run) is live (\(status)): rerun it when it has ended, or cancel it")
        }
        let new = try start.newRun()
        if request.fromStep != nil { try reader.store.keep(run, for: new) }
        let definition = try start.definition(detail.summary.workflow, version: request.version, reader)
        guard let ended = try reader.store.ended(run) else { throw Problem.conflict("run \(run) is live") }
        if let undone = ended.facts.undoes {
            throw Problem.conflict("run \(run) undoes run \(undone): rerun that run")
        }
        let input = try start.checked(request.input ?? ended.facts.input.value, for: definition.stored)
        var submission = Submission(
            run: new,
            input: Payload(input),
            key: ended.facts.key,
            labels: ended.facts.labels,
            priority: ended.facts.priority,
            actor: Actor(name: call.principal, reason: request.reason)
        )
        submission.rerunOf = run
        if let step = request.fromStep {
            submission.keeping = try keeping(of: run, ended, from: step, definition, reader)
        }
        try start.post(submission, definition, call, reader, responder)
    }

    private func keeping(
        of run: RunID,
        _ ended: EndedRun,
        from step: String,
        _ definition: Definition,
        _ reader: Reader
    ) throws -> Keeping {
        let rerunner = Rerunner(definitions: api.engine.definitions)
        switch try rerunner.keeping(of: run, ended, from: step, for: definition, from: reader.store) {
        case .ready(let keeping): return keeping
        case .refused(let reason):
            throw Problem.conflict("run \(run) cannot be rerun from “\(step)”: \(reason)")
        case .unknownStep(let reason):
            let error: JSONValue = ["pointer": "/from_step", "message": .string(reason)]
            throw Problem.invalid("there is no step “\(step)” to rerun from", errors: [error])
        }
    }
}

/// The body of `POST /v1/runs/{run}/rerun`, checked.
private struct RerunRequest {
    var fromStep: String?
    var input: JSONValue?
    var version: Int?
    var reason: String?

    init(_ body: JSONValue) throws(Problem) {
        guard let object = body.isNull ? [:] : body.objectValue else {
            throw .invalid("the body of rerun is an object or absent")
        }
        var fields = FieldReader(object)
        fields.refuseUnknown(besides: ["from_step", "input", "version", "reason"])
        fromStep = fields.text("from_step")
        input = object["input"]
        version = fields.integer("version", in: 1...Call.greatest)
        reason = fields.longText("reason")
        try fields.check()
    }
}
