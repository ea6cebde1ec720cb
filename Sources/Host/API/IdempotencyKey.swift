import HTTP
import JSON
import Linux
import Scheduler

extension Call {
    /// The `Idempotency-Key` of a call that changes something, with what a repetition is to be answered; nil
    /// without the header.
    ///
    /// `target` is what the call is about, under the name that never changes.
    func idempotency(target: String, answer: JSONValue) -> IdempotencyClaim? {
        guard let key = idempotencyKey else { return nil }
        return IdempotencyClaim(
            principal: principal,
            key: key,
            bodyHash: SHA256.hexadecimal(Array("\(target)\n".utf8) + request.body),
            answer: answer.serialized()
        )
    }
}

extension HTTPResponse {
    /// What a call is answered whose `Idempotency-Key` was used before; nil for any other result.
    static func repeated(_ result: Answer, status: Int = 200) -> HTTPResponse? {
        switch result {
        case .replayed(let first):
            var response = HTTPResponse(status: status, headers: ["Content-Type": "application/json"])
            response.body = .bytes(Array(first.utf8))
            response.headers.add("Idempotency-Replayed", "true")
            return response
        case .keyReused:
            return Problem.invalid("this Idempotency-Key was used with another request").response
        default: return nil
        }
    }
}
