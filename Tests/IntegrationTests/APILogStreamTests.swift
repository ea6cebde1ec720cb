import HTTP
import JSON
import Linux
import TestSupport
import Testing

extension IntegrationLogs {
    @Test("a follower gets each line once, in order, and the end of the stream with the end of the run")
    func follow() async throws {
        try await APIFixture.serve { api in
            let id = try api.start(try api.apply(Self.talkative))
            let lines = try Self.lines(of: id, at: api.address)
            #expect(lines.map(\.message) == ["one", "two", "three", "last"])
            let positions = lines.map(\.position)
            #expect(positions == positions.sorted())
            #expect(Set(positions).count == positions.count)
        }
    }

    @Test("a follower that lost its connection goes on after the last event that it saw")
    func goOn() async throws {
        try await APIFixture.serve { api in
            let id = try api.start(try api.apply(Self.talkative))
            let all = try Self.lines(of: id, at: api.address)
            let rest = try Self.lines(of: id, at: api.address, after: all[1].position)
            #expect(rest.map(\.message) == ["three", "last"])
        }
    }
}

@Suite("Logs are followed live")
struct IntegrationLogs {
    struct Line: Sendable {
        var position: Int64
        var message: String
    }

    static let talkative = """
        name: talkative
        steps:
          - id: says
            run: |
              for word in one two three; do echo "$word" >&2; done
          - id: ends
            run: echo last >&2
        """

    static func lines(of run: String, at address: String, after position: Int64? = nil) throws -> [Line] {
        var headers: HTTPHeaders = [:]
        if let position { headers.add("Last-Event-ID", String(position)) }
        let target = "/v1/runs/\(run)/logs?follow=true"
        let stream = try HTTPClient(address).stream("GET", target, headers: headers)
        #expect(stream.status == 200)
        var lines: [Line] = []
        while let event = try stream.nextEvent(silence: .seconds(60)) {
            let data = try JSONValue.parse(event.data)
            let message = data["message"]?.stringValue ?? ""
            lines.append(Line(position: data["position"]?.integerValue ?? 0, message: message))
        }
        return lines
    }
}
