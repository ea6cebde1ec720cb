import JSON
import Postgres
import TestSupport
import Testing

@Suite("The shared plugins and the etl example's do what their pages say")
struct SharedPluginTests {
    private let file = "plugins/file/file.py"
    private let http = "plugins/http/request.py"

    @Test("a file is written, read back and summed")
    func fileRoundTrip() throws {
        let path = JSONValue.string("\(try TestServers.folder())/deep/note.json")
        let content: JSONValue = ["greeting": "hi\u{0}", "n": 9_007_199_254_740_993]
        let prompt = Prompt()
        let written = try prompt.run([file, "write"], ["path": path, "as": "json", "content": content])
        #expect(written.status == 0, "\(written.log)")
        #expect(try prompt.run([file, "read"], ["path": path, "as": "json"]).output?["content"] == content)
        let sum = try prompt.run([file, "checksum"], ["path": path]).output
        #expect(sum?["sha256"] == written.output?["sha256"])
    }

    @Test("a file that is not there is refused for good")
    func missingFile() throws {
        let answer = try Prompt().run([file, "read"], ["path": "/nowhere/at/all"])
        #expect(answer.status == 66)
        #expect(answer.output?["type"] == "NoSuchFile")
    }

    @Test(
        "a request that cannot be made says whether trying again is of use",
        arguments: [
            ("file:///etc/passwd", false, 65, "InvalidRequest"),
            ("http://127.0.0.1:1/", false, 75, "Unreachable"),
            ("http://localhost:1/", true, 65, "PrivateAddress"),
            ("http://[::1]:1/", true, 65, "PrivateAddress"),
        ]
    )
    func refusedRequest(url: String, publicOnly: Bool, status: Int32, type: String) throws {
        let input: JSONValue = ["url": .string(url), "public_only": .bool(publicOnly)]
        let answer = try Prompt().run([http], input)
        #expect(answer.status == status)
        #expect(answer.output?["type"] == .string(type))
        #expect(answer.output?["retryable"] == .bool(status == 75))
    }

    @Test("totals are loaded once a run")
    func loadTwice() async throws {
        let server = try await TestServers.postgres()
        let url = try await onOwnThread {
            try server.createDatabase("sales")
            return server.url(database: "sales")
        }
        let prompt = Prompt(environment: ["ETL_DATABASE_URL": url])
        let north: JSONValue = ["region": "north", "orders": 2, "revenue": 300]
        let south: JSONValue = ["region": "south", "orders": 1, "revenue": 50]
        let input: JSONValue = ["run": "r1", "totals": [north, south]]
        for _ in 1...2 {
            let answer = try prompt.run(["examples/etl/plugins/sales/load"], input)
            #expect(answer.status == 0, "\(answer.log)")
            #expect(answer.output == ["regions": 2, "revenue": 350])
        }
    }
}
