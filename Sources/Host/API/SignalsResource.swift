import HTTP
import JSON
import Scheduler

/// `POST /v1/runs/{run}/signals/{name}`: the body is what a `wait` of that name gives.
struct SignalsResource: Sendable {
    let api: API

    var routes: [Route] {
        [
            Route(
                "POST",
                "/v1/runs/{run}/signals/{name}",
                body: .json,
                key: .own,
                .stored { call, reader, responder in try send(call, reader, responder) }
            )
        ]
    }

    private func send(_ call: Call, _ reader: Reader, _ responder: Responder) throws -> HTTPResponse? {
        let run = try api.run(call, reader)
        let name = call.parameter("name")
        guard (1...256).contains(name.unicodeScalars.count) else {
            throw Problem.invalid("a signal's name has 1 to 256 characters")
        }
        let answer: JSONValue = ["id": .string(run.description), "signal": .string(name)]
        let claim = call.idempotency(target: "\(run)/signals/\(name)", answer: answer)
        // Should the run have ended since, the first answer still holds.
        if let claim, let first = try reader.runs.earlierAnswer(claim) { return .repeated(first) }
        let signal = Signal(name: name, payload: Payload(call.json), actor: Actor(name: call.principal))
        api.engine.post(.signalled(signal), to: run, idempotency: claim) { result in
            self.respond(to: result, run, name, answer, responder)
        }
        return nil
    }

    private func respond(
        to result: Answer,
        _ run: RunID,
        _ name: String,
        _ answer: JSONValue,
        _ responder: Responder
    ) {
        switch result {
        case .applied, .ignored: responder.answer(.json(answer))
        case .notLive: api.answerEnded(run, "it takes no signal “\(name)”", responder)
        default: responder.answer(.repeated(result) ?? Problem(result).response)
        }
    }
}

extension API {
    /// 409 for a run that has ended, with how; 404 for one that never was.
    func answerEnded(_ run: RunID, _ consequence: String, _ responder: Responder) {
        let taken = readers.submit(for: "run \(run)", responder) { reader in
            let status = try detail(run, reader).summary.status.rawValue
            throw Problem.conflict("run \(run) has ended (\(status)): \(consequence)")
        }
        if !taken { responder.answer(Problem.unavailable("the server has too much to do").response) }
    }
}

extension Problem {
    /// Why a command did nothing, where nothing more can be said of it.
    init(_ result: Answer) {
        switch result {
        case .refused(let refusal): self = Problem(refusal)
        case .unavailable(let message): self = .unavailable(message)
        case .failed(let message): self = Problem(500, message)
        case .applied, .ignored, .notLive, .keyTaken, .replayed, .keyReused:
            self = .unavailable("the run has changed meanwhile; try again")
        }
    }
}

extension Problem {
    init(_ refusal: CommandRefusal) {
        switch refusal.kind {
        case .conflict: self = .conflict(refusal.message)
        case .gone: self = Problem(410, refusal.message)
        case .invalid(let violations):
            let errors: [JSONValue] = violations.map {
                ["pointer": .string($0.pointer.description), "message": .string($0.message)]
            }
            self = .invalid(refusal.message, errors: errors)
        }
    }
}
