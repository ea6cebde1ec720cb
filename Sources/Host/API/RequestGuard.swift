import HTTP
import Linux
import Scheduler

/// Decides whether a request is served at all, before anything is done for it.
///
/// Without keys the server trusts whoever reaches it, so it listens on loopback only and refuses what a web
/// page of another origin could send: DNS rebinding (`Host`), cross-site requests (`Origin`, content types).
/// With keys a request needs one, and what a browser sends by its cookie must come from the server's own
/// page.
struct RequestGuard: Sendable {
    /// The port that the server listens on.
    let port: UInt16
    let isLoopback: Bool

    static let loopback: Set<String> = ["localhost", "127.0.0.1", "[::1]"]

    /// Who calls, if the request is served.
    func admit(
        _ request: HTTPRequest,
        to route: Route,
        rights: AccessRights,
        now: Timestamp
    ) throws(Problem) -> Caller {
        let caller = try self.caller(of: request, route, rights, now: now)
        try checkType(request, route)
        if case .role(let needed) = route.access, caller.role < needed {
            throw Problem(403, "the role of the key “\(caller.name)” is \(caller.role); this takes \(needed)")
        }
        return caller
    }

    /// A route that is open to everybody needs no key, but still no page of another origin.
    func admit(toOpen route: Route, _ request: HTTPRequest) throws(Problem) -> Caller {
        if isLoopback, request.headers["Origin"] != nil { try checkOwnOrigin(request) }
        try checkType(request, route)
        return .local
    }

    private func caller(
        of request: HTTPRequest,
        _ route: Route,
        _ rights: AccessRights,
        now: Timestamp
    ) throws(Problem) -> Caller {
        if rights.isOpen {
            try checkLoopback(request)
            return .local
        }
        let caller = try Caller(of: request, rights: rights, now: now)
        if Caller.bearer(request) == nil { try checkOwnOrigin(request) }
        return caller
    }

    private func checkLoopback(_ request: HTTPRequest) throws(Problem) {
        let host = request.headers["Host"] ?? ""
        guard isLoopback, Self.loopback.contains(Self.name(of: host)) else {
            throw Problem(403, "Host “\(host)” is no loopback name; without keys only loopback is served")
        }
        guard let origin = request.headers["Origin"] else { return }
        let isOurs = Self.loopback.contains { origin == "http://\($0):\(port)" }
        guard isOurs else { throw Self.foreign(origin) }
    }

    /// A browser names the page that sends; only a plain GET may come without.
    private func checkOwnOrigin(_ request: HTTPRequest) throws(Problem) {
        guard let origin = request.headers["Origin"] else {
            if request.method == "GET" || request.method == "HEAD" { return }
            throw Problem(403, "a request with a session's cookie needs an Origin")
        }
        let authority = origin.split(separator: "/", omittingEmptySubsequences: true).last ?? ""
        let isWeb = origin.hasPrefix("http://") || origin.hasPrefix("https://")
        guard isWeb, authority == request.headers["Host"] ?? "" else { throw Self.foreign(origin) }
    }

    private static func foreign(_ origin: String) -> Problem {
        Problem(403, "requests from the origin “\(origin)” are not served")
    }

    private func checkType(_ request: HTTPRequest, _ route: Route) throws(Problem) {
        guard !request.body.isEmpty || request.headers["Content-Type"] != nil else { return }
        let type = (request.headers["Content-Type"] ?? "").split(separator: ";").first ?? ""
        let name = type.lowercased().filter { $0 != " " }
        let allowed: [String] =
            switch route.body {
            case .none where request.body.isEmpty: [name]
            case .none, .json: ["application/json"]
            case .definition: ["application/json"] + Self.yamlTypes
            }
        guard allowed.contains(name) else {
            let wanted = allowed.joined(separator: " or ")
            throw Problem(415, "Content-Type “\(name)” is not taken here; send \(wanted)")
        }
    }

    static let yamlTypes = ["application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"]

    /// `localhost:7295` without its port.
    static func name(of host: String) -> String {
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return String(host[...end]) }
        return String(host.split(separator: ":", omittingEmptySubsequences: false).first ?? "").lowercased()
    }
}
