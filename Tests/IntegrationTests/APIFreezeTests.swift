import JSON
import Linux
import TestSupport
import Testing

@Suite("Freezing runs through the API")
struct APIFreezeTests {
    /// A run whose only step counts in a file until there is a gate.
    private struct Counting {
        let api: PawlAPI
        let run: String
        let folder: String

        init(_ api: PawlAPI, name: String, settings: String = "", before: String = "") throws {
            self.api = api
            folder = try TestServers.folder()
            let loop = "while [ ! -e \(folder)/gate ]; do echo >> \(folder)/count; sleep 0.02; done"
            let script = "\(before) \(loop)"
            let source = """
                name: \(name)
                steps:
                  - id: counting
                    run: "\(script); echo done"
                    capture: text
                \(settings)
                """
            run = try api.start(try api.apply(source))
            try api.waitForStep(run, "counting", "running")
            let from = count
            try eventually("the step counts") { self.count > from + 3 }
        }

        var count: Int { (try? Files.read("\(folder)/count").count) ?? 0 }

        func act(_ action: String, _ body: JSONValue = [:]) throws -> APIAnswer {
            try api.call("POST", "/v1/runs/\(run)/\(action)", body)
        }

        /// Waits until it has not counted for so long.
        func stands(for time: Duration) throws {
            var last = count
            var since = MonotonicTime.now
            try eventually("the step stands still") {
                if count != last { (last, since) = (count, .now) }
                return MonotonicTime.now - since > time
            }
        }
    }

    @Test("a frozen step stands still past its deadline, says by whom, and goes on at resume")
    func freeze() async throws {
        try await APIFixture.serve { api in
            let counting = try Counting(api, name: "frozen", settings: "    timeout: 3s")
            let paused = try counting.act("pause", ["freeze": true, "reason": "a look"])
            #expect(paused.status == 200 && paused["status"] == "paused", "\(paused.text)")
            try counting.stands(for: .milliseconds(3_500))
            let held = try api.get("/v1/runs/\(counting.run)")
            #expect(held["status"] == "paused")
            let wait = try #require(held["waiting_for"].arrayValue?.first)
            #expect(wait["reason"] == "paused")
            #expect(wait["text"]?.stringValue?.contains("frozen by") == true, "\(held.text)")
            #expect(try api.get("/v1/runs/\(counting.run)/diagnosis").text.contains("frozen by"))
            #expect(try counting.act("pause", ["freeze": true]).status == 200)
            let from = counting.count
            #expect(try counting.act("resume").status == 200)
            try eventually("the step goes on") { counting.count > from }
            try Files.write("\(counting.folder)/gate", [])
            #expect(try api.end(of: counting.run)["status"] == "succeeded")
            let receipt = try #require(
                try api.steps(counting.run)[0]["attempts"]?.arrayValue?.first?["receipt"]
            )
            #expect(try #require(receipt["frozen_ms"]?.doubleValue) > 3_000)
            #expect(try #require(receipt["run_ms"]?.doubleValue) < 3_000)
            let events = try api.history(counting.run).compactMap { $0["type"]?.stringValue }
            #expect(events.filter { $0 == "run.frozen" }.count == 1)
        }
    }

    @Test("a run that is paused already can be frozen, and thaws once", arguments: [true, false])
    func upgrade(freezes: Bool) async throws {
        try await APIFixture.serve { api in
            let counting = try Counting(api, name: "frozen-later-\(freezes)")
            #expect(try counting.act("pause", ["freeze": false]).status == 200)
            if freezes {
                #expect(try counting.act("pause", ["freeze": true]).status == 200)
                try counting.stands(for: .milliseconds(300))
            }
            let from = counting.count
            #expect(try counting.act("resume").status == 200)
            try eventually("the step goes on") { counting.count > from + 2 }
            try Files.write("\(counting.folder)/gate", [])
            #expect(try api.end(of: counting.run)["status"] == "succeeded")
        }
    }

    @Test("one who ends a frozen run ends its processes at once", arguments: ["cancel", "terminate"])
    func end(action: String) async throws {
        try await APIFixture.serve { api in
            let counting = try Counting(
                api,
                name: "frozen-then-\(action)",
                settings: "    grace: 10m",
                before: "trap '' TERM;"
            )
            #expect(try counting.act("pause", ["freeze": true]).status == 200)
            try counting.stands(for: .milliseconds(300))
            #expect(try counting.act(action).status == 200)
            let status = action == "cancel" ? "cancelled" : "terminated"
            #expect(try api.end(of: counting.run)["status"] == .string(status))
            try eventually("nothing is left") { try Self.users(of: counting.folder) == 0 }
        }
    }

    @Test("what `freeze` does not take is told with its place")
    func refusal() async throws {
        try await APIFixture.serve { api in
            let counting = try Counting(api, name: "frozen-refused")
            let wrong = try counting.act("pause", ["freeze": "yes"])
            #expect(wrong.status == 422)
            #expect(wrong["errors"].arrayValue?.first?["pointer"] == "/freeze")
            #expect(try counting.act("resume", ["freeze": true]).status == 422)
            #expect(try counting.act("terminate").status == 200)
        }
    }

    @Test("children are frozen with their parent, and go on with it")
    func children() async throws {
        try await APIFixture.serve { api in
            let folder = try TestServers.folder()
            let loop = "while [ ! -e \(folder)/gate ]; do echo >> \(folder)/count; sleep 0.02; done"
            _ = try api.apply(
                "name: frozen-child\nsteps:\n  - id: work\n    run: \"\(loop)\"\n    capture: none"
            )
            let parent = try api.start(
                try api.apply("name: frozen-parent\nsteps:\n  - id: child\n    workflow: frozen-child")
            )
            let count = { (try? Files.read("\(folder)/count").count) ?? 0 }
            try eventually("the child works") { count() > 3 }
            #expect(
                try api.call("POST", "/v1/runs/\(parent)/pause", ["freeze": true]).status == 200
            )
            var (last, since) = (count(), MonotonicTime.now)
            try eventually("the child stands still") {
                if count() != last { (last, since) = (count(), .now) }
                return MonotonicTime.now - since > .milliseconds(500)
            }
            #expect(try api.call("POST", "/v1/runs/\(parent)/resume").status == 200)
            try eventually("the child goes on") { count() > last }
            try Files.write("\(folder)/gate", [])
            #expect(try api.end(of: parent)["status"] == "succeeded")
        }
    }

    /// How many processes of this machine have the folder in their command line.
    private static func users(of folder: String) throws -> Int {
        try Files.names(in: "/proc").filter { Int32($0) != nil }.count { process in
            let line = (try? Files.read("/proc/\(process)/cmdline")) ?? []
            return String(decoding: line, as: UTF8.self).contains("\(folder)/gate")
        }
    }
}
