import JSON
import Linux
import TestSupport
import Testing

@Suite("The command line, with a server")
struct CLIRunTests {
    /// Runs a test that calls `pawl` with the shared server.
    private static func serve(
        _ body: @escaping @Sendable (_ pawl: ([String]) throws -> CommandResult, PawlAPI) throws -> Void
    ) async throws {
        try await APIFixture.serve { api in
            try body({ try PawlProcess.run($0, environment: ["PAWL_SERVER": api.address]) }, api)
        }
    }

    static let greeting = """
        name: cli-greeting
        input:
          type: object
          properties: { name: { type: string }, count: { type: integer, default: 1 } }
        steps:
          - id: greet
            run: |
              echo "greeting" >&2
              echo hello
        output: { said: "${ steps.greet.output }", to: "${ input.name }", count: "${ input.count }" }
        """

    @Test("start FILE --follow prints each step as it happens and exits 0")
    func follow() async throws {
        let file = try CLITests.file("greeting.yaml", Self.greeting)
        try await Self.serve { pawl, _ in
            let result = try pawl([
                "run", "start", file, "--input", "name=007", "--input", "count=3", "--follow",
            ])
            #expect(result.exit == 0, "\(result.errors)")
            let greet = result.errors.split(separator: "\n").first {
                $0.contains("greet") && $0.contains("✓")
            }
            #expect(greet?.contains("succeeded") == true, "\(result.errors)")
            #expect(!result.errors.contains("\u{1B}"), "no colours where there is no terminal")
            let lines = result.output.split(separator: "\n").map {
                $0.split(separator: "\t").map(String.init)
            }
            #expect(lines.contains(["status", "succeeded"]), "\(result.output)")
            // Text where the schema says string, else JSON.
            #expect(
                lines.contains(["output", #"{"said":"hello","to":"007","count":3}"#]),
                "\(result.output)"
            )
        }
    }

    @Test("-o json of a followed run is the API's run, and nothing else is on stdout")
    func json() async throws {
        let file = try CLITests.file(
            "greeting.yaml",
            Self.greeting.replacing("cli-greeting", with: "cli-json")
        )
        let input = try CLITests.file("input.json", #"{"name": "Ada"}"#)
        try await Self.serve { pawl, api in
            let result = try pawl(["run", "start", file, "--input", "@\(input)", "--follow", "-o", "json"])
            let run = try JSONValue.parse(result.output)
            #expect(run == (try api.get("/v1/runs/\(run["id"]?.stringValue ?? "")").json))
            #expect(run["output"]?["to"] == "Ada")
        }
    }

    @Test("a followed run's end is the exit code", arguments: [("exit 1", 1), ("exit 0", 0)])
    func exits(run: String, code: Int32) async throws {
        let file = try CLITests.file("exits.yaml", script("cli-exits-\(code)", run))
        try await Self.serve { pawl, _ throws in
            #expect(try pawl(["run", "start", file, "--follow"]).exit == code)
        }
    }

    @Test(
        "a run that is cancelled or terminated while it is followed: exit 8",
        arguments: ["cancel", "terminate"]
    )
    func exitsCancelled(action: String) async throws {
        let file = try CLITests.file("asleep.yaml", "name: cli-\(action)\nsteps:\n  - id: a\n    sleep: 1h\n")
        try await Self.serve { pawl, api in
            let environment = ["PAWL_SERVER": api.address]
            let following = try PawlProcess(
                ["run", "start", file, "--key", "k", "-f"],
                environment: environment
            )
            #expect(following.errors.line(with: "started", within: PawlProcess.patience) != nil)
            #expect(try pawl(["run", action, "cli-\(action):k"]).exit == 0)
            #expect(try following.exit() == .exited(8))
        }
    }

    @Test("Ctrl-C detaches, says how to come back, and leaves the run alone")
    func detach() async throws {
        let file = try CLITests.file("asleep.yaml", "name: cli-detach\nsteps:\n  - id: a\n    sleep: 1h\n")
        try await Self.serve { pawl, api in
            let environment = ["PAWL_SERVER": api.address]
            let following = try PawlProcess(
                ["run", "start", file, "--key", "k", "-f"],
                environment: environment
            )
            #expect(following.errors.line(with: "started", within: PawlProcess.patience) != nil)
            following.signal(2)
            #expect(try following.exit() == .exited(130))
            let said = following.errors.readToEnd(within: PawlProcess.patience) ?? ""
            #expect(said.contains("pawl run watch run_"))
            #expect(try api.get("/v1/runs/cli-detach:k")["status"] == "waiting")
            #expect(try pawl(["run", "terminate", "cli-detach:k"]).exit == 0)
            #expect(try pawl(["run", "watch", "cli-detach:k"]).exit == 8)
        }
    }

    @Test("input that does not fit: exit 1 with pointers; a held key: exit 5; unknown: exit 3")
    func failures() async throws {
        let file = try CLITests.file(
            "greeting.yaml",
            Self.greeting.replacing("cli-greeting", with: "cli-failures")
        )
        let asleep = try CLITests.file("asleep.yaml", "name: cli-held\nsteps:\n  - id: a\n    sleep: 1h\n")
        try await Self.serve { pawl, _ in
            let invalid = try pawl(["run", "start", file, "--input", "count=many"])
            #expect(invalid.exit == 1)
            #expect(invalid.errors.contains("/input/count"), "\(invalid.errors)")
            #expect(invalid.output.isEmpty)
            #expect(try pawl(["run", "start", asleep, "--key", "k"]).exit == 0)
            #expect(try pawl(["run", "start", asleep, "--key", "k"]).exit == 5)
            #expect(try pawl(["run", "terminate", "cli-held:k"]).exit == 0)
            #expect(try pawl(["run", "terminate", "cli-held:k"]).exit == 5)
            #expect(try pawl(["run", "show", APIConventionTests.unknownRun]).exit == 3)
            #expect(try pawl(["run", "start", "never-applied"]).exit == 3)
            #expect(try pawl(["workflow", "show", "never-applied"]).exit == 3)
        }
    }

    @Test("apply, list and show workflows in each format")
    func workflows() async throws {
        let file = try CLITests.file("shown.yaml", script("cli-shown"))
        try await Self.serve { pawl, _ in
            let applied = try pawl(["workflow", "apply", file, "-o", "jsonl"])
            #expect(try JSONValue.parse(applied.output)["new"] == true)
            #expect(try pawl(["workflow", "apply", file, "-o", "name"]).output == "cli-shown\n")
            let names = try pawl(["workflow", "list", "-o", "name"]).output.split(separator: "\n")
            #expect(names.contains("cli-shown"))
            let row = try pawl(["workflow", "list"]).output.split(separator: "\n").first {
                $0.hasPrefix("cli-shown\t")
            }
            #expect(row?.split(separator: "\t").count == 4)
            #expect(try pawl(["workflow", "show", "cli-shown"]).output.hasSuffix(script("cli-shown") + "\n"))
            let shown = try JSONValue.parse(try pawl(["workflow", "show", "cli-shown", "-o", "json"]).output)
            #expect(shown["source"]?.stringValue == script("cli-shown"))
        }
    }

    @Test("list, show, logs and history of runs")
    func runs() async throws {
        let file = try CLITests.file(
            "greeting.yaml",
            Self.greeting.replacing("cli-greeting", with: "cli-runs")
        )
        try await Self.serve { pawl, api in
            let started = try pawl(["run", "start", file, "--label", "kind=cli", "-o", "name"])
            let id = started.output.trimmingSuffix { $0 == "\n" }
            _ = try api.end(of: String(id))
            #expect(
                try pawl(["run", "list", "--workflow", "cli-runs", "-o", "name"]).output == started.output
            )
            #expect(
                try pawl(["run", "list", "--label", "kind=cli", "--status", "succeeded"]).output.hasPrefix(id)
            )
            #expect(try pawl(["run", "list", "--label", "kind=other"]).output.isEmpty)
            let list = try JSONValue.parse(
                try pawl(["run", "list", "--workflow", "cli-runs", "-o", "json"]).output
            )
            #expect(list.arrayValue?.count == 1)

            let shown = try pawl(["run", "show", String(id)]).output
            #expect(shown.contains("status\tsucceeded") && shown.contains("greet\tsucceeded"), "\(shown)")
            let log = try pawl(["run", "logs", String(id), "--step", "greet", "-o", "name"])
            #expect(log.output == "greeting\n")
            #expect(try pawl(["run", "logs", String(id), "--step", "nobody"]).exit == 3)
            let history = try pawl(["run", "history", String(id), "-o", "jsonl"]).output.split(
                separator: "\n"
            )
            let events = try history.map { try JSONValue.parse(String($0)) }
            APILanguageTests.expectWhole(events)
        }
    }

    @Test("pause and resume")
    func pause() async throws {
        let file = try CLITests.file("asleep.yaml", "name: cli-pause\nsteps:\n  - id: a\n    sleep: 1h\n")
        try await Self.serve { pawl, _ in
            #expect(try pawl(["run", "start", file, "--key", "k"]).exit == 0)
            let paused = try pawl(["run", "pause", "cli-pause:k", "-o", "json"])
            #expect(try JSONValue.parse(paused.output)["status"] == "paused")
            let resumed = try pawl(["run", "resume", "cli-pause:k", "-o", "json"])
            #expect(try JSONValue.parse(resumed.output)["status"] == "waiting")
            #expect(try pawl(["run", "terminate", "cli-pause:k", "--reason", "enough"]).exit == 0)
        }
    }
}

extension String {
    fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> Substring {
        var rest = self[...]
        while let last = rest.last, isTrimmed(last) { rest.removeLast() }
        return rest
    }
}
