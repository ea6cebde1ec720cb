import HTTP

/// The dashboard: its page for every path that it knows, and its files.
///
/// They hold nothing of any run and are open to everybody; what they show they ask the API for.
struct DashboardResource: Sendable {
    let files: DashboardFiles

    /// The paths of the dashboard's pages; `router.js` shows what belongs to each.
    static let pages = [
        "/", "/runs", "/runs/{run}", "/workflows", "/workflows/{name}", "/workflows/{name}/start",
        "/schedules", "/schedules/{name}", "/queues", "/workers", "/batches", "/plugins", "/system",
    ]

    /// Only its own files, nothing inline, nothing evaluated, in no frame of others (CSP level 3).
    private static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
        "worker-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
        "require-trusted-types-for 'script'", "trusted-types pawl",
    ].joined(separator: "; ")

    var routes: [Route] {
        Self.pages.map { page in
            Route("GET", page, access: .open, .plain { call throws(Problem) in try file("index.html", call) })
        } + [
            Route(
                "GET",
                "/assets/{file}",
                access: .open,
                .plain { call throws(Problem) in try file(call.parameter("file"), call) }
            )
        ]
    }

    /// Browsers keep a file and ask whether it is still the one (304).
    private func file(_ name: String, _ call: Call) throws(Problem) -> HTTPResponse {
        guard let file = files[name] else { throw .notFound("file \(name)") }
        let isKnown = call.request.headers["If-None-Match"]?.contains(file.tag) ?? false
        return HTTPResponse(
            status: isKnown ? 304 : 200,
            headers: [
                "Content-Type": file.type, "ETag": file.tag, "Cache-Control": "no-cache",
                "Content-Security-Policy": Self.policy, "Referrer-Policy": "same-origin",
                "Cross-Origin-Opener-Policy": "same-origin",
            ],
            body: .bytes(isKnown ? [] : file.bytes)
        )
    }
}
