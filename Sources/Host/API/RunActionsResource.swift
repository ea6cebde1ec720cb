import HTTP
import JSON
import Scheduler

/// `POST /v1/runs/{run}/pause | resume | cancel | terminate`.
struct RunActionsResource: Sendable {
    let api: API

    private typealias Event = @Sendable (Actor, JSONValue) throws(Problem) -> RunEvent

    private static let actions: [(name: String, event: Event)] = [
        ("pause", { actor, body throws(Problem) in .pause(actor, freezes: try freezes(body)) }),
        ("resume", { actor, _ in .resume(actor) }), ("cancel", { actor, _ in .cancel(actor) }),
        ("terminate", { actor, _ in .terminate(actor) }),
    ]

    var routes: [Route] {
        Self.actions.map { action in
            Route(
                "POST",
                "/v1/runs/{run}/\(action.name)",
                body: .json,
                .stored { call, reader, responder in
                    let run = try api.run(call, reader)
                    let actor = Actor(
                        name: call.principal,
                        reason: try Self.reason(call.json, of: action.name)
                    )
                    api.engine.post(try action.event(actor, call.json), to: run) { answer in
                        self.answer(answer, to: action.name, run, responder)
                    }
                    return nil
                }
            )
        }
    }

    /// Whether the processes of running steps are to stand still, too.
    private static func freezes(_ body: JSONValue) throws(Problem) -> Bool {
        switch body["freeze"] {
        case nil, .null: return false
        case .bool(let freezes): return freezes
        default:
            throw .invalid(
                "the request has mistakes",
                errors: [["pointer": "/freeze", "message": "true or false"]]
            )
        }
    }

    /// The body is absent or `{ reason? }`, and for `pause` `{ freeze?, reason? }`.
    static func reason(_ body: JSONValue, of action: String) throws(Problem) -> String? {
        guard !body.isNull else { return nil }
        guard let object = body.objectValue else {
            throw .invalid("the body of \(action) is an object or absent")
        }
        for key in object.keys where key != "reason" && (action != "pause" || key != "freeze") {
            let message = JSONValue.string("\(action) knows no “\(key)”")
            throw .invalid(
                "the request has mistakes",
                errors: [["pointer": .string("/\(key)"), "message": message]]
            )
        }
        guard let reason = object["reason"], !reason.isNull else { return nil }
        guard let text = reason.stringValue else {
            throw .invalid("the request has mistakes", errors: [["pointer": "/reason", "message": "a text"]])
        }
        return text
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
