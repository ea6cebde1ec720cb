import HTTP

/// Decides whether a request is served at all, before anything is done for it.
///
/// Without keys the server trusts whoever reaches it, so it listens on loopback only and refuses what a web
/// page of another origin could send: DNS rebinding (`Host`), cross-site requests (`Origin`, content types).
struct RequestGuard: Sendable {
    /// The port that the server listens on.
    let port: UInt16

    static let loopback: Set<String> = ["localhost", "127.0.0.1", "[::1]"]

    func check(_ request: HTTPRequest, route: Route) throws(Problem) {
        try checkHost(request)
        try checkOrigin(request)
        try checkType(request, route)
    }

    private func checkHost(_ request: HTTPRequest) throws(Problem) {
        let host = request.headers["Host"] ?? ""
        guard Self.loopback.contains(Self.name(of: host)) else {
            throw Problem(403, "Host “\(host)” is no loopback name; without keys only loopback is served")
        }
    }

    private func checkOrigin(_ request: HTTPRequest) throws(Problem) {
        guard let origin = request.headers["Origin"] else { return }
        let isOurs = Self.loopback.contains { origin == "http://\($0):\(port)" }
        guard isOurs else { throw Problem(403, "requests from the origin “\(origin)” are not served") }
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
