import HTTP
import Linux
import Scheduler

/// Who calls, and what they may.
struct Caller: Sendable, Hashable {
    /// The name of the key; `local` where there are no keys.
    var name: String
    var role: Role

    /// Whoever reaches a server without keys.
    static let local = Caller(name: "local", role: .admin)

    static let cookie = "pawl_session"

    /// Finds the caller by `Authorization: Bearer`, else by the session's cookie.
    init(of request: HTTPRequest, rights: AccessRights, now: Timestamp) throws(Problem) {
        if let secret = Self.bearer(request) {
            let hash = Secret.hash(secret)
            guard let key = rights.keys.first(where: { $0.hash == hash }) else {
                throw Self.unknown("the key is not valid here; it may have been revoked")
            }
            self.init(name: key.name, role: key.role)
        } else if let secret = Self.session(request) {
            let hash = Secret.hash(secret)
            let session = rights.sessions.first { $0.hash == hash && $0.expiresAt > now }
            guard let key = rights.keys.first(where: { $0.name == session?.key }) else {
                throw Self.unknown("the session has ended; sign in again")
            }
            self.init(name: key.name, role: key.role)
        } else {
            throw Self.unknown("an API key is needed: send it as `Authorization: Bearer KEY`")
        }
    }

    init(name: String, role: Role) {
        self.name = name
        self.role = role
    }

    static func bearer(_ request: HTTPRequest) -> String? {
        guard let text = request.headers["Authorization"] else { return nil }
        let parts = text.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return "" }
        return String(parts[1])
    }

    /// The secret in the cookie of a session.
    static func session(_ request: HTTPRequest) -> String? {
        for field in request.headers.all("Cookie") {
            for pair in field.split(separator: ";") {
                let pair = pair.drop { $0 == " " }
                if pair.hasPrefix(cookie + "=") { return String(pair.dropFirst(cookie.count + 1)) }
            }
        }
        return nil
    }

    private static func unknown(_ detail: String) -> Problem {
        var problem = Problem(401, detail)
        problem.headers = [("WWW-Authenticate", "Bearer realm=\"pawl\"")]
        return problem
    }
}
