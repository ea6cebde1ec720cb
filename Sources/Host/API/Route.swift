import HTTP
import Scheduler

/// One call of the API, as data: what it is called by, what it takes, what it does.
struct Route: Sendable {
    /// What a request's body is.
    enum Body: Sendable { case none, json, definition }

    /// Who may call.
    enum Access: Sendable, Hashable {
        /// Everybody, without a key.
        case open
        case role(Role)
    }

    /// What becomes of the `Idempotency-Key` of a POST.
    enum Key: Sendable {
        /// The first answer is kept with it.
        case kept
        /// The call sees to it itself: its effect and its key are one transaction.
        case own
        /// None is kept: the answer has a secret in it.
        case ignored
    }

    enum Part: Sendable, Hashable {
        case literal(String)
        case parameter(String)
        /// One segment or more, joined by slashes: the path of a step.
        case rest(String)
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
    var access: Access
    var body: Body
    var key: Key
    var handler: Handler

    /// A path is written as `/v1/runs/{run}/steps/{path...}/now`; unless told, a viewer reads, an operator
    /// posts, and an admin puts and deletes.
    init(
        _ method: String,
        _ path: String,
        access: Access? = nil,
        body: Body = .none,
        key: Key = .kept,
        _ handler: Handler
    ) {
        self.method = method
        self.access = access ?? .role(Self.roles[method] ?? .admin)
        self.body = body
        self.key = key
        self.handler = handler
        parts = path.split(separator: "/").map { part in
            guard part.hasPrefix("{") else { return .literal(String(part)) }
            let name = part.dropFirst().dropLast()
            return name.hasSuffix("...") ? .rest(String(name.dropLast(3))) : .parameter(String(name))
        }
    }

    private static let roles: [String: Role] = ["GET": .viewer, "POST": .operator]

    /// The parameters of a path that this route is for; nil for any other path.
    func match(_ segments: [String]) -> [String: String]? {
        let surplus = segments.count - parts.count
        let hasRest = parts.contains { if case .rest = $0 { true } else { false } }
        guard surplus == 0 || hasRest && surplus > 0 else { return nil }
        var parameters: [String: String] = [:]
        var left = segments[...]
        for part in parts {
            guard let segment = left.popFirst() else { return nil }
            switch part {
            case .literal(let text) where text != segment: return nil
            case .literal: continue
            case .parameter(let name): parameters[name] = segment
            case .rest(let name):
                parameters[name] = ([segment] + left.prefix(surplus)).joined(separator: "/")
                left = left.dropFirst(surplus)
            }
        }
        return parameters
    }
}
