import HTTP

/// Finds the route of a request.
struct Router: Sendable {
    let routes: [Route]

    /// The route and its parameters; 404 for an unknown path, 405 with `Allow` for a known one.
    func route(_ request: HTTPRequest) throws(Problem) -> (route: Route, parameters: [String: String]) {
        var allowed: Set<String> = []
        // HEAD is GET without its body; the server leaves that away.
        let method = request.method == "HEAD" ? "GET" : request.method
        for route in routes {
            guard let parameters = route.match(request.segments) else { continue }
            if route.method == method { return (route, parameters) }
            allowed.insert(route.method)
        }
        guard !allowed.isEmpty else { throw .notFound("resource \(request.path)") }
        var problem = Problem(405, "\(request.path) does not take \(request.method)")
        problem.headers = [("Allow", allowed.sorted().joined(separator: ", "))]
        throw problem
    }
}
