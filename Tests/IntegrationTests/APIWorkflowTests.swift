import JSON
import Linux
import TestSupport
import Testing

@Suite("Workflows through the API")
struct APIWorkflowTests {
    @Test("the newest digest again is not new; an older text again is a new version")
    func versions() async throws {
        try await APIFixture.serve { api in
            func apply(_ text: String) throws -> APIAnswer {
                try api.call("PUT", "/v1/workflows/versions", text: text, type: "application/yaml")
            }
            let (first, second) = (script("versions", "echo 1"), script("versions", "echo 2"))
            let answers = try [first, first, second, second, first].map(apply)
            #expect(answers.map(\.status) == [201, 200, 201, 200, 201])
            #expect(answers.map { $0["version"].integerValue } == [1, 1, 2, 2, 3])
            #expect(answers.map { $0["new"] } == [true, false, true, false, true])

            let listed = try api.all("/v1/workflows/versions/versions", limit: 2)
            #expect(listed.map { $0["version"]?.integerValue } == [3, 2, 1])
            #expect(listed[0]["digest"] == listed[2]["digest"])
            #expect(try api.get("/v1/workflows/versions")["version"] == 3)
            #expect(try api.get("/v1/workflows/versions?version=2")["source"].stringValue == second)
            #expect(try api.get("/v1/workflows/versions?version=9").status == 404)
            #expect(try api.get("/v1/workflows/versions?version=x").status == 422)
        }
    }

    @Test("many who apply the same at once make one version")
    func concurrentApplies() async throws {
        try await APIFixture.serve { api throws in
            let answers = Monitor<[APIAnswer]>([])
            for _ in 0..<6 {
                DedicatedThread("applier") {
                    let answer = try? api.call(
                        "PUT",
                        "/v1/workflows/at-once",
                        text: script("at-once"),
                        type: "application/yaml"
                    )
                    if let answer { answers.withLock { $0.append(answer) } }
                }
            }
            let all = answers.wait(until: .now + PawlProcess.patience) { $0.count == 6 ? $0 : nil } ?? []
            let statuses = all.map(\.status).sorted()
            #expect(statuses == [200, 200, 200, 200, 200, 201])
            #expect(try api.all("/v1/workflows/at-once/versions").count == 1)
        }
    }

    @Test("layout and comments make no new version")
    func digestOfMeaning() async throws {
        try await APIFixture.serve { api in
            try api.apply(script("meaning"))
            let commented = "# the same\n" + script("meaning")
            let answer = try api.call(
                "PUT",
                "/v1/workflows/meaning",
                text: commented,
                type: "application/yaml"
            )
            #expect(answer["new"] == false, "\(answer.text)")
        }
    }

    @Test("a definition is taken as JSON too")
    func jsonDefinition() async throws {
        try await APIFixture.serve { api throws in
            let definition: JSONValue = [
                "name": "as-json", "steps": [["id": "a", "set": 7]], "output": "${ steps.a.output }",
            ]
            #expect(try api.call("PUT", "/v1/workflows/as-json", definition).status == 201)
            #expect(try api.end(of: api.start("as-json"))["output"] == 7)
        }
    }

    static let fiveMistakes = """
        name: five-mistakes
        colour: red
        steps:
          - id: Not An Id
            run: echo
          - id: b
            slep: 1s
          - id: c
            run: echo
            needs: [nobody]
          - id: d
            set: "${ steps.missing.output }"
        """

    @Test("five mistakes give five messages with line and column, and change nothing")
    func mistakes() async throws {
        try await APIFixture.serve { api in
            try api.apply(script("five-mistakes"))
            for (method, target) in [
                ("POST", "/v1/workflows/validate"), ("PUT", "/v1/workflows/five-mistakes"),
            ] {
                let answer = try api.call(
                    method,
                    target,
                    text: Self.fiveMistakes,
                    type: "application/yaml"
                )
                #expect(answer.status == 422)
                let errors = answer["errors"].arrayValue ?? []
                #expect(errors.compactMap { $0["line"]?.integerValue }.sorted() == [2, 4, 7, 10, 12])
                #expect(errors.allSatisfy { ($0["column"]?.integerValue ?? 0) > 0 })
                #expect(errors.allSatisfy { $0["message"]?.stringValue?.isEmpty == false })
            }
            #expect(try api.get("/v1/workflows/five-mistakes")["version"] == 1)
        }
    }

    @Test("validate checks and stores nothing")
    func validate() async throws {
        try await APIFixture.serve { api in
            let answer = try api.call(
                "POST",
                "/v1/workflows/validate",
                text: script("never-stored"),
                type: "application/yaml"
            )
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer["valid"] == true)
            #expect(try api.get("/v1/workflows/never-stored").status == 404)
        }
    }

    @Test("the path and the definition must name the same workflow")
    func names() async throws {
        try await APIFixture.serve { api in
            let answer = try api.call(
                "PUT",
                "/v1/workflows/one-name",
                text: script("another-name"),
                type: "application/yaml"
            )
            #expect(answer.status == 422)
            #expect(answer["detail"].stringValue?.contains("another-name") == true)
        }
    }

    @Test("workflows are listed by name, page by page")
    func list() async throws {
        try await APIFixture.serve { api in
            for name in ["listed-a", "listed-b", "listed-c"] { try api.apply(script(name)) }
            let names = try api.all("/v1/workflows", limit: 2).compactMap { $0["name"]?.stringValue }
            #expect(Set(names).isSuperset(of: ["listed-a", "listed-b", "listed-c"]))
            #expect(names == names.sorted())
        }
    }
}
