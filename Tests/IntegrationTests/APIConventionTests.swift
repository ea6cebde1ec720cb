import JSON
import Linux
import TestSupport
import Testing

@Suite("The conventions of the API")
struct APIConventionTests {
    /// A request, and the status that answers it.
    struct Row: Sendable, CustomTestStringConvertible {
        var method = "GET"
        var target: String
        var body: String?
        var type: String?
        var headers: [String: String] = [:]
        var status: Int

        var testDescription: String { "\(method) \(target) → \(status)" }
    }

    static let unknownRun = "run_01h2xcejqtf2nbrexx3vqjhp41"

    static let rows: [Row] = [
        Row(target: "/v1/nothing", status: 404),
        Row(target: "/v1/runs/\(unknownRun)", status: 404),
        Row(target: "/v1/runs/\(unknownRun)/steps", status: 404),
        Row(target: "/v1/runs/\(unknownRun)/history", status: 404),
        Row(target: "/v1/runs/\(unknownRun)/logs", status: 404),
        Row(method: "POST", target: "/v1/runs/\(unknownRun)/cancel", status: 404),
        Row(target: "/v1/runs/run_nonsense", status: 404),
        Row(target: "/v1/runs/no-workflow:no-key", status: 404),
        Row(target: "/v1/runs/..%2F..", status: 404),
        Row(target: "/v1/runs/%00", status: 404),
        Row(target: "/v1/workflows/a%00b", status: 404),
        Row(target: "/v1/workflows/none-of-this-name", status: 404),
        Row(target: "/v1/workflows/none-of-this-name/versions", status: 404),
        Row(method: "DELETE", target: "/v1/runs", status: 405),
        Row(method: "PUT", target: "/healthz", status: 405),
        Row(method: "POST", target: "/v1/workflows/w", status: 405),
        Row(method: "POST", target: "/v1/runs", body: "{}", status: 415),
        Row(method: "POST", target: "/v1/runs", body: "{}", type: "text/plain", status: 415),
        Row(method: "POST", target: "/v1/runs", body: "name: x", type: "application/yaml", status: 415),
        Row(method: "PUT", target: "/v1/workflows/x", body: "<x/>", type: "text/xml", status: 415),
        Row(method: "POST", target: "/v1/runs", body: "{", type: "application/json", status: 422),
        Row(method: "POST", target: "/v1/runs", body: "[]", type: "application/json", status: 422),
        Row(method: "POST", target: "/v1/runs", body: "{}", type: "application/json", status: 422),
        Row(target: "/v1/runs?limit=0", status: 422),
        Row(target: "/v1/runs?limit=501", status: 422),
        Row(target: "/v1/runs?limit=ten", status: 422),
        Row(target: "/v1/runs?cursor=made-up", status: 422),
        Row(target: "/v1/runs?status=sleeping", status: 422),
        Row(target: "/v1/runs?compensation=half", status: 422),
        Row(target: "/v1/runs?since=yesterday", status: 422),
        Row(target: "/v1/runs?label.team=a%00b", status: 422),
        Row(target: "/v1/runs?workflow=%00", status: 422),
        Row(target: "/v1/runs", headers: ["Origin": "https://evil.example"], status: 403),
        Row(target: "/v1/runs", headers: ["Origin": "null"], status: 403),
        Row(target: "/v1/runs", status: 200),
        Row(target: "/v1/runs?limit=500&status=running,failed&compensation=none", status: 200),
        Row(target: "/v1/workflows", status: 200),
        Row(target: "/v1/queues", status: 200),
        Row(target: "/v1/workers", status: 200),
        Row(target: "/v1/plugins", status: 200),
        Row(target: "/healthz", status: 200),
        Row(target: "/readyz", status: 200),
    ]

    @Test("each status comes when it should, errors as problems", arguments: rows)
    func status(row: Row) async throws {
        try await APIFixture.serve { api in
            let answer = try api.call(
                row.method,
                row.target,
                text: row.body,
                type: row.type,
                headers: row.headers.map { ($0.key, $0.value) }
            )
            #expect(answer.status == row.status, "\(answer.text)")
            guard row.status >= 400 else { return }
            #expect(answer.type == "application/problem+json")
            #expect(answer["status"].integerValue == Int64(row.status))
            for member in ["type", "title", "detail"] {
                #expect(answer[member].stringValue?.isEmpty == false, "\(member) in \(answer.text)")
            }
            if row.status == 405 { #expect(answer.headers["Allow"]?.isEmpty == false) }
        }
    }

    @Test("405 names every method that is taken")
    func allow() async throws {
        try await APIFixture.serve { api throws in
            #expect(try api.call("PATCH", "/v1/runs").headers["Allow"] == "GET, POST")
            #expect(try api.call("POST", "/v1/workflows/x").headers["Allow"] == "GET, PUT")
        }
    }

    @Test("a body over 4 MiB is refused with 413, one below it is not")
    func largeBodies() async throws {
        try await APIFixture.serve { api in
            let tooLarge = #"{"workflow":"\#(String(repeating: "x", count: 4 << 20))"}"#
            let answer = try api.call("POST", "/v1/runs", text: tooLarge)
            #expect(answer.status == 413)
            #expect(answer.type == "application/problem+json")
            try api.apply(script("takes-anything"))
            let text = JSONValue.string(String(repeating: "x", count: (4 << 20) - 200))
            let run = try api.start("takes-anything", input: ["text": text])
            #expect(try api.end(of: run)["status"] == "succeeded")
        }
    }

    @Test("only a Host that names loopback is served", arguments: ["127.1", "0.0.0.0", "2130706433"])
    func foreignHost(host: String) async throws {
        try await APIFixture.serve { api in
            let port = api.address.split(separator: ":").last ?? ""
            // Names that reach the server but are none of its own, as after DNS rebinding.
            let answer = try PawlAPI("http://\(host):\(port)").get("/v1/runs")
            #expect(answer.status == 403, "\(answer.text)")
            #expect(try PawlAPI("http://localhost:\(port)").get("/v1/runs").status == 200)
        }
    }

    @Test("the server's own Origin is served")
    func ownOrigin() async throws {
        try await APIFixture.serve { api in
            #expect(try api.call("GET", "/v1/runs", headers: [("Origin", api.address)]).status == 200)
            let otherPort = try api.call("GET", "/v1/runs", headers: [("Origin", "http://127.0.0.1:1")])
            #expect(otherPort.status == 403)
        }
    }

    @Test("HEAD is GET without its body")
    func head() async throws {
        try await APIFixture.serve { api in
            let answer = try api.call("HEAD", "/v1/runs")
            #expect(answer.status == 200)
            #expect(answer.text.isEmpty)
        }
    }

    @Test("ids are TypeIDs and times RFC 3339 in UTC with milliseconds")
    func idsAndTimes() async throws {
        try await APIFixture.serve { api in
            let run = try api.run(script("ids-and-times"))
            #expect((run["id"]?.stringValue ?? "").wholeMatch(of: /run_[0-7][0-9a-hjkmnp-tv-z]{25}/) != nil)
            let times = run["times"]?.objectValue ?? [:]
            for name in ["created_at", "ended_at"] {
                let time = times[name]?.stringValue ?? ""
                #expect(
                    time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil,
                    "\(name) \(time)"
                )
            }
        }
    }

    @Test("metrics are Prometheus text")
    func metrics() async throws {
        try await APIFixture.serve { api in
            let answer = try api.get("/metrics")
            #expect(answer.type.hasPrefix("text/plain; version=0.0.4"))
            for line in answer.text.split(separator: "\n") where !line.hasPrefix("#") {
                #expect(line.wholeMatch(of: /(pawl|process)_[a-z_]+(\{.*\})? [0-9.e+-]+/) != nil, "\(line)")
            }
        }
    }
}
