import HTTP
import JSON
import Scheduler

/// `POST /v1/runs/{run}/pause | resume | cancel | terminate`.
struct RunActionsResource: Sendable {
    let api: API

    private typealias Event = @Sendable (Actor, _ freezes: Bool) -> RunEvent

    /// What each takes besides `reason`, and asks for.
    private static let actions: [(name: String, members: [String], event: Event)] = [
        ("pause", ["freeze"], { .pause($0, freezes: $1) }), ("resume", [], { actor, _ in .resume(actor) }),
        ("cancel", [], { actor, _ in .cancel(actor) }), ("terminate", [], { actor, _ in .terminate(actor) }),
    ]

    var routes: [Route] {
        Self.actions.map { name, members, event in
            Route(
                "POST",
                "/v1/runs/{run}/\(name)",
                body: .json,
                .stored { call, reader, responder in
                    let run = try api.run(call, reader)
                    var fields = try FieldReader(body: call.json)
                    fields.refuseUnknown(besides: ["reason"] + members)
                    let actor = Actor(name: call.principal, reason: fields.longText("reason"))
                    let freezes = fields.flag("freeze")
                    try fields.check()
                    api.engine.post(event(actor, freezes), to: run) { answer in
                        self.answer(answer, to: name, run, responder)
                    }
                    return nil
                }
            )
        }
    }

    /// The run as it is after the action; it is read on a reader's thread.
    private func answer(_ answer: Answer, to action: String, _ run: RunID, _ responder: Responder) {
        switch answer {
        case .ignored(let reason) where action == "resume":
            responder.answer(Problem.conflict("run \(run) cannot be resumed: \(reason)").response)
        case .refused(let refusal): responder.answer(Problem.conflict(refusal.message).response)
        case .unavailable(let message): responder.answer(Problem.unavailable(message).response)
        case .failed(let message): responder.answer(Problem(500, message).response)
        case .applied, .ignored, .notLive, .keyTaken, .replayed, .keyReused:
            let wasLive = if case .notLive = answer { false } else { true }
            let taken = api.readers.submit(for: "/v1/runs/\(run)/\(action)", responder) { reader in
                let detail = try api.detail(run, reader)
                guard wasLive else {
                    let status = detail.summary.status.rawValue
                    throw Problem.conflict("run \(run) has ended (\(status)): there is nothing to \(action)")
                }
                return .json(RunJSON.detail(detail))
            }
            if !taken { responder.answer(.json(["id": .string(run.description)])) }
        }
    }
}
