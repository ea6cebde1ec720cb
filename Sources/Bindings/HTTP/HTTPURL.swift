/// Where a client finds its server.
struct HTTPURL {
    enum Place {
        case tcp(host: String, port: UInt16)
        case unix(path: String)
    }

    let place: Place
    /// The value of `Host`.
    let host: String
    /// What every target starts with, without a slash at its end.
    let path: String
    let text: String

    /// Reads `http://HOST[:PORT][/PATH]`, with brackets around an IPv6 address, or `unix:/PATH`.
    init(_ text: String) throws(HTTPError) {
        self.text = text
        if text.hasPrefix("unix:/") {
            place = .unix(path: String(text.dropFirst("unix:".count)))
            host = "localhost"
            path = ""
            return
        }
        guard text.hasPrefix("http://") else { throw .invalidURL(text) }
        let rest = text.dropFirst("http://".count)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        host = String(rest[..<slash])
        var path = rest[slash...]
        while path.hasSuffix("/") { path.removeLast() }
        self.path = String(path)
        guard let place = Self.place(rest[..<slash]) else { throw .invalidURL(text) }
        self.place = place
    }

    private static func place(_ authority: Substring) -> Place? {
        let afterBracket = authority.firstIndex(of: "]") ?? authority.startIndex
        let colon = authority[afterBracket...].firstIndex(of: ":") ?? authority.endIndex
        let host = authority[..<colon].drop { $0 == "[" }.prefix { $0 != "]" }
        let port = colon == authority.endIndex ? 80 : UInt16(authority[colon...].dropFirst())
        guard let port, !host.isEmpty, !host.contains("@") else { return nil }
        return .tcp(host: String(host), port: port)
    }
}
