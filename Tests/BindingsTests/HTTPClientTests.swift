import Linux
import Testing

@testable import HTTP

@Suite("HTTP client")
struct HTTPClientTests {
    @Test("that nobody listens is a value")
    func refused() throws {
        let server = try HTTPServer(handler: HTTPServerTests.echo)
        let url = HTTPServerTests.url(server)
        server.stop()
        #expect(throws: HTTPError.refused(address: url)) { try HTTPClient(url).send("GET", "/") }
        #expect(throws: HTTPError.refused(address: "unix:/tmp/no-such-socket")) {
            try HTTPClient("unix:/tmp/no-such-socket").send("GET", "/")
        }
    }

    @Test("an answer that does not come ends in time")
    func timeout() throws {
        let held = Locked<[Responder]>([])
        let server = try HTTPServer { _, responder in held.withLock { $0.append(responder) } }
        let url = HTTPServerTests.url(server)
        #expect(throws: HTTPError.timedOut(address: url)) {
            try HTTPClient(url).send("GET", "/", timeout: .milliseconds(50))
        }
        server.stop(grace: .zero)
    }

    @Test("a connection that the server closed meanwhile is not used again")
    func reconnects() throws {
        let first = try HTTPServer(handler: HTTPServerTests.echo)
        let client = try HTTPClient(HTTPServerTests.url(first))
        #expect(try client.send("GET", "/").status == 200)
        first.stop()
        let second = try HTTPServer(port: first.port, handler: HTTPServerTests.echo)
        #expect(try client.send("POST", "/", body: [1]).status == 200)
        second.stop()
    }

    @Test(
        "addresses",
        arguments: [
            ("http://localhost", "localhost", 80, ""), ("http://127.0.0.1:7295/", "127.0.0.1", 7295, ""),
            ("http://[::1]:80/base/", "::1", 80, "/base"),
        ] as [(String, String, UInt16, String)]
    )
    func urls(text: String, host: String, port: UInt16, path: String) throws {
        let url = try HTTPURL(text)
        guard case .tcp(host, port) = url.place else {
            Issue.record("\(url)")
            return
        }
        #expect(url.path == path)
    }

    @Test(
        "no addresses",
        arguments: ["", "https://x", "localhost:80", "http://", "http://x:99999", "http://a@b"]
    )
    func invalid(text: String) {
        #expect(throws: HTTPError.invalidURL(text)) { try HTTPClient(text) }
    }

    @Test("headers are found whatever their case, and keep their order")
    func headers() {
        var headers: HTTPHeaders = ["Accept": "a", "X-B": "1", "accept": "b"]
        #expect(headers["ACCEPT"] == "a")
        #expect(headers.all("accept") == ["a", "b"])
        headers["Accept"] = "c"
        #expect(headers.fields.map(\.name) == ["X-B", "Accept"])
        headers["Connection"] = "keep-alive, Close "
        #expect(headers.lists("close", in: "connection"))
        #expect(!headers.lists("clos", in: "connection"))
    }

    @Test("encoding and decoding are each other's inverse")
    func percent() {
        let text = "a/b c+d%é😀?&="
        let encoded = PercentEncoding.encode(text)
        #expect(encoded == "a%2Fb%20c%2Bd%25%C3%A9%F0%9F%98%80%3F%26%3D")
        #expect(PercentEncoding.decode(encoded[...].utf8) == text)
    }
}
