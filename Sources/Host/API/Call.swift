import HTTP
import JSON
import Scheduler

/// A request that was routed and whose body was read.
struct Call: Sendable {
    var request: HTTPRequest
    var parameters: [String: String]
    /// The parsed body of a JSON call; `null` without one.
    var json: JSONValue = .null
    /// Who calls, for history and idempotency.
    var principal = Caller.local.name
    var role = Caller.local.role

    func parameter(_ name: String) -> String { parameters[name] ?? "" }

    func query(_ name: String) -> String? { request.query(name) }

    /// `?limit=`, 1 to 500, 50 unless told.
    func limit() throws(Problem) -> Int {
        guard let text = query("limit") else { return 50 }
        guard let limit = Int(text), (1...500).contains(limit) else {
            throw .invalid("limit is a whole number from 1 to 500, not “\(text)”")
        }
        return limit
    }

    /// A true or false in the query.
    func flag(_ name: String) throws(Problem) -> Bool {
        switch query(name) {
        case nil, "false", "0": return false
        case "", "true", "1": return true
        case let text?: throw .invalid("\(name) is true or false, not “\(text)”")
        }
    }
}

extension HTTPResponse {
    /// A JSON answer.
    static func json(_ value: JSONValue, status: Int = 200) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: ["Content-Type": "application/json"],
            body: .bytes(value.bytes())
        )
    }

    /// A page of a list: `{ items, cursor }`.
    static func page(_ items: [JSONValue], cursor: String?) -> HTTPResponse {
        .json(["items": .array(items), "cursor": cursor.map { .string($0) } ?? .null])
    }

    static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> HTTPResponse {
        HTTPResponse(status: 200, headers: ["Content-Type": type], body: .bytes(Array(text.utf8)))
    }
}
