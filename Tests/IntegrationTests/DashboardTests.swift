import JSON
import Linux
import TestSupport
import Testing

@Suite("The dashboard's files are served")
struct DashboardTests {
    private static let folder = "\(TestPrograms.repository)/Sources/Dashboard/www"

    @Test("every file of the folder is in the program, as it is there, with its type and a validator")
    func files() async throws {
        try await APIFixture.serve { api in
            for name in try Files.names(in: Self.folder) where !name.hasPrefix(".") {
                let answer = try api.get("/assets/\(name)")
                #expect(answer.status == 200, "\(name) is not in Sources/Dashboard/assets.c")
                let text = String(decoding: try Files.read("\(Self.folder)/\(name)"), as: UTF8.self)
                #expect(answer.text == text, "\(name)")
                #expect(answer.type != "application/octet-stream", "\(name)")
                let tag = answer.headers["ETag"] ?? ""
                let again = try api.call("GET", "/assets/\(name)", headers: [("If-None-Match", tag)])
                #expect(again.status == 304 && again.text.isEmpty)
            }
        }
    }

    @Test("every page has the same shell and a policy that lets in nothing of others")
    func pages() async throws {
        try await APIFixture.serve { api in
            for path in ["/", "/runs", "/runs/run_1", "/workflows/a%2Fb", "/workflows/a/start", "/system"] {
                let answer = try api.get(path)
                #expect(answer.status == 200 && answer.type.hasPrefix("text/html"))
                let policy = answer.headers["Content-Security-Policy"] ?? ""
                #expect(policy.contains("default-src 'none'") && !policy.contains("unsafe"))
                #expect(answer.headers["X-Content-Type-Options"] == "nosniff")
            }
        }
    }

    @Test("no path leads to another file", arguments: ["/assets/..%2Fassets.c", "/assets/x.js", "/assets/"])
    func noOtherFile(path: String) async throws {
        try await APIFixture.serve { api in
            let answer = try api.get(path)
            #expect(answer.status == 404)
        }
    }
}
