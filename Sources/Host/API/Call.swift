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
    /// The `Idempotency-Key` of a POST.
    var idempotencyKey: String?

    func parameter(_ name: String) -> String { parameters[name] ?? "" }

    func query(_ name: String) -> String? { request.query(name) }

    /// `?limit=`, 1 to 500, 50 unless told.
    func limit() throws(Problem) -> Int { try number("limit", in: 1...500) ?? 50 }

    /// A whole number in the query; nil without it.
    func number(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = query(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            let bounds = "\(range.lowerBound) to \(range.upperBound)"
            throw .invalid("\(name) is a whole number from \(bounds), not “\(text)”")
        }
        return number
    }

    /// `?version=` of a workflow.
    func version() throws(Problem) -> Int? { try number("version", in: 1...Self.greatest) }

    /// The number at which a list goes on; nil for its beginning.
    func cursor() throws(Problem) -> Int? {
        guard let text = query("cursor") else { return nil }
        guard let number = Int(text), (0...Self.greatest).contains(number) else {
            throw .invalid("the cursor is not one that a list gave")
        }
        return number
    }

    /// The name after which a list goes on.
    func nameCursor() throws(Problem) -> String? {
        guard let name = query("cursor") else { return nil }
        guard NamePattern.workflow.matches(name) else {
            throw .invalid("the cursor is not one that a list gave")
        }
        return name
    }

    /// Versions, steps, attempts and events are numbered up to here, as Postgres' `int` does.
    static let greatest = Int(Int32.max) - 1

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

    /// A page of a list that is short enough to be read whole.
    static func page(all items: [JSONValue], of call: Call) throws(Problem) -> HTTPResponse {
        let start = try call.cursor() ?? 0
        let limit = call.query("limit") == nil ? 500 : try call.limit()
        let page = items.dropFirst(start).prefix(limit)
        let end = start + page.count
        return .page(Array(page), cursor: end < items.count && !page.isEmpty ? String(end) : nil)
    }

    static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> HTTPResponse {
        HTTPResponse(status: 200, headers: ["Content-Type": type], body: .bytes(Array(text.utf8)))
    }
}
