import JSON
import Linux
import TestSupport
import Testing

@Suite("shell runs commands whose arguments are data")
struct ShellPluginTests {
    private let program = "plugins/shell/shell.py"

    @Test("where, with what and how it runs is as said")
    func surroundings() throws {
        let folder = try TestServers.folder()
        let input: JSONValue = [
            "command": "pwd; printf '%s\\n' \"$COLOUR\"; cat", "folder": .string(folder),
            "environment": ["COLOUR": "red"], "stdin": "in\n", "capture": "lines",
        ]
        let answer = try Prompt().run([program], input)
        #expect(answer.output == ["status": 0, "output": [.string(folder), "red", "in"]], "\(answer.log)")
    }

    @Test("8 MB of stdin that nobody reads, and a daemon that keeps stderr, hold nobody up")
    func unread() throws {
        let input: JSONValue = [
            "command": ["true"], "stdin": .string(String(repeating: "x", count: 8 << 20)),
        ]
        #expect(try Prompt().run([program], input).status == 0)
        let daemon: JSONValue = ["command": "sleep 30 >/dev/null & echo $!"]
        let answer = try Prompt().run([program], daemon)
        #expect(answer.output?["status"] == 0)
        let pid = try #require(answer.output?["output"]?.stringValue.flatMap { Int32($0) })
        try Child(pid: pid).signal(9)
    }

    @Test("a command that a signal ends, and one that writes too much")
    func endings() throws {
        let killed = try Prompt().run([program], ["command": "kill -9 $$"])
        #expect(killed.status == 137)
        #expect(killed.output?["details"]?["status"] == -9)
        let flood = try Prompt().run([program], ["command": ["yes"]])
        #expect(flood.output?["type"] == "OutputTooLarge")
        #expect(flood.status == 65)
    }
}
