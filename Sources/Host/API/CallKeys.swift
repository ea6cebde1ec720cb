import HTTP
import JSON
import Linux
import Scheduler

/// Makes a call once for its `Idempotency-Key`, and answers it again with the first answer.
///
/// For calls whose effect does not carry the key into its own transaction (`Route.Key`): the key is reserved
/// before the call, and its answer kept after it. What a call refuses changes nothing; the key is free again.
struct CallKeys: Sendable {
    let readers: ReaderPool

    typealias Handle = @Sendable (Call, Reader, Responder) throws -> HTTPResponse?

    /// What the call is answered; nil when it answers later.
    func perform(
        _ call: Call,
        _ key: String,
        _ reader: Reader,
        _ responder: Responder,
        _ handle: Handle
    ) throws -> HTTPResponse? {
        let target = "\(call.request.method) \(call.request.path)\n"
        let claim = IdempotencyClaim(
            principal: call.principal,
            key: key,
            bodyHash: SHA256.hexadecimal(Array(target.utf8) + call.request.body),
            answer: ""
        )
        switch try reader.store.reserve(claim) {
        case .answered(let status, let body): return .replay(body, status: status)
        case .reused: throw Problem.invalid("this Idempotency-Key was used with another request")
        case .inProgress:
            throw Problem.conflict("a request with this Idempotency-Key is in progress; ask again shortly")
        case .reserved:
            make(call, claim, reader, responder, handle)
            return nil
        }
    }

    private func make(
        _ call: Call,
        _ claim: IdempotencyClaim,
        _ reader: Reader,
        _ responder: Responder,
        _ handle: Handle
    ) {
        let later = Responder { response in
            let isTaken = readers.submit(for: call.request.path, responder) { reader in
                Self.keep(response, of: claim, reader)
                return response
            }
            if !isTaken { responder.answer(response) }
        }
        do {
            if let response = try handle(call, reader, later) { later.answer(response) }
        } catch {
            later.answer(readers.response(to: error, of: call.request.path))
        }
    }

    /// Should the database be away now, the call is answered all the same; its key is free after a minute.
    private static func keep(_ response: HTTPResponse, of claim: IdempotencyClaim, _ reader: Reader) {
        var claim = claim
        do {
            guard response.status < 300 else { return try reader.store.release(claim) }
            claim.answer = response.text
            try reader.store.settle(claim, status: response.status)
        } catch {
            // The next call with the key finds it in progress.
        }
    }
}

extension HTTPResponse {
    /// The first answer to a call, again.
    static func replay(_ body: String, status: Int) -> HTTPResponse {
        var response = HTTPResponse(status: status, headers: ["Idempotency-Replayed": "true"])
        if !body.isEmpty {
            response.headers.add("Content-Type", "application/json")
            response.body = .bytes(Array(body.utf8))
        }
        return response
    }
}
