import JSON
import Linux
import TestSupport
import Testing

/// Text that would be markup on a page and an order to a terminal, in every field that others control.
@Suite("Hostile text is shown as text")
struct HostileTextTests {
    /// HTML, a cleared screen, a title, a C1 introducer, an override of direction, an end of line.
    private static let short =
        "<img src=x onerror=alert(1)>&amp;\u{1B}[2J\u{1B}]0;title\u{7}\u{9B}31m"
        + "\u{202E}evil\u{2066}\r\n\ttab\u{7F}"
    private static let text = short + "\u{0}null"
    /// A line of a log has no NUL, which Postgres keeps in no text.
    private static let logged = short + "\u{FFFD}null"
    private static let name = "line\nbreak\t\u{1B}[31mred\u{202E}"

    private static let workflow = """
        name: hostile-text
        description: "<b>bold</b> \\u001b[2J\\u202e"
        steps:
          - { id: kept, set: "${ input.text }" }
          - id: talks
            with: { text: "${ input.text }" }
            run: |
              exec python3 -c '
              import json, os, sys
              text = json.load(sys.stdin)["text"]
              out = sys.stderr.buffer
              out.write(b"<script>alert(1)</script>\\n")
              out.write(b"\\x1b[2J\\x1b[31mred\\x1b[0m \\x1b[8mhidden ")
              out.write(b"\\xc2\\x9b1m \\xe2\\x80\\xae \\x00 end\\n")
              out.write(b"x" * 10_000_000 + b"\\n")
              out.write(b"not UTF-8: \\xff\\xfe\\n")
              out.flush()
              log = {"type": "log", "level": "warning", "message": text, "fields": {"of": text}}
              os.write(3, json.dumps(log).encode() + b"\\n")
              print(json.dumps({"type": "Odd", "message": text, "details": {"of": text}}))
              sys.exit(64)
              '
        """

    /// A run that has said all of this and failed, with an identifier.
    private static func staged(_ api: PawlAPI) throws -> String {
        let workflow = try api.apply(workflow)
        let request: JSONValue = [
            "workflow": .string(workflow), "input": ["text": .string(text)], "key": .string(name),
            "labels": [name: .string(name)],
        ]
        let started = try api.call("POST", "/v1/runs", request)
        #expect(started.status == 201, "\(started.text)")
        let run = started["id"].stringValue ?? ""
        #expect(try api.end(of: run)["status"] == "failed")
        return run
    }

    /// What a terminal would obey or not show, but for ends of lines and the sequences that `own` matches.
    private static func hidden(in text: String, own: Regex<Substring>? = nil) -> [String] {
        let rest = own.map { text.replacing($0, with: "") } ?? text
        return rest.unicodeScalars.compactMap { scalar in
            switch scalar.value {
            case 0x09, 0x0A, 0x0D: nil
            case 0..<0x20, 0x7F...0x9F, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069:
                String(scalar.value, radix: 16)
            default: nil
            }
        }
    }

    @Test("the API gives each field back as it came, escaped, as JSON that no browser takes for a page")
    func api() async throws {
        try await APIFixture.serve { api in
            let run = try Self.staged(api)
            let whole = try api.get("/v1/runs/\(run)")
            #expect(whole["input"]["text"]?.stringValue == Self.text)
            #expect(whole["key"].stringValue == Self.name)
            #expect(whole["labels"][Self.name]?.stringValue == Self.name)
            #expect(whole["error"]["message"]?.stringValue == Self.text, "\(whole.text)")
            let steps = try api.get("/v1/runs/\(run)/steps?outputs=true")
            #expect(steps.items.first?["output"]?.stringValue == Self.text)
            #expect(steps.items.last?["error"]?["details"]?["of"]?.stringValue == Self.text)
            let lines = try api.get("/v1/runs/\(run)/logs")
            let said = lines.items.compactMap { $0["message"]?.stringValue }
            #expect(said.contains(Self.logged))
            #expect(said.contains("<script>alert(1)</script>"))
            #expect(
                said.contains(
                    "\u{1B}[2J\u{1B}[31mred\u{1B}[0m \u{1B}[8mhidden \u{9B}1m \u{202E} \u{FFFD} end"
                )
            )
            #expect(said.contains("not UTF-8: \u{FFFD}\u{FFFD}"))
            #expect(said.contains { $0.hasPrefix("xxxx") && $0.utf8.count < 100_000 }, "it is cut")
            #expect(lines.items.contains { $0["fields"]?["of"]?.stringValue == Self.text })
            let paths = ["", "/steps", "/history", "/logs", "/diagnosis"].map { "/v1/runs/\(run)\($0)" }
            for path in paths + ["/v1/runs?limit=500", "/v1/workflows", "/v1/plugins"] {
                let answer = try api.get(path)
                #expect(
                    answer.type == "application/json" && answer.headers["X-Content-Type-Options"] == "nosniff"
                )
                #expect(!answer.text.utf8.contains { $0 < 0x20 && $0 != 0x0A }, "\(path)")
            }
        }
    }

    @Test("tables in a pipe keep a line a row; logs in a pipe are as they came; JSON is JSON")
    func pipes() async throws {
        try await APIFixture.serve { api in
            let run = try Self.staged(api)
            func pawl(_ words: String...) throws -> String {
                let result = try PawlProcess.run(words + ["--server", api.address])
                #expect(result.exit == 0 && Self.hidden(in: result.errors).isEmpty, "\(result.errors)")
                return result.output
            }
            let commands = [
                ["run", "list", "--workflow", "hostile-text"], ["run", "show", run], ["run", "why", run],
                ["run", "history", run], ["workflow", "list"], ["plugin", "list"],
            ]
            for command in commands {
                let result = try PawlProcess.run(command + ["--server", api.address])
                #expect(result.exit == 0 && Self.hidden(in: result.output).isEmpty, "\(command)")
            }
            let rows = try pawl("run", "list", "--workflow", "hostile-text", "--limit", "1")
            #expect(rows.split(separator: "\n").count == 1)
            #expect(rows.split(separator: "\t").count == 8 && rows.contains("line␊break␉␛[31mred⟨U+202E⟩"))
            let messages = try pawl("run", "logs", run, "-o", "name")
            #expect(
                messages.contains(
                    "\u{1B}[2J\u{1B}[31mred\u{1B}[0m \u{1B}[8mhidden \u{9B}1m \u{202E} \u{FFFD} end\n"
                )
            )
            #expect(messages.contains("\n\(Self.logged)\n"))
            let shown = try JSONValue.parse(try pawl("run", "show", run, "-o", "json"))
            #expect(shown["input"]?["text"]?.stringValue == Self.text)
            let followed = try PawlProcess.run(["run", "watch", run, "--server", api.address])
            #expect(followed.exit == 1 && Self.hidden(in: followed.errors + followed.output).isEmpty)
        }
    }

    @Test("a terminal is given plain colours and nothing else that it would obey")
    func terminal() async throws {
        try await APIFixture.serve { api in
            let run = try Self.staged(api)
            func screen(_ words: [String], _ environment: [String: String] = [:]) throws -> String {
                let process = try PawlProcess(
                    words + ["--server", api.address],
                    environment: ["TERM": "xterm", "SHELL": "/bin/sh"].merging(environment) { $1 },
                    wrapper: ["sh", "-c", #"exec script -qec "stty cols 120 rows 40; $*" /dev/null"#, "sh"]
                )
                try process.exit()
                return process.output.readToEnd(within: PawlProcess.patience) ?? ""
            }
            for word in ["show", "why", "history"] {
                let text = try screen(["run", word, run])
                #expect(Self.hidden(in: text).isEmpty && text.contains("⟨U+202E⟩evil"), "\(word)")
            }
            let list = try screen(["run", "list", "--workflow", "hostile-text"])
            #expect(Self.hidden(in: list).isEmpty && list.contains("line␊break␉␛[31mred⟨U+202E⟩"))
            let json = try screen(["run", "show", run, "-o", "json"])
            #expect(Self.hidden(in: json).isEmpty)
            #expect(try JSONValue.parse(json.replacing("\r\n", with: "\n"))["key"]?.stringValue == Self.name)

            let colours = try Regex<Substring>(#"\x{1B}\[(?:31|0)m"#)
            for follow in [[], ["--follow"]] {
                let log = try screen(["run", "logs", run] + follow)
                #expect(Self.hidden(in: log, own: colours).isEmpty)
                #expect(log.contains("␛[2J\u{1B}[31mred\u{1B}[0m ␛[8mhidden ⟨U+9B⟩1m ⟨U+202E⟩ \u{FFFD} end"))
            }
            #expect(Self.hidden(in: try screen(["run", "logs", run], ["NO_COLOR": "1"])).isEmpty)

            let drawing = try Regex<Substring>(#"\x{1B}\[(?:[0-9;]*m|2K|J|[0-9]+A)"#)
            let watched = try screen(["run", "watch", run])
            #expect(Self.hidden(in: watched, own: drawing).isEmpty)
            #expect(watched.contains("✗ talks") && !watched.contains("\u{1B}[2J"))
        }
    }
}
