import HTTP
import JSON
import Linux
import TestSupport
import Testing

@Suite("What changes is streamed")
struct APIStreamTests {
    struct Event: Sendable, Hashable {
        var name: String
        var id: String
        var version: Int64
        var status: String?
        var cursor: String
    }

    static func open(_ topics: String, at address: String, after cursor: String? = nil) throws -> HTTPStream {
        var headers: HTTPHeaders = [:]
        if let cursor { headers.add("Last-Event-ID", cursor) }
        let stream = try HTTPClient(address).stream("GET", "/v1/stream?topics=\(topics)", headers: headers)
        #expect(stream.status == 200)
        return stream
    }

    static func next(_ stream: HTTPStream) throws -> Event {
        guard let event = try stream.nextEvent(silence: .seconds(30)) else {
            throw NeverHappened(description: "another event of the stream")
        }
        let data = try JSONValue.parse(event.data)
        return Event(
            name: event.event,
            id: data["id"]?.stringValue ?? "",
            version: data["version"]?.integerValue ?? 0,
            status: data[event.event]?["status"]?.stringValue,
            cursor: event.id
        )
    }

    /// Reads until an event of a run says that it has ended.
    static func toTheEnd(_ stream: HTTPStream, of run: String) throws -> [Event] {
        var events: [Event] = []
        repeat {
            events.append(try next(stream))
        } while !(events.last?.id == run && events.last?.status == "succeeded")
        return events
    }

    static func expectRising(_ events: [Event]) {
        for (id, ofOne) in Dictionary(grouping: events.filter { $0.name != "hello" }, by: \.id) {
            let versions = ofOne.map(\.version)
            #expect(versions == Set(versions).sorted(), "\(id): \(versions)")
        }
    }

    static let patient = """
        name: patient
        steps:
          - { id: first, run: "echo 1" }
          - { id: second, sleep: 1s }
          - { id: third, run: "echo 3" }
          - { id: last, run: "echo 4" }
        """

    @Test("a run's stream tells of its steps and its end, with versions that rise")
    func oneRun() async throws {
        try await APIFixture.serve { api in
            let run = try api.start(try api.apply(Self.patient))
            let stream = try Self.open("run:\(run)", at: api.address)
            let events = try Self.toTheEnd(stream, of: run)
            #expect(events.first?.name == "hello")
            Self.expectRising(events)
            #expect(events.contains { $0.id == "\(run)/last" && $0.status == "succeeded" })
        }
    }

    @Test("a client that comes back with its last id gets all that it missed, and nothing twice")
    func comeBack() async throws {
        try await APIFixture.serve { api in
            let run = try api.start(try api.apply(Self.patient))
            let first = try Self.open("run:\(run),runs", at: api.address)
            var seen = [try Self.next(first)]
            while seen.last?.id != run || seen.last?.cursor.isEmpty != false {
                seen.append(try Self.next(first))
            }
            _ = try api.end(of: run)
            let second = try Self.open("run:\(run),runs", at: api.address, after: seen.last?.cursor)
            let missed = try Self.toTheEnd(second, of: run)
            Self.expectRising((seen + missed).filter { $0.id.hasPrefix(run) })
            #expect(missed.contains { $0.id == "\(run)/last" && $0.status == "succeeded" })
        }
    }

    @Test("a run that another process ends is told of by a server that has no Redis")
    func otherProcess() async throws {
        let postgres = try await TestServers.postgres()
        try await onOwnThread {
            let name = "stream_\(Random.bytes(6).hexadecimal)"
            _ = try postgres.createDatabase(name)
            let environment = ["DATABASE_URL": postgres.url(database: name), "PAWL_LISTEN": "127.0.0.1:0"]
            #expect(try PawlProcess.run(["migrate"], environment: environment).exit == 0)
            let server = try PawlProcess(["serve"], environment: environment)
            let api = PawlAPI(try server.ready())
            let stream = try Self.open("runs", at: api.address)
            #expect(try Self.next(stream).name == "hello")
            let run = try api.start(try api.apply(Self.patient))
            let worker = try PawlProcess(["worker"], environment: environment)
            try worker.ready()
            var events = [try Self.next(stream)]
            while events.last?.id != run { events.append(try Self.next(stream)) }
            let cursor = events.last?.cursor
            server.kill()
            let other = try PawlProcess(["serve"], environment: environment)
            let resumed = try Self.open("runs", at: try other.ready(), after: cursor)
            events += try Self.toTheEnd(resumed, of: run)
            Self.expectRising(events)
            try worker.stop()
            try other.stop()
        }
    }

    @Test("an unknown topic is 422, an unknown run 404, and no id of ours 422")
    func refusals() async throws {
        try await APIFixture.serve { api in
            let unknown = "run_01h2xcejqtf2nbrexx3vqjhp41"
            let weather = try api.get("/v1/stream?topics=weather")
            let nothing = try api.get("/v1/stream")
            let nobody = try api.get("/v1/stream?topics=run:\(unknown)")
            let headers = [("Last-Event-ID", "now and then")]
            let nonsense = try api.call("GET", "/v1/stream?topics=runs", headers: headers)
            #expect([weather, nothing, nobody, nonsense].map(\.status) == [422, 422, 404, 422])
        }
    }

    @Test("a client that was away for too long is told to read anew")
    func reset() async throws {
        try await APIFixture.serve { api in
            let stream = try Self.open("runs", at: api.address, after: "1")
            #expect(try Self.next(stream).name == "hello")
            #expect(try Self.next(stream).name == "reset")
        }
    }
}
