import JSON
import Linux
import TestSupport
import Testing

@Suite("Artifacts")
struct APIArtifactTests {
    /// A step that leaves a file, and one that is given it.
    private static func workflow(_ name: String, _ script: String) -> String {
        """
        name: \(name)
        steps:
          - id: make
            run: |
        \(script.split(separator: "\n").map { "      \($0)" }.joined(separator: "\n"))
          - id: read
            with: { report: "${ steps.make.artifacts.report }" }
            run: cat "$PAWL_ARTIFACTS/report"
        output: "${ { 'read': steps.read.output, 'reference': steps.make.artifacts.report } }"
        """
    }

    @Test("a file that a step leaves is kept with the run, served, and laid before a step that refers to it")
    func kept() async throws {
        try await APIFixture.serve { api in
            let run = try api.run(
                Self.workflow(
                    "leaves-a-file",
                    """
                    printf 'a,b\\n1,2\\n' > table.csv
                    echo '{"type":"artifact","name":"report","path":"table.csv","media_type":"text/csv"}' >&3
                    """
                )
            )
            #expect(run["status"] == "succeeded", "\(run["error"]?.serialized() ?? "")")
            #expect(run["output"]?["read"] == "a,b\n1,2")
            let id = run["id"]?.stringValue ?? ""
            let list = try api.get("/v1/runs/\(id)/artifacts").items
            #expect(list.count == 1)
            let artifact = try #require(list.first)
            #expect(artifact["name"] == "report" && artifact["media_type"] == "text/csv")
            #expect(artifact["size"] == 8 && artifact["step"] == "make")
            #expect(run["output"]?["reference"]?["$artifact"] == artifact["id"])
            let content = try api.get("/v1/runs/\(id)/artifacts/\(artifact["id"]?.stringValue ?? "")")
            #expect(content.text == "a,b\n1,2\n")
            #expect(content.headers["Content-Disposition"]?.hasPrefix("attachment") == true)
            #expect(content.headers["X-Content-Type-Options"] == "nosniff")
            #expect(try api.get("/v1/runs/\(id)/artifacts/none").status == 404)
        }
    }

    @Test(
        "what is no file of the attempt's own is refused, and nothing of it is kept",
        arguments: [
            "echo '{\"type\":\"artifact\",\"name\":\"report\",\"path\":\"/etc/passwd\"}' >&3",
            "echo '{\"type\":\"artifact\",\"name\":\"report\",\"path\":\"../../etc/passwd\"}' >&3",
            """
            ln -s /etc/passwd link
            echo '{"type":"artifact","name":"report","path":"link"}' >&3
            """,
            "echo '{\"type\":\"artifact\",\"name\":\"../report\",\"path\":\"x\"}' >&3",
            "echo '{\"type\":\"artifact\",\"name\":\"report\",\"path\":\"missing\"}' >&3",
            """
            mkfifo pipe
            echo '{"type":"artifact","name":"report","path":"pipe"}' >&3
            """,
        ]
    )
    func refused(script: String) async throws {
        try await APIFixture.serve { api in
            let run = try api.run(Self.workflow("leaves-what-is-not-its-own", script))
            #expect(run["status"] == "failed")
            #expect(run["error"]?["type"] == "InvalidOutput", "\(run["error"]?.serialized() ?? "")")
            let id = run["id"]?.stringValue ?? ""
            #expect(try api.get("/v1/runs/\(id)/artifacts").items.isEmpty)
        }
    }
}
