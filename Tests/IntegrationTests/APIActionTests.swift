import JSON
import Linux
import TestSupport
import Testing

@Suite("Acting on runs through the API")
struct APIActionTests {
    private static func act(_ api: PawlAPI, _ action: String, _ run: String) throws -> APIAnswer {
        try api.call("POST", "/v1/runs/\(run)/\(action)")
    }

    @Test("a paused run lets what runs end, starts nothing, and goes on at resume")
    func pause() async throws {
        let gate = "\(try TestServers.folder())/gate"
        try await APIFixture.serve { api in
            let run = try api.start(
                try api.apply(
                    """
                    name: paused
                    steps:
                      - id: first
                        run: "while [ ! -e \(gate) ]; do sleep 0.05; done"
                      - id: second
                        run: echo second
                    """
                )
            )
            try api.waitForStep(run, "first", "running")
            let paused = try Self.act(api, "pause", run)
            #expect(paused.status == 200, "\(paused.text)")
            #expect(paused["status"] == "paused")
            try Files.write(gate, [])
            try api.waitForStep(run, "first", "succeeded")
            let held = try api.get("/v1/runs/\(run)")
            #expect(held["status"] == "paused")
            #expect(
                held["waiting_for"].arrayValue?.contains { $0["reason"] == "paused" } == true,
                "\(held.text)"
            )
            #expect(
                try api.history(run).contains { $0["path"] == "second" && $0["type"] == "attempt.succeeded" }
                    == false
            )
            #expect(try Self.act(api, "resume", run).status == 200)
            #expect(try api.end(of: run)["status"] == "succeeded")
        }
    }

    @Test("a timer that falls due in a pause fires at resume")
    func pausedTimer() async throws {
        try await APIFixture.serve { api in
            let run = try api.start(
                try api.apply("name: paused-timer\nsteps:\n  - id: nap\n    sleep: 500ms")
            )
            #expect(try Self.act(api, "pause", run).status == 200)
            try api.waitForEvent(run, "timer.held")
            #expect(try api.get("/v1/runs/\(run)")["status"] == "paused")
            #expect(try Self.act(api, "resume", run).status == 200)
            #expect(try api.end(of: run)["status"] == "succeeded")
        }
    }

    @Test(
        "cancel ends the running attempt and undoes what was done, terminate undoes nothing",
        arguments: [
            ("cancel", "cancelled", "completed", ["a!"]), ("terminate", "terminated", "none", []),
        ]
    )
    func stop(action: String, status: String, compensation: String, undone: [String]) async throws {
        try await APIFixture.serve { api in
            let run = try api.start(
                try api.apply(
                    """
                    name: stopped-by-\(action)
                    steps:
                      - id: a
                        run: echo a
                        compensate: { run: echo undone }
                      - id: b
                        run: sleep 600
                    """
                )
            )
            try api.waitForStep(run, "b", "running")
            let answer = try api.call("POST", "/v1/runs/\(run)/\(action)", ["reason": "changed my mind"])
            #expect(answer.status == 200, "\(answer.text)")
            let ended = try api.end(of: run)
            #expect(ended["status"]?.stringValue == status)
            #expect(ended["compensation"]?.stringValue == compensation)
            let history = try api.history(run)
            let succeeded = history.events("step.succeeded").compactMap {
                $0["path"]?.stringValue
            }
            #expect(succeeded.filter { $0.hasSuffix("!") } == undone)
            #expect(history.contains { $0["data"]?["reason"] == "changed my mind" })
        }
    }

    @Test(
        "acting on a run that has ended: 409 that says so",
        arguments: ["pause", "resume", "cancel", "terminate"]
    )
    func ended(action: String) async throws {
        try await APIFixture.serve { api in
            let run = try api.run(script("ended-before-\(action)"))["id"]?.stringValue ?? ""
            let answer = try Self.act(api, action, run)
            #expect(answer.status == 409)
            #expect(answer["detail"].stringValue?.contains("succeeded") == true, "\(answer.text)")
        }
    }

    @Test("a pause may be sent again; resume of what is not paused: 409; an unknown member: 422")
    func again() async throws {
        try await APIFixture.serve { api in
            let run = try api.start(try api.apply("name: not-paused\nsteps:\n  - id: a\n    sleep: 1h"))
            let early = try Self.act(api, "resume", run)
            #expect(early.status == 409 && early.text.contains("the run is not paused"), "\(early.text)")
            #expect(try api.history(run).events("run.resumed").isEmpty)
            for _ in 1...2 { #expect(try Self.act(api, "pause", run)["status"] == "paused") }
            let paused = try api.history(run).events("run.paused")
            #expect(paused.count == 1)
            let unknown = try api.call("POST", "/v1/runs/\(run)/pause", ["resaon": "x"])
            #expect(unknown.status == 422)
            #expect(unknown["errors"].arrayValue?.first?["pointer"] == "/resaon")
            #expect(try Self.act(api, "terminate", run).status == 200)
        }
    }
}
