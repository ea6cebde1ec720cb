import JSON
import Linux
import TestSupport
import Testing

@Suite("The OpenAPI document")
struct APIDocumentTests {
    @Test("it tells of every call that is documented, and of no other")
    func complete() async throws {
        try await APIFixture.serve { api in
            let document = APIDocument(json: try api.get("/v1/openapi.json").json)
            #expect(document.json["openapi"] == "3.1.0")
            let told = document.calls
            let page = "\(TestPrograms.repository)/docs/http-api.md"
            let text = String(decoding: try Files.read(page, limit: 1 << 20), as: UTF8.self)
            let calls = text.matches(of: /\| `([A-Z]+ \/[^`]*)` \|/).map { String($0.1) }
                .map { $0.replacing("...}", with: "}") }
                .filter { !$0.hasPrefix("GET /assets") }
            #expect(told == Set(calls), "\(told.symmetricDifference(Set(calls)).sorted())")
        }
    }

    @Test("the reference page is made of it")
    func reference() async throws {
        try await APIFixture.serve { api in
            let repository = TestPrograms.repository
            let maker = try PawlProcess(
                ["\(repository)/Tests/OpenAPI/reference.py", api.address],
                program: "/usr/bin/python3"
            )
            #expect(try maker.exit() == .exited(0), "\(maker.errors.text)")
            let bytes = try Files.read("\(repository)/docs/api-reference.md", limit: 1 << 20)
            let page = String(decoding: bytes, as: UTF8.self)
            #expect(page == maker.output.text, "scripts/api-reference writes it anew")
        }
    }

    @Test("what the server answers is what it says")
    func answers() async throws {
        try await APIFixture.serve { api in
            let document = APIDocument(json: try api.get("/v1/openapi.json").json)
            let run = try api.run(script("told-of"))["id"]?.stringValue ?? ""
            for (path, target) in [
                ("/v1/runs", "/v1/runs?limit=5"), ("/v1/runs/{run}", "/v1/runs/\(run)"),
                ("/v1/runs/{run}/steps", "/v1/runs/\(run)/steps?outputs=true"),
                ("/v1/runs/{run}/history", "/v1/runs/\(run)/history"),
                ("/v1/runs/{run}/logs", "/v1/runs/\(run)/logs"), ("/v1/workflows", "/v1/workflows"),
                ("/v1/workflows/{name}", "/v1/workflows/told-of"),
                ("/v1/workflows/{name}/graph", "/v1/workflows/told-of/graph"), ("/v1/queues", "/v1/queues"),
                ("/v1/workers", "/v1/workers"), ("/v1/plugins", "/v1/plugins"),
                ("/v1/session", "/v1/session"),
                ("/v1/schedules", "/v1/schedules"), ("/v1/tokens", "/v1/tokens"),
            ] {
                let answer = try api.get(target)
                #expect(answer.status == 200)
                let schema = try #require(try document.schema("GET", path, 200), "\(path)")
                let violations = schema.violations(of: answer.json)
                #expect(violations.isEmpty, "\(target): \(violations)")
            }
        }
    }
}
