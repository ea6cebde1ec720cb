import JSON
import Linux
import TestSupport
import Testing

@Suite("The command line, without a server")
struct CLITests {
    private static func pawl(_ arguments: [String], input: String = "") async throws -> CommandResult {
        try await onOwnThread {
            try PawlProcess.run(arguments, environment: ["PAWL_SERVER": "http://127.0.0.1:1"], input: input)
        }
    }

    /// A file of this name and text in a folder of its own.
    static func file(_ name: String, _ text: String) throws -> String {
        let path = "\(try TestServers.folder())/\(name)"
        try Files.write(path, Array(text.utf8))
        return path
    }

    @Test(
        "usage errors: exit 2, what is wrong on stderr, nothing on stdout",
        arguments: [
            ["nonsense"], ["run", "strat"], ["run", "start"], ["run", "start", "a", "b"],
            ["run", "list", "--limt", "5"], ["run", "list", "--limit"], ["run", "list", "--limit", "many"],
            ["run", "list", "--limit", "1", "--limit", "2"], ["run", "start", "x", "--follow=yes"],
            ["run", "list", "-o", "xml"], ["run", "start", "x", "--input", "novalue"],
            ["run", "start", "x", "--label", "novalue"], ["dev", "--port", "100000"], ["expr"],
            ["run", "list", "--server", "gopher://x"],
        ]
    )
    func usage(arguments: [String]) async throws {
        let result = try await Self.pawl(arguments)
        #expect(result.exit == 2, "\(result.errors)")
        #expect(result.output.isEmpty)
        #expect(result.errors.hasPrefix("pawl: "))
    }

    @Test("a misspelt command or option names the nearest one")
    func suggestions() async throws {
        #expect(try await Self.pawl(["run", "strat"]).errors.contains("run start"))
        #expect(try await Self.pawl(["run", "list", "--limt", "5"]).errors.contains("--limit"))
    }

    @Test(
        "help tells of all commands, of a group, of one",
        arguments: [
            (["help"], ["dev", "run start", "workflow apply", "doctor"]), (["--help"], ["dev", "run start"]),
            (["run"], ["run start", "run list"]), (["help", "run", "start"], ["--follow", "--input"]),
            (["run", "start", "--help"], ["--follow", "-o, --output FORMAT"]),
            (["dev", "-h"], ["--data DIR"]),
        ]
    )
    func help(arguments: [String], mentioned: [String]) async throws {
        let result = try await Self.pawl(arguments)
        #expect(result.exit == 0)
        #expect(result.errors.isEmpty)
        for word in mentioned { #expect(result.output.contains(word), "\(word) in \(result.output)") }
    }

    @Test("version")
    func version() async throws {
        let result = try await Self.pawl(["version"])
        #expect(result.exit == 0)
        #expect(result.output.wholeMatch(of: /pawl \d+\.\d+\.\d+\n/) != nil)
    }

    @Test("no server: exit 6, and how to get one")
    func unreachable() async throws {
        for command in [["run", "list"], ["run", "show", "x"], ["workflow", "list"]] {
            let result = try await Self.pawl(command + ["--server", "http://127.0.0.1:1"])
            #expect(result.exit == 6)
            #expect(result.output.isEmpty)
            #expect(result.errors.contains("pawl dev"))
        }
    }

    @Test("validate: each mistake as file:line:column, exit 1; a valid file exit 0")
    func validate() async throws {
        let bad = try Self.file("bad.yaml", APIWorkflowTests.fiveMistakes)
        let result = try await Self.pawl(["workflow", "validate", bad])
        #expect(result.exit == 1)
        let places = result.errors.matches(of: #/bad\.yaml:(\d+):\d+: /#).compactMap { Int($0.1) }
        #expect(places.sorted() == [2, 4, 7, 10, 12], "\(result.errors)")

        let good = try Self.file("good.yaml", script("good"))
        let both = try await Self.pawl(["workflow", "validate", good, bad])
        #expect(both.exit == 1)
        #expect(both.output.contains("good.yaml"))
        #expect(try await Self.pawl(["workflow", "validate", good]).exit == 0)
        #expect(try await Self.pawl(["workflow", "validate", "\(good).missing"]).exit == 3)
    }

    @Test("expr evaluates, from an argument with input, and line by line")
    func expressions() async throws {
        let input = try Self.file("input.json", #"{"a": [1, 2, 3]}"#)
        let sum = try await Self.pawl(["expr", "$sum(a)", "--input", input])
        #expect(sum.exit == 0)
        #expect(sum.output == "6\n")
        #expect(
            try await Self.pawl(["expr", "a[1]", "--input", "-"], input: #"{"a": [4, 5]}"#).output == "5\n"
        )
        #expect(try await Self.pawl(["expr", "nothing"]).output == "undefined\n")
        let wrong = try await Self.pawl(["expr", "1 +"])
        #expect(wrong.exit == 1)
        #expect(wrong.output.isEmpty)
        #expect(!wrong.errors.isEmpty)
    }

    @Test("expr --jsonl answers each line with a line, a wrong one too")
    func expressionLines() async throws {
        let lines = [
            #"{"expr": "a + 1", "input": {"a": 1}}"#, #"{"expr": "1 +"}"#, "not JSON",
            #"{"expr": "$x * 2", "bindings": {"x": 4}}"#,
        ]
        let result = try await Self.pawl(["expr", "--jsonl"], input: lines.joined(separator: "\n") + "\n")
        #expect(result.exit == 0)
        let answers = result.output.split(separator: "\n").compactMap { try? JSONValue.parse(String($0)) }
        #expect(answers.count == 4, "\(result.output)")
        #expect(answers.first.map { $0.serialized().contains("2") } == true)
        #expect(answers.last.map { $0.serialized().contains("8") } == true)
    }

    @Test("doctor shows each value and where it came from, and no secret")
    func doctor() async throws {
        let secret = try Self.file("url", "postgresql://pawl:hunter2@127.0.0.1:1/pawl?connect_timeout=1\n")
        let file = try Self.file("pawl.yaml", "slots: 7\nqueues: fast,slow\n")
        let result = try await onOwnThread {
            try PawlProcess.run(
                ["doctor", "--config", file, "--lease", "9s"],
                environment: ["DATABASE_URL_FILE": secret, "PAWL_QUEUES": "other"]
            )
        }
        #expect(result.exit == 0, "\(result.errors)")
        #expect(!(result.output + result.errors).contains("hunter2"))
        for words in [
            ["DATABASE_URL", "set", secret], ["PAWL_SLOTS", "7", "pawl.yaml, line 1"],
            ["PAWL_QUEUES", "other", "variable PAWL_QUEUES"], ["PAWL_LEASE", "9s", "flag --lease"],
            ["PAWL_LISTEN", "127.0.0.1:7295", "default"],
        ] {
            let line = result.output.split(separator: "\n").first { $0.contains(words[0]) } ?? ""
            for word in words { #expect(line.contains(word), "\(word) in \(line)") }
        }
        for limit in ["memory", "network"] { #expect(result.output.contains(limit)) }
    }

    @Test(
        "a wrong configuration is refused with exit 78 and its place",
        arguments: [
            (["serve"], ["PAWL_LISTEN": "7295"], "PAWL_LISTEN"), (["serve"], [:], "DATABASE_URL"),
            (["worker"], ["PAWL_LEASE": "soon", "DATABASE_URL": "postgresql:///x"], "PAWL_LEASE"),
            (["serve"], ["DATABASE_URL": "mysql://x"], "DATABASE_URL"),
            (["serve"], ["PAWL_CONFIG": "/nowhere/pawl.yaml"], "/nowhere/pawl.yaml"),
            (["migrate"], ["DATABASE_URL_FILE": "/nowhere/url"], "/nowhere/url"),
        ] as [([String], [String: String], String)]
    )
    func configuration(arguments: [String], environment: [String: String], mentioned: String) async throws {
        let result = try await onOwnThread { try PawlProcess.run(arguments, environment: environment) }
        #expect(result.exit == 78, "\(result.errors)")
        #expect(result.errors.contains(mentioned), "\(result.errors)")
    }
}
