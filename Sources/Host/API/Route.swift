import HTTP

/// One call of the API, as data: what it is called by, what it takes, what it does.
struct Route: Sendable {
    /// What a request's body is.
    enum Body: Sendable { case none, json, definition }

    enum Part: Sendable, Hashable {
        case literal(String)
        case parameter(String)
    }

    /// How a call is answered.
    ///
    /// None of them blocks the server's threads.
    enum Handler: Sendable {
        /// Answers from what is in memory.
        case plain(@Sendable (Call) throws(Problem) -> HTTPResponse)
        /// Asks the database, on a thread of the reader pool; nil answers later through the responder.
        case stored(@Sendable (Call, Reader, Responder) throws -> HTTPResponse?)
    }

    var method: String
    var parts: [Part]
    var body: Body
    var handler: Handler

    /// A path is written as `/v1/runs/{run}/steps`.
    init(_ method: String, _ path: String, body: Body = .none, _ handler: Handler) {
        self.method = method
        self.body = body
        self.handler = handler
        parts = path.split(separator: "/").map { part in
            part.hasPrefix("{") ? .parameter(String(part.dropFirst().dropLast())) : .literal(String(part))
        }
    }

    /// The parameters of a path that this route is for; nil for any other path.
    func match(_ segments: [String]) -> [String: String]? {
        guard segments.count == parts.count else { return nil }
        var parameters: [String: String] = [:]
        for (part, segment) in zip(parts, segments) {
            switch part {
            case .literal(let text) where text != segment: return nil
            case .literal: continue
            case .parameter(let name): parameters[name] = segment
            }
        }
        return parameters
    }
}
