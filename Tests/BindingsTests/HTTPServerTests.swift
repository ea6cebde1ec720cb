import Linux
import Testing

@testable import HTTP

@Suite("HTTP server")
struct HTTPServerTests {
    /// Answers with what it was asked, line by line.
    static let echo: HTTPServer.Handler = { request, responder in
        var lines = ["\(request.method) \(request.path)"]
        lines.append(request.segments.joined(separator: "|"))
        lines.append(request.query.map { "\($0.name)=\($0.value)" }.joined(separator: "|"))
        lines.append("\(request.headers["x-TEST"] ?? "none") from \(request.clientAddress)")
        lines.append("\(request.body.count) bytes")
        let text = lines.joined(separator: "\n")
        responder.answer(HTTPResponse(headers: ["X-Seen": "yes"], body: .bytes(Array(text.utf8))))
    }

    static func url(_ server: HTTPServer) -> String { "http://127.0.0.1:\(server.port)" }

    static func raw(_ server: HTTPServer, _ text: String) throws -> ClientConnection {
        let connection = try ClientConnection(to: HTTPURL(url(server)), deadline)
        try connection.write(Array(text.utf8), deadline)
        return connection
    }

    static var deadline: MonotonicTime { .now + .seconds(10) }

    /// All that a connection says until it is closed.
    static func transcript(_ connection: ClientConnection) throws -> String {
        var all: [UInt8] = []
        while let bytes = try? connection.read(limit: .max, deadline) { all += bytes }
        return String(decoding: all, as: UTF8.self)
    }

    @Test("a request arrives as it was sent, decoded once")
    func request() throws {
        let server = try HTTPServer(handler: Self.echo)
        let client = try HTTPClient(Self.url(server))
        let answer = try client.send(
            "POST",
            "/v1/a%2Fb/%C3%A4//c?x=1&y=a+b%26&flag&x=2",
            headers: ["X-Test": "ok"],
            body: [UInt8](repeating: 7, count: 100_000)
        )
        #expect(answer.status == 200)
        #expect(answer.headers["x-seen"] == "yes")
        #expect(
            answer.text == """
                POST /v1/a%2Fb/%C3%A4//c
                v1|a/b|ä|c
                x=1|y=a b&|flag=|x=2
                ok from 127.0.0.1
                100000 bytes
                """
        )
        for target in ["/%", "/%f", "/%zz", "/%ff", "/?a=%"] {
            #expect(try client.send("GET", target).status == 400, "\(target)")
        }
    }

    @Test("methods, HEAD without a body, an empty POST")
    func methods() throws {
        let server = try HTTPServer(handler: Self.echo)
        let client = try HTTPClient(Self.url(server))
        for method in ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"] {
            #expect(try client.send(method, "/m").text.hasPrefix("\(method) /m\n"))
        }
        let head = try client.send("HEAD", "/m")
        #expect(head.status == 200)
        #expect(head.bytes == [])
        #expect(Int(head.headers["Content-Length"] ?? "") ?? 0 > 10)
        #expect(try client.send("POST", "/m", body: []).text.hasSuffix("0 bytes"))
    }

    @Test("one connection carries requests one after the other, and in advance")
    func keepAlive() throws {
        let server = try HTTPServer(handler: Self.echo)
        let get = "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
        let last = "GET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        let transcript = try Self.transcript(try Self.raw(server, get + get + last))
        #expect(transcript.split(separator: "HTTP/1.1 200 OK").count == 3)
        #expect(transcript.contains("GET /2"))
    }

    @Test("chunked bodies and Expect: 100-continue")
    func bodies() throws {
        let server = try HTTPServer(handler: Self.echo)
        let chunked = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        let transcript = try Self.transcript(
            try Self.raw(server, chunked + "5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n")
        )
        #expect(transcript.hasSuffix("8 bytes"))

        let expecting =
            "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n"
            + "Content-Length: 2\r\n\r\n"
        let connection = try Self.raw(server, expecting)
        #expect(try connection.readLine(Self.deadline).hasPrefix("HTTP/1.1 100"))
        try connection.write(Array("ok".utf8), Self.deadline)
        #expect(try Self.transcript(connection).hasSuffix("2 bytes"))
    }

    @Test("a body beyond the limit gets 413, however it is sent")
    func tooLarge() throws {
        let server = try HTTPServer(handler: Self.echo)
        let client = try HTTPClient(Self.url(server))
        let body = [UInt8](repeating: 1, count: 9 << 20)
        #expect(try client.send("POST", "/", body: body).status == 413)
        #expect(try client.send("POST", "/", body: [UInt8](repeating: 1, count: 4 << 20)).status == 200)

        let expecting =
            "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5000000\r\n\r\n"
        #expect(try Self.raw(server, expecting).readLine(Self.deadline).contains("413"))

        let chunked = try Self.raw(
            server,
            "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        let chunk = Array("100000\r\n".utf8) + [UInt8](repeating: 1, count: 1 << 20) + Array("\r\n".utf8)
        for _ in 0..<5 { try chunked.write(chunk, Self.deadline) }
        try chunked.write(Array("0\r\n\r\n".utf8), Self.deadline)
        #expect(try chunked.readLine(Self.deadline).contains("413"))
    }

    @Test(
        "garbage is refused and harms nobody else",
        arguments: [
            "\0\u{1}\u{FF}\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "GET /LONG HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nX: LONG\r\n\r\n",
        ]
    )
    func garbage(text: String) throws {
        let server = try HTTPServer(handler: Self.echo)
        let long = String(repeating: "a", count: 100_000)
        let connection = try Self.raw(server, text.replacing("LONG", with: long))
        // Some of it is the start of what might still become a request: no answer is right, too.
        let line = try? connection.readLine(.now + .milliseconds(200))
        #expect(line?.hasPrefix("HTTP/1.1 200") != true, "\(line ?? "")")
        #expect(try HTTPClient(Self.url(server)).send("GET", "/").status == 200)
    }

    @Test("a body that ends early is no request")
    func cutBody() throws {
        let server = try HTTPServer(handler: Self.echo)
        do {
            let connection = try Self.raw(
                server,
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf"
            )
            #expect(connection.isReusable)
        }
        #expect(try HTTPClient(Self.url(server)).send("GET", "/").status == 200)
    }

    @Test("answers may come later and from another thread; without one there is a 500")
    func late() throws {
        let waiting = Monitor<[Responder]>([])
        let server = try HTTPServer { request, responder in
            if request.path == "/late" { waiting.withLock { $0.append(responder) } }
        }
        let answerer = DedicatedThread("answerer") {
            let responder = waiting.wait { $0.popLast() }
            #expect(responder?.answer(HTTPResponse(status: 202)) == true)
            #expect(responder?.answer(HTTPResponse(status: 500)) == false)
        }
        let client = try HTTPClient(Self.url(server))
        #expect(try client.send("GET", "/late").status == 202)
        #expect(try client.send("GET", "/dropped").status == 500)
        answerer.join()
    }

    @Test("64 clients at once get their own answers, 100 each", .timeLimit(.minutes(1)))
    func concurrent() throws {
        let pool = Monitor<[(HTTPRequest, Responder)]>([])
        let server = try HTTPServer { request, responder in
            if request.body.count % 2 == 0 { return Self.echo(request, responder) }
            pool.withLock { $0.append((request, responder)) }
        }
        let isDone = Locked(false)
        let answerer = DedicatedThread("answerer") {
            while !isDone.withLock({ $0 }) {
                let next = pool.wait(until: .now + .milliseconds(20)) { $0.popLast() }
                if let (request, responder) = next { Self.echo(request, responder) }
            }
        }
        let failures = Locked<[String]>([])
        let url = Self.url(server)
        let clients = (0..<64).map { number in
            DedicatedThread("client") {
                do {
                    let client = try HTTPClient(url)
                    for round in 0..<100 {
                        let target = "/\(number)/\(round)"
                        let body = [UInt8](repeating: 0, count: round)
                        let answer = try client.send("POST", target, body: body)
                        guard answer.text.contains("POST \(target)\n"),
                            answer.text.hasSuffix("\n\(round) bytes")
                        else {
                            return failures.withLock { $0.append(answer.text) }
                        }
                    }
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
        }
        for client in clients { client.join() }
        isDone.withLock { $0 = true }
        answerer.join()
        #expect(failures.withLock { $0 } == [])
    }

    @Test("a thousand idle connections cost nobody an answer")
    func idle() throws {
        let server = try HTTPServer(handler: Self.echo)
        let idle = try (0..<1_000).map { _ in try Self.raw(server, "") }
        #expect(try HTTPClient(Self.url(server)).send("GET", "/").status == 200)
        #expect(idle.count == 1_000)
    }

    @Test("a client that says nothing is let go of")
    func idleTimeout() throws {
        var limits = HTTPServer.Limits()
        limits.idle = .seconds(1)
        let server = try HTTPServer(limits: limits, handler: Self.echo)
        let connection = try Self.raw(server, "GET / HT")
        _ = try Self.transcript(connection)
        #expect(!connection.isReusable)
    }

    @Test("a port in use and a wrong host are said plainly")
    func cannotListen() throws {
        let server = try HTTPServer(handler: Self.echo)
        let error = #expect(throws: HTTPError.self) { try HTTPServer(port: server.port, handler: Self.echo) }
        #expect(error?.description == "cannot listen on 127.0.0.1:\(server.port): Address already in use")
        #expect(throws: HTTPError.self) { try HTTPServer(host: "no.such.host.invalid", handler: Self.echo) }
    }
}
