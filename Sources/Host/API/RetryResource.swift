import HTTP
import JSON
import Scheduler

/// `POST /v1/runs/{run}/retry`: a run that has ended goes on where it stands.
struct RetryResource: Sendable {
    let api: API

    var routes: [Route] {
        [
            Route(
                "POST",
                "/v1/runs/{run}/retry",
                body: .json,
                .stored { call, reader, responder in
                    let run = try api.run(call, reader)
                    let reason = try FieldReader.reason(call.json)
                    let actor = Actor(name: call.principal, reason: reason)
                    try api.revive(run, by: actor, reader, responder)
                    return nil
                }
            )
        ]
    }
}

extension API {
    /// Takes a run up that has ended, and answers with it as it is then; 409 where it cannot go on.
    ///
    /// `resolving` counts one of its failed steps as done.
    func revive(
        _ run: RunID,
        by actor: Actor,
        resolving resolution: Resolution? = nil,
        _ reader: Reader,
        _ responder: Responder
    ) throws {
        let detail = try detail(run, reader)
        let reviver = Reviver(definitions: engine.definitions)
        switch try reviver.order(run, by: actor, resolving: resolution, from: reader.store) {
        case .live, .ended:
            let status = detail.summary.status.rawValue
            throw Problem.conflict("run \(run) is live (\(status)): there is nothing to retry")
        case .refused(let reason): throw Problem.conflict("run \(run) cannot go on: \(reason)")
        case .ready(let revival, let definition):
            engine.post(.revive(revival), to: run, definition: definition) { answer in
                switch answer {
                case .applied, .ignored: answerRun(run, responder)
                case .keyTaken(let holder):
                    let (workflow, key) = (detail.summary.workflow, detail.summary.key ?? "")
                    let text = "the live run \(holder) of “\(workflow)” has the key “\(key)” now"
                    responder.answer(Problem.conflict("run \(run) cannot go on: \(text)").response)
                case .refused(let refusal):
                    responder.answer(Problem.conflict("run \(run) cannot go on: \(refusal.message)").response)
                default: responder.answer(Problem(answer).response)
                }
            }
        }
    }
}
