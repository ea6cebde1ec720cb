import HTTP
import JSON
import Scheduler
import Wording

/// `POST /v1/runs/{run}/steps/{path}/now | fail | resolve`: what an operator does to one step.
struct StepActionsResource: Sendable {
    let api: API

    private typealias Event = @Sendable (String, Actor, JSONValue) -> RunEvent

    /// What each takes besides `reason`, and asks for.
    private static let actions: [(name: String, members: [String], event: Event)] = [
        ("now", [], { path, actor, _ in .hurry(step: path, actor) }),
        ("fail", [], { path, actor, _ in .failAttempt(step: path, actor) }),
        ("resolve", ["output"], { .resolve(step: $0, output: Payload($2), $1) }),
    ]

    var routes: [Route] {
        Self.actions.map { name, members, event in
            Route(
                "POST",
                "/v1/runs/{run}/steps/{path...}/\(name)",
                body: .json,
                .stored { call, reader, responder in
                    let run = try api.run(call, reader)
                    let path = call.parameter("path")
                    var fields = try FieldReader(body: call.json)
                    fields.refuseUnknown(besides: ["reason"] + members)
                    let actor = Actor(name: call.principal, reason: fields.longText("reason"))
                    try fields.check()
                    try checkPath(path, of: run, reader)
                    let output = fields.value("output") ?? .null
                    if name == "resolve", try !reader.run.isLive(run) {
                        let resolution = Resolution(path: path, output: Payload(output))
                        try api.revive(run, by: actor, resolving: resolution, reader, responder)
                        return nil
                    }
                    api.engine.post(event(path, actor, output), to: run) { result in
                        respond(to: result, run, "its steps can no longer be acted on", responder)
                    }
                    return nil
                }
            )
        }
    }

    /// 404 for a step that has not begun, with the nearest that has.
    private func checkPath(_ path: String, of run: RunID, _ reader: Reader) throws {
        _ = try api.detail(run, reader)
        let paths = Set(try HistoryResource.paths(of: run, reader).values)
        guard !paths.contains(path) else { return }
        var problem = Problem.notFound("step “\(path)” in run \(run)")
        problem.detail = "no step “\(path)” has begun in run \(run)"
        if let nearest = NearestName.of(path, among: paths.sorted()) {
            problem.detail += "; did you mean “\(nearest)”?"
        }
        throw problem
    }

    /// The run as it is after the action.
    private func respond(to result: Answer, _ run: RunID, _ consequence: String, _ responder: Responder) {
        switch result {
        case .applied, .ignored: api.answerRun(run, responder)
        case .notLive: api.answerEnded(run, consequence, responder)
        default: responder.answer(Problem(result).response)
        }
    }
}

extension API {
    /// The run as it is now, read on a reader's thread.
    func answerRun(_ run: RunID, status: Int = 200, _ responder: Responder) {
        let taken = readers.submit(for: "run \(run)", responder) { reader in
            .json(RunJSON.detail(try detail(run, reader)), status: status)
        }
        if !taken { responder.answer(.json(["id": .string(run.description)], status: status)) }
    }
}
