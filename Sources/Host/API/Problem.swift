import HTTP
import JSON

/// An error as the API answers it: `application/problem+json` (RFC 9457).
struct Problem: Error, Sendable {
    var status: Int
    var title: String
    var detail: String
    /// `{ pointer | line, column, message, hint? }` for each mistake.
    var errors: [JSONValue] = []
    var headers: [(name: String, value: String)] = []

    init(_ status: Int, _ detail: String, errors: [JSONValue] = []) {
        self.status = status
        self.detail = detail
        self.errors = errors
        title = Self.titles[status] ?? "Error"
    }

    private static let titles = [
        400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
        405: "Method Not Allowed",
        409: "Conflict", 410: "Gone", 413: "Content Too Large", 415: "Unsupported Media Type",
        422: "Unprocessable Content", 429: "Too Many Requests", 500: "Internal Server Error",
        503: "Service Unavailable",
    ]

    static func notFound(_ what: String) -> Problem { Problem(404, "there is no \(what)") }
    static func conflict(_ detail: String) -> Problem { Problem(409, detail) }
    static func invalid(_ detail: String, errors: [JSONValue] = []) -> Problem {
        Problem(422, detail, errors: errors)
    }

    /// The database cannot be reached, or the server has too much to do: try again after so many seconds.
    static func unavailable(_ detail: String, retryAfterSeconds: Int = 1) -> Problem {
        var problem = Problem(503, detail)
        problem.headers = [("Retry-After", String(retryAfterSeconds))]
        return problem
    }

    var response: HTTPResponse {
        var object = JSONObject([
            ("type", "about:blank"), ("title", .string(title)), ("status", .integer(Int64(status))),
            ("detail", .string(detail)),
        ])
        if !errors.isEmpty { object["errors"] = .array(errors) }
        var response = HTTPResponse(
            status: status,
            headers: ["Content-Type": "application/problem+json"],
            body: .bytes(JSONValue.object(object).bytes())
        )
        for header in headers { response.headers.add(header.name, header.value) }
        return response
    }
}
