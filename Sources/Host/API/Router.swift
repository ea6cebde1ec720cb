import HTTP

/// Finds the route of a request.
struct Router: Sendable {
    let routes: [Route]

    /// The route and its parameters; 404 for an unknown path, 405 with `Allow` for a known one.
    func route(_ request: HTTPRequest) throws(Problem) -> (route: Route, parameters: [String: String]) {
        try Self.refuseNUL(request)
        var allowed: Set<String> = []
        var parts: [Route.Part]?
        // HEAD is GET without its body; the server leaves that away.
        let method = request.method == "HEAD" ? "GET" : request.method
        for route in routes {
            guard let parameters = route.match(request.segments) else { continue }
            if route.method == method { return (route, parameters) }
            // `/v1/workflows/validate` comes before `/v1/workflows/{name}`, and has methods of its own.
            guard parts == nil || parts == route.parts else { continue }
            parts = route.parts
            allowed.insert(route.method)
        }
        guard !allowed.isEmpty else { throw .notFound("resource \(request.path)") }
        var problem = Problem(405, "\(request.path) does not take \(request.method)")
        problem.headers = [("Allow", allowed.sorted().joined(separator: ", "))]
        throw problem
    }

    /// Postgres keeps no NUL character in a text, so nothing has a name with one.
    private static func refuseNUL(_ request: HTTPRequest) throws(Problem) {
        if request.segments.contains(where: { $0.utf8.contains(0) }) {
            throw .notFound("resource with a NUL character in its path")
        }
        for item in request.query where item.name.utf8.contains(0) || item.value.utf8.contains(0) {
            throw .invalid("a parameter of the query has a NUL character in it")
        }
    }
}
