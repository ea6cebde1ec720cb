import Linux
import Testing

@testable import HTTP

@Suite("HTTP streams and stopping")
struct HTTPStreamTests {
    private final class Room: Sendable {
        let streams = Monitor<[ResponseStream]>([])
        let ends = Monitor<[ResponseStream.End]>([])

        func serve(bufferLimit: Int = 1 << 20) throws -> HTTPServer {
            try HTTPServer { _, responder in
                let stream = ResponseStream(bufferLimit: bufferLimit) { end in
                    self.ends.withLock { $0.append(end) }
                }
                responder.answer(
                    HTTPResponse(headers: ["Content-Type": "text/event-stream"], body: .stream(stream))
                )
                self.streams.withLock { $0.append(stream) }
            }
        }

        func stream() throws -> ResponseStream {
            try #require(streams.wait(until: .now + .seconds(10)) { $0.last })
        }

        func end() throws -> ResponseStream.End {
            try #require(ends.wait(until: .now + .seconds(10)) { $0.last })
        }
    }

    @Test("events arrive as they are written, and the end is seen")
    func events() throws {
        let room = Room()
        let server = try room.serve()
        let answer = try HTTPClient(HTTPServerTests.url(server)).stream("GET", "/events")
        #expect(answer.headers["content-type"] == "text/event-stream")
        let stream = try room.stream()
        let sent = [
            ServerSentEvent(event: "run", data: "one\ntwo", id: "7"), ServerSentEvent(data: ""),
            ServerSentEvent(data: String(repeating: "x", count: 200_000)),
        ]
        for event in sent {
            #expect(stream.write(event.bytes) == .accepted)
            #expect(stream.write(Array(": heartbeat\n\n".utf8)) == .accepted)
            #expect(try answer.nextEvent(silence: .seconds(10)) == event)
        }
        stream.close()
        #expect(stream.write([1]) == .ended)
        #expect(try answer.nextEvent(silence: .seconds(10)) == nil)
        #expect(try room.end() == .delivered)
    }

    @Test("lines are cut at their breaks, whatever the chunks")
    func lines() throws {
        let room = Room()
        let server = try room.serve()
        let answer = try HTTPClient(HTTPServerTests.url(server)).stream("GET", "/")
        let stream = try room.stream()
        for part in ["a", "b\n", "\nc\r\nlast"] { stream.write(Array(part.utf8)) }
        stream.close()
        var lines: [String] = []
        while let line = try answer.nextLine(silence: .seconds(10)) { lines.append(line) }
        #expect(lines == ["ab", "", "c", "last"])
    }

    @Test("a slow client fills its buffer, and is told apart from one that left")
    func slow() throws {
        let room = Room()
        let server = try room.serve(bufferLimit: 100_000)
        do {
            let answer = try HTTPClient(HTTPServerTests.url(server)).stream("GET", "/")
            let stream = try room.stream()
            let block = [UInt8](repeating: 1, count: 50_000)
            let deadline = MonotonicTime.now + .seconds(10)
            while stream.write(block) != .full, .now < deadline {}
            #expect(stream.write(block) == .full)
            #expect(try answer.next(silence: .seconds(10))?.isEmpty == false)
        }
        let stream = try room.stream()
        let deadline = MonotonicTime.now + .seconds(10)
        while stream.write([1]) != .ended, .now < deadline {}
        #expect(try room.end() == .cut)
    }

    @Test("a client that left is noticed at the next heartbeats")
    func left() throws {
        let room = Room()
        let server = try room.serve()
        let stream = try {
            _ = try HTTPClient(HTTPServerTests.url(server)).stream("GET", "/")
            return try room.stream()
        }()
        let deadline = MonotonicTime.now + .seconds(10)
        while stream.write(Array(":\n\n".utf8)) != .ended, .now < deadline {}
        #expect(try room.end() == .cut)
    }

    @Test("HEAD of a stream ends at once")
    func head() throws {
        let room = Room()
        let server = try room.serve()
        #expect(try HTTPClient(HTTPServerTests.url(server)).send("HEAD", "/").status == 200)
        _ = try room.end()
    }

    @Test("stopping ends streams, answers what waits with 503, and is quick")
    func stop() throws {
        let room = Room()
        let held = Monitor<[Responder]>([])
        let server = try HTTPServer { request, responder in
            guard request.path == "/stream" else { return held.withLock { $0.append(responder) } }
            let stream = ResponseStream { end in room.ends.withLock { $0.append(end) } }
            responder.answer(HTTPResponse(body: .stream(stream)))
        }
        let client = try HTTPClient(HTTPServerTests.url(server))
        let streams = try (0..<8).map { _ in try client.stream("GET", "/stream") }
        let polls = try (0..<8).map { _ in
            try HTTPServerTests.raw(server, "GET /poll HTTP/1.1\r\nHost: x\r\n\r\n")
        }
        let idle = try HTTPServerTests.raw(server, "")
        #expect(held.wait(until: .now + .seconds(10)) { $0.count == 8 ? 8 : nil } == 8)

        let start = MonotonicTime.now
        server.stop(grace: .milliseconds(50))
        #expect(MonotonicTime.now - start < .seconds(2))
        #expect(server.inFlight == 0)
        for poll in polls { #expect(try HTTPServerTests.transcript(poll).hasPrefix("HTTP/1.1 503")) }
        for stream in streams { #expect(try stream.next(silence: .seconds(5)) == nil) }
        #expect(try HTTPServerTests.transcript(idle).isEmpty)
        #expect(room.ends.withLock { $0.count } == 8)
        #expect(throws: HTTPError.refused(address: HTTPServerTests.url(server))) {
            try client.send("GET", "/")
        }
    }

    @Test("stopping waits for answers within the grace")
    func grace() throws {
        let held = Monitor<[Responder]>([])
        let server = try HTTPServer { _, responder in held.withLock { $0.append(responder) } }
        let poll = try HTTPServerTests.raw(server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        let responder = try #require(held.wait(until: .now + .seconds(10)) { $0.popLast() })
        let stopper = DedicatedThread("stopper") { server.stop(grace: .seconds(10)) }
        let deadline = MonotonicTime.now + .seconds(10)
        while !server.isStopping, .now < deadline { ThisProcess.yield() }
        #expect(responder.answer(HTTPResponse(body: .bytes(Array("done".utf8)))))
        stopper.join()
        #expect(try HTTPServerTests.transcript(poll).hasSuffix("done"))
    }

    @Test("stopping races with requests and streams without harm")
    func stopRace() throws {
        for _ in 0..<20 {
            let server = try HTTPServer { request, responder in
                if request.path == "/stream" {
                    responder.answer(HTTPResponse(body: .stream(ResponseStream())))
                } else {
                    DedicatedThread("late") { responder.answer(HTTPResponse()) }
                }
            }
            let url = HTTPServerTests.url(server)
            let clients = (0..<4).map { number in
                DedicatedThread("client") {
                    guard let client = try? HTTPClient(url) else { return }
                    while (try? client.send("GET", "/poll"))?.status == 200 {
                        if number == 0, (try? client.stream("GET", "/stream")) == nil { return }
                    }
                }
            }
            while server.inFlight == 0 {}
            server.stop(grace: .milliseconds(5))
            for client in clients { client.join() }
        }
    }
}
