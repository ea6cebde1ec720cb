import JSON
import Linux
import TestSupport
import Testing

@Suite("http keeps to what its page says, against a server")
struct WebPluginTests {
    private let http = "plugins/http/request.py"

    @Test("what is asked arrives: method, headers, body, and the step's key where something is changed")
    func request() async throws {
        try await onOwnThread {
            let server = try LocalServer("web")
            let prompt = Prompt().with(key: "run/step")
            let headers: JSONValue = ["X-Team": "shop"]
            let input: JSONValue = [
                "url": server.url("/echo"), "method": "POST", "headers": headers, "body": ["n": 1],
            ]
            let answer = try prompt.run([http], input)
            #expect(answer.status == 0, "\(answer.log)")
            let seen = answer.output?["body"]
            #expect(seen?["method"] == "POST")
            #expect(seen?["headers"]?["X-Team"] == "shop")
            #expect(seen?["headers"]?["Content-Type"] == "application/json")
            #expect(seen?["headers"]?["Idempotency-Key"] == "run/step")
            #expect(seen?["body"] == "{\"n\": 1}")
            let read = try prompt.run([http], ["url": server.url("/echo")])
            #expect(read.output?["body"]?["headers"]?["Idempotency-Key"] == nil)
        }
    }

    @Test(
        "the status says whether trying again is of use, the server when",
        arguments: [
            (404, "", 65, nil), (409, "", 65, nil), (408, "", 75, nil), (500, "", 75, nil),
            (429, "?retry_after=7", 75, "7s"),
            (503, "?retry_after=Thu,%2001%20Jan%201970%2000:00:00%20GMT", 75, "0s"),
        ] as [(Int64, String, Int32, String?)]
    )
    func statuses(status: Int64, query: String, exit: Int32, retryAfter: String?) async throws {
        try await onOwnThread {
            let server = try LocalServer("web")
            let answer = try Prompt().run([http], ["url": server.url("/status/\(status)\(query)")])
            #expect(answer.status == exit)
            #expect(answer.output?["type"] == "HTTPStatus")
            #expect(answer.output?["retryable"] == .bool(exit == 75))
            #expect(answer.output?["details"]?["status"] == .integer(status))
            #expect(answer.output?["retry_after"]?.stringValue == retryAfter)
        }
    }

    @Test("silence, and more than a step may give")
    func unpleasantAnswers() async throws {
        try await onOwnThread {
            let server = try LocalServer("web")
            let silent = try Prompt().run([http], ["url": server.url("/silence"), "timeout": 0.2])
            #expect(silent.output?["type"] == "Unreachable")
            #expect(silent.status == 75)
            let large = try Prompt().run([http], ["url": server.url("/large")])
            #expect(large.output?["type"] == "BodyTooLarge")
            #expect(large.status == 65)
        }
    }

    @Test("an answer that was cut off is none, of a refusal the status counts")
    func cutOff() async throws {
        try await onOwnThread {
            let server = try LocalServer("web")
            let cut = try Prompt().run([http], ["url": server.url("/cut")])
            #expect(cut.output?["type"] == "Unreachable")
            #expect(cut.status == 75)
            let refusal = try Prompt().run([http], ["url": server.url("/cut?404")])
            #expect(refusal.output?["type"] == "HTTPStatus")
            #expect(refusal.status == 65)
        }
    }

    @Test(
        "a body that is not what its header says is a text",
        arguments: [
            ("application/json|NaN", "NaN"), ("application/json|[1e400]", "[1e400]"),
            ("text/plain;%20charset=klingon|hi", "hi"),
        ]
    )
    func oddBodies(query: String, body: String) async throws {
        try await onOwnThread {
            let server = try LocalServer("web")
            let answer = try Prompt().run([http], ["url": server.url("/body?\(query)")])
            #expect(answer.status == 0, "\(answer.log)")
            #expect(answer.output?["body"] == .string(body))
        }
    }

    @Test(
        "an address that only looks public is refused",
        arguments: [
            "10.1.2.3", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "[::ffff:127.0.0.1]",
            "[fe80::1]",
            "[64:ff9b::a00:1]", "[2002:7f00:1::]", "2130706433",
        ]
    )
    func privateAddress(host: String) throws {
        let input: JSONValue = ["url": .string("http://\(host):1/"), "public_only": true, "timeout": 1]
        let answer = try Prompt().run([http], input)
        #expect(answer.output?["type"] == "PrivateAddress")
        #expect(answer.status == 65)
    }
}

@Suite("wait-for looks once, and asks to come back")
struct WaitForPluginTests {
    private let program = "plugins/wait-for/wait_for.py"

    @Test("a URL: not up, another status, another text, and what was waited for")
    func http() async throws {
        try await onOwnThread {
            let server = try LocalServer("web")
            let prompt = Prompt()
            let early = try prompt.run([program, "http"], ["url": server.url("/nth/2"), "every": "2s"])
            #expect(early.status == 75)
            #expect(
                early.output?.contains(["class": "snooze", "type": "NotYet", "retry_after": "2s"]) == true
            )
            #expect(try prompt.run([program, "http"], ["url": server.url("/nth/2")]).status == 0)
            let text: JSONValue = [
                "url": server.url("/text?state=pending"), "matches": "state=(done|failed)",
            ]
            #expect(try prompt.run([program, "http"], text).output?["class"] == "snooze")
            let done: JSONValue = ["url": server.url("/text?state=done"), "matches": "state=(done|failed)"]
            #expect(try prompt.run([program, "http"], done).output?["body"] == "state=done")
            let sent: JSONValue = ["url": server.url("/redirect?/echo"), "status": [302]]
            #expect(try prompt.run([program, "http"], sent).output?["status"] == 302)
        }
    }

    @Test("a port opens")
    func tcp() async throws {
        try await onOwnThread {
            let server = try LocalServer("web")
            let open = try Prompt().run([program, "tcp"], ["port": .integer(server.port)])
            #expect(open.output == ["address": "127.0.0.1", "port": .integer(server.port)])
            #expect(try Prompt().run([program, "tcp"], ["port": 1]).output?["class"] == "snooze")
        }
    }

    @Test("a file comes, grows, rests, and goes")
    func file() throws {
        let path = JSONValue.string("\(try TestServers.folder())/inbox.csv")
        let prompt = Prompt()
        func look(_ more: JSONValue = [:]) throws -> Prompt.Answer {
            var members = try #require(more.objectValue)
            members["path"] = path
            return try prompt.run([program, "file"], .object(members))
        }
        #expect(try look().output?["class"] == "snooze")
        #expect(try look(["absent": true]).status == 0)
        _ = try prompt.run(["plugins/file/file.py", "write"], ["path": path, "content": "abc"])
        #expect(try look(["size": 3]).output?["size"] == 3)
        #expect(try look(["size": 4]).output?["message"]?.stringValue?.contains("3 of 4 bytes") == true)
        #expect(try look(["unchanged_for": 60]).output?["class"] == "snooze")
        #expect(try look(["absent": true]).output?["class"] == "snooze")
    }

    @Test("a program without a first line that names its interpreter will never say anything")
    func noProgram() throws {
        let path = "\(try TestServers.folder())/none"
        try Files.write(path, Array("not a program".utf8), mode: 0o755)
        let answer = try Prompt().run([program, "command"], ["command": [.string(path)]])
        #expect(answer.status == 65)
        let shell = try Prompt().run(["plugins/shell/shell.py"], ["command": [.string(path)]])
        #expect(shell.output?["type"] == "InvalidCommand")
    }

    @Test("a device is no file to be read, checked or written", arguments: ["read", "checksum", "write"])
    func device(action: String) throws {
        let input: JSONValue = ["path": "/dev/zero", "content": "x"]
        let answer = try Prompt().run(["plugins/file/file.py", action], input)
        #expect(answer.output?["type"] == "NotAFile")
        #expect(answer.status == 65)
    }

    @Test("a regular expression that is none will never match")
    func invalid() throws {
        let input: JSONValue = ["command": ["true"], "matches": "("]
        #expect(try Prompt().run([program, "command"], input).status == 65)
    }
}
