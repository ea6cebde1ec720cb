import HTTP
import JSON
import Linux
import Scheduler

/// `POST /v1/schedules/{name}/trigger`: a run now, whatever pause and overlap say.
struct ScheduleTrigger: Sendable {
    let api: API

    func begin(_ call: Call, _ view: ScheduleView, _ reader: Reader, _ responder: Responder) throws {
        let reason = try FieldReader.reason(call.json)
        let definition = try definition(of: view.schedule.workflow, reader)
        let now = api.engine.clock.now
        let fire = FireClaim(schedule: view.id, version: nil, instant: now, kind: .trigger)
        var submission = view.schedule.submission(
            fire,
            input: try checked(view.schedule.input, definition),
            definition,
            at: now
        )
        submission.actor = Actor(name: call.principal, reason: reason)
        submission = try RunEntrance(definition: definition).admit(submission, reader, now: now)
        post(submission, definition, view.schedule, call, responder)
    }

    private func definition(of workflow: String, _ reader: Reader) throws -> Definition {
        let store = try reader.store
        guard let id = try store.identity(of: workflow),
            let definition = try api.engine.definitions.get(id, from: store)
        else { throw Problem.conflict("there is no workflow “\(workflow)” any more") }
        return definition
    }

    private func checked(_ input: JSONValue, _ definition: Definition) throws -> JSONValue {
        switch try api.inputs.check(input, for: definition.stored) {
        case .fits(let filled): return filled
        case .violates(let violations):
            let first = violations.first.map { "/input\($0.pointer): \($0.message)" } ?? ""
            throw Problem.conflict("the input of the schedule does not fit the workflow any more: \(first)")
        }
    }

    private func post(
        _ submission: Submission,
        _ definition: Definition,
        _ schedule: Schedule,
        _ call: Call,
        _ responder: Responder
    ) {
        var submission = submission
        let started = RunJSON.started(submission, definition: definition.stored, at: api.engine.clock.now)
        var object = started.objectValue ?? [:]
        object["schedule"] = .string(schedule.name)
        let answer = JSONValue.object(object)
        if let key = call.idempotencyKey {
            submission.idempotency = IdempotencyClaim(
                principal: call.principal,
                key: key,
                bodyHash: SHA256.hexadecimal(Array(call.request.path.utf8) + call.request.body),
                answer: answer.serialized()
            )
        }
        api.engine.post(.submitted(submission), to: submission.run, definition: definition) {
            [submission] result in
            let response =
                if case .ignored(let reason) = result {
                    Problem.conflict("schedule \(schedule.name): \(reason)").response
                } else {
                    RunStart.response(to: result, workflow: schedule.workflow, answer: answer)
                }
            let isBegun = if case .applied = result { true } else { false }
            let leaves = submission.holdsSlot && !isBegun
            let isTaken =
                leaves
                && api.readers.submit(for: call.request.path, responder) { reader in
                    try reader.store.leave(submission.run)
                    return response
                }
            if !isTaken { responder.answer(response) }
        }
    }
}
