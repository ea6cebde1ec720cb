import JSON
import Linux
import TestSupport
import Testing

@Suite("Deferred steps through the API")
struct APICallbackTests {
    /// A step that writes its callback to a file, defers, and stays until another file is there.
    private static func workflow(_ name: String, _ folder: String, _ keys: String = "") -> String {
        """
        name: \(name)
        steps:
          - id: ask
            run: |
              cp "$PAWL_CONTEXT" \(folder)/context.tmp
              mv \(folder)/context.tmp \(folder)/context-$PAWL_ATTEMPT
              echo '{"type": "defer"}' >&3
              while [ ! -e \(folder)/leave ]; do sleep 0.05; done
        \(keys.split(separator: "\n").map { "    \($0)\n" }.joined())
        output: "${ steps.ask.output }"
        """
    }

    /// The callback that an attempt was given.
    private static func callback(_ folder: String, attempt: Int = 1) throws -> (token: String, url: String) {
        let path = "\(folder)/context-\(attempt)"
        try eventually("the step has its context", within: PawlProcess.patience) {
            (try? Files.read(path)) != nil
        }
        let context = try JSONValue.parse(try Files.read(path))
        let callback = context["callback"] ?? .null
        return (callback["token"]?.stringValue ?? "", callback["url"]?.stringValue ?? "")
    }

    @Test("a deferred step holds no worker, says what it waits for, and takes one answer")
    func answered() async throws {
        let folder = try TestServers.folder()
        try Files.write("\(folder)/leave", [])
        try await APIFixture.serve { api in
            let run = try api.start(try api.apply(Self.workflow("deferred", folder, "timeout: 1h")))
            let (token, url) = try Self.callback(folder)
            #expect(url == "\(api.address)/v1/callbacks/\(token)")
            try api.waitForStep(run, "ask", "waiting")
            let wait = try #require(try api.get("/v1/runs/\(run)")["waiting_for"].arrayValue?.first)
            #expect(wait["reason"] == "callback")
            #expect(wait["until"]?.stringValue != nil)
            let unknown = try api.call("POST", "/v1/callbacks/\(token)/complete", ["ouput": 1])
            #expect(unknown.status == 422)
            #expect(try api.call("POST", "/v1/callbacks/\(token)/fail", [:]).status == 422)
            #expect(try api.call("POST", "/v1/callbacks/\(token)/heartbeat").status == 200)
            let answer = try api.call("POST", "/v1/callbacks/\(token)/complete", ["output": ["n": 1]])
            #expect(answer.status == 200, "\(answer.text)")
            let ended = try api.end(of: run)
            #expect(ended["output"] == ["n": 1])
            let again = try api.call("POST", "/v1/callbacks/\(token)/complete", ["output": 2])
            #expect(again.status == 410, "\(again.text)")
            #expect(try api.steps(run)[0]["attempts"]?[0]?["status"] == "deferred")
            #expect(HistoryCheck.violations(try api.history(run)).isEmpty)
        }
    }

    @Test("an answer before the process has left is kept")
    func early() async throws {
        let folder = try TestServers.folder()
        try await APIFixture.serve { api in
            let run = try api.start(try api.apply(Self.workflow("answered-early", folder)))
            let token = try Self.callback(folder).token
            let answer = try api.call("POST", "/v1/callbacks/\(token)/complete", ["output": "early"])
            #expect(answer.status == 200, "\(answer.text)")
            #expect(try api.call("POST", "/v1/callbacks/\(token)/complete", ["output": 2]).status == 410)
            try Files.write("\(folder)/leave", [])
            #expect(try api.end(of: run)["output"] == "early")
        }
    }

    @Test("a failure is retried under a new token; the old one is gone")
    func failed() async throws {
        let folder = try TestServers.folder()
        try Files.write("\(folder)/leave", [])
        try await APIFixture.serve { api in
            let keys = "retry: { attempts: 2, delay: 10ms }"
            let run = try api.start(try api.apply(Self.workflow("deferred-twice", folder, keys)))
            let first = try Self.callback(folder).token
            try api.waitForStep(run, "ask", "waiting")
            let error: JSONValue = ["error": ["type": "Declined", "message": "no"]]
            #expect(try api.call("POST", "/v1/callbacks/\(first)/fail", error).status == 200)
            let second = try Self.callback(folder, attempt: 2).token
            #expect(try api.call("POST", "/v1/callbacks/\(first)/complete").status == 410)
            try api.waitForStep(run, "ask", "waiting")
            #expect(try api.call("POST", "/v1/callbacks/\(second)/fail", error).status == 200)
            let ended = try api.end(of: run)
            #expect(ended["error"]?["type"] == "Declined")
            #expect(try api.call("POST", "/v1/callbacks/\(second)/heartbeat").status == 410)
        }
    }

    @Test("a text that is no token: 404")
    func unknown() async throws {
        try await APIFixture.serve { api in
            let nonsense = try api.call("POST", "/v1/callbacks/nonsense/complete")
            #expect(nonsense.status == 404)
            let forged = "00000000000000000000000000-1-" + String(repeating: "0", count: 64)
            #expect(try api.call("POST", "/v1/callbacks/\(forged)/complete").status == 404)
        }
    }

    @Test("a heartbeat that does not come fails the step, before and after it has deferred")
    func heartbeat() async throws {
        let folder = try TestServers.folder()
        try await APIFixture.serve { api in
            let silent = try api.run(
                "name: silent\nsteps:\n  - { id: only, run: sleep 600, heartbeat: 300ms, grace: 100ms }"
            )
            #expect(silent["error"]?["type"] == "HeartbeatTimeout", "\(silent.serialized())")
            try Files.write("\(folder)/leave", [])
            let run = try api.run(Self.workflow("silent-later", folder, "heartbeat: 300ms"))
            #expect(run["error"]?["type"] == "HeartbeatTimeout", "\(run.serialized())")
        }
    }
}
