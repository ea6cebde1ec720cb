import HTTP
import JSON
import Scheduler

/// `POST /v1/callbacks/{token}/complete | fail | heartbeat`: the token is the only credential.
struct CallbacksResource: Sendable {
    let api: API

    private typealias Read = @Sendable (inout FieldReader) -> CallbackAnswer.Content

    /// What each call takes, by the member of its body.
    private static let calls: [(name: String, member: String, read: Read)] = [
        ("complete", "output", { .completed(Payload($0.value("output") ?? .null)) }),
        ("fail", "error", { .failed($0.error("error")) }),
        ("heartbeat", "checkpoint", { .heartbeat(checkpoint: $0.value("checkpoint").map { Payload($0) }) }),
    ]

    var routes: [Route] {
        Self.calls.map { name, member, read in
            Route(
                "POST",
                "/v1/callbacks/{token}/\(name)",
                access: .open,
                body: .json,
                .stored { call, _, responder in
                    try answer(call, member: member, read, responder)
                    return nil
                }
            )
        }
    }

    private func answer(_ call: Call, member: String, _ read: Read, _ responder: Responder) throws {
        guard let token = CallbackToken(call.parameter("token")) else {
            throw Problem.notFound("callback with this token")
        }
        var reader = try FieldReader(body: call.json)
        reader.refuseUnknown(besides: [member])
        let content = read(&reader)
        try reader.check()
        let answer = CallbackAnswer(token: token, content: content)
        api.engine.post(.answered(answer), to: token.run) { result in
            switch result {
            case .applied, .ignored: responder.answer(.json(["id": .string(token.run.description)]))
            case .notLive: answerEnded(token, responder)
            default: responder.answer(Problem(result).response)
            }
        }
    }

    private func answerEnded(_ token: CallbackToken, _ responder: Responder) {
        let taken = api.readers.submit(for: "a callback", responder) { reader in
            guard let detail = try reader.run.run(token.run) else {
                throw Problem.notFound("callback with this token")
            }
            let status = detail.summary.status.rawValue
            throw Problem(410, "this callback takes no answer any more: its run has ended (\(status))")
        }
        if !taken { responder.answer(Problem.unavailable("the server has too much to do").response) }
    }
}
