import JSON
import Linux
import TestSupport
import Testing

@Suite("What a workflow says is what a run does")
struct APILanguageTests {
    @Test("a run of several steps: outputs, paths, logs and a gap-free history")
    func steps() async throws {
        try await APIFixture.serve { api in
            let run = try api.run(
                """
                name: several-steps
                steps:
                  - id: make
                    run: |
                      echo "working on it" >&2
                      echo '{"price": 5}'
                    capture: json
                  - id: double
                    set: "${ steps.make.output.price * 2 }"
                  - id: group
                    steps:
                      - id: inner
                        run: cat
                        capture: json
                        with: { doubled: "${ steps.double.output }" }
                  - id: skipped
                    when: "${ steps.double.output > 100 }"
                    run: exit 1
                output: { all: "${ steps.group.output.inner.doubled }", none: "${ steps.skipped.output }" }
                """
            )
            let id = run["id"]?.stringValue ?? ""
            #expect(run["output"] == ["all": 10, "none": .null], "\(run.serialized())")
            let steps = try api.steps(id)
            let statuses = steps.map { "\($0["path"]?.stringValue ?? "") \($0["status"]?.stringValue ?? "")" }
            #expect(
                Set(statuses) == [
                    "make succeeded", "double succeeded", "group succeeded", "group/inner succeeded",
                    "skipped skipped",
                ]
            )
            let make = steps.first { $0["path"] == "make" } ?? .null
            #expect(make["id"] == "make")
            #expect(make["output"] == ["price": 5])
            let attempt = try #require(make["attempts"]?.arrayValue?.first)
            #expect(attempt["number"] == 1)
            #expect(attempt["status"] == "succeeded")
            #expect((attempt["started_at"]?.stringValue ?? "z") <= (attempt["ended_at"]?.stringValue ?? ""))
            let failed = try api.get("/v1/runs/\(id)/steps?status=skipped,failed").items
            #expect(failed.map { $0["path"] } == ["skipped"])

            let lines = try api.all("/v1/runs/\(id)/logs?step=make&attempt=1")
            #expect(lines.map { $0["message"] } == ["working on it"])
            Self.expectWhole(try api.history(id))
        }
    }

    static func expectWhole(_ history: [JSONValue]) { #expect(HistoryCheck.violations(history).isEmpty) }

    @Test("history and steps come page by page, in order")
    func pages() async throws {
        try await APIFixture.serve { api in
            let steps = (1...7).map { "  - { id: s\($0), set: \($0) }" }.joined(separator: "\n")
            let id = try api.run("name: paged\nsteps:\n\(steps)")["id"]?.stringValue ?? ""
            let small = try api.all("/v1/runs/\(id)/history", limit: 3)
            #expect(small == (try api.history(id)))
            Self.expectWhole(small)
            let paths = try api.all("/v1/runs/\(id)/steps", limit: 2).compactMap { $0["path"]?.stringValue }
            #expect(paths == (1...7).map { "s\($0)" })
            #expect(try api.get("/v1/runs/\(id)/steps").items.first?["output"] == nil)
            #expect(try api.get("/v1/runs/\(id)/history?after=4&limit=1").items.first?["seq"] == 5)
        }
    }

    @Test("a timer fires once and not early")
    func sleep() async throws {
        try await APIFixture.serve { api in
            let id = try api.run("name: naps\nsteps:\n  - id: nap\n    sleep: 700ms")["id"]?.stringValue ?? ""
            let history = try api.history(id)
            let set = try #require(history.events("step.waiting").first)
            let fired = history.events("timer.fired")
            #expect(fired.count == 1)
            let due = try #require(Timestamp(rfc3339: set["at"]?.stringValue ?? "")) + .milliseconds(700)
            let at = try #require(Timestamp(rfc3339: fired[0]["at"]?.stringValue ?? ""))
            #expect(at >= due)
        }
    }

    @Test("a step that fails is tried again with the same key, up to its bound")
    func retries() async throws {
        try await APIFixture.serve { api in
            let run = try api.run(
                """
                name: retried
                steps:
                  - id: third_time
                    run: |
                      echo "$PAWL_IDEMPOTENCY_KEY" >&2
                      [ "$PAWL_ATTEMPT" = 3 ]
                    retry: { attempts: 5, delay: 10ms, backoff: constant, jitter: none }
                  - id: never
                    run: |
                      echo "it cannot be" >&2
                      exit 9
                    retry: { attempts: 2, delay: 10ms }
                """
            )
            let id = run["id"]?.stringValue ?? ""
            #expect(run["status"] == "failed")
            #expect(run["error"]?["type"] == "Exit")
            #expect(run["error"]?["message"] == "it cannot be", "\(run.serialized())")
            let steps = try api.steps(id)
            let attempts = steps.map { step in
                (step["attempts"]?.arrayValue ?? []).compactMap { $0["status"]?.stringValue }
            }
            #expect(attempts == [["failed", "failed", "succeeded"], ["failed", "failed"]])
            let keys = try api.all("/v1/runs/\(id)/logs?step=third_time").map { $0["message"] }
            #expect(keys == Array(repeating: "\(id)/third_time", count: 3).map { .string($0) })
        }
    }

    @Test("what was done is undone in reverse order, then always runs")
    func compensation() async throws {
        try await APIFixture.serve { api in
            let run = try api.run(
                """
                name: undone
                steps:
                  - id: a
                    run: echo 1
                    compensate: { run: cat, capture: json, with: { was: "${ output }" } }
                  - id: b
                    run: echo 2
                    compensate: { run: cat, capture: json, with: { was: "${ output }" } }
                  - id: c
                    fail: { type: NoWay, message: "after ${ steps.b.output }" }
                always:
                  - id: report
                    set: "${ run.status }"
                """
            )
            let id = run["id"]?.stringValue ?? ""
            #expect(run["status"] == "failed")
            #expect(run["compensation"] == "completed")
            #expect(run["error"]?["type"] == "NoWay")
            #expect(run["error"]?["message"] == "after 2")
            let done = try api.history(id).events("step.succeeded")
            #expect(done.compactMap { $0["path"]?.stringValue } == ["a", "b", "b!", "a!", "report"])
            let steps = try api.steps(id)
            #expect(steps.first { $0["path"] == "a!" }?["output"]?["was"] == "1")
            #expect(steps.first { $0["path"] == "a" }?["status"] == "compensated")
            #expect(steps.first { $0["path"] == "report" }?["output"] == "failed")
            Self.expectWhole(try api.history(id))
        }
    }

    @Test("a compensation that fails for good: failed, and listed as such")
    func failedCompensation() async throws {
        try await APIFixture.serve { api in
            let run = try api.run(
                """
                name: undone-badly
                steps:
                  - id: a
                    run: echo 1
                    compensate: { run: exit 3 }
                  - id: b
                    fail: { type: NoWay, message: no }
                """
            )
            #expect(run["status"] == "failed")
            #expect(run["compensation"] == "failed")
            let listed = try api.get("/v1/runs?workflow=undone-badly&compensation=failed").items
            #expect(listed.map { $0["id"] } == [run["id"]])
            #expect(try api.get("/v1/runs?workflow=undone-badly&error_type=NoWay").items.count == 1)
            #expect(try api.get("/v1/runs?workflow=undone-badly&error_type=Other").items.isEmpty)
        }
    }

    @Test("an error is caught, or continued after, or fails the run")
    func handling() async throws {
        try await APIFixture.serve { api in
            let run = try api.run(
                """
                name: handled
                steps:
                  - id: caught
                    fail: { type: Expected, message: one }
                    catch: [{ on: [Expected], output: "${ error.message }" }]
                  - id: continued
                    run: exit 4
                    on_error: continue
                  - id: chosen
                    switch:
                      - when: "${ steps.caught.output = 'two' }"
                        steps: [{ id: x, set: 1 }]
                      - steps: [{ id: y, set: 2 }]
                output:
                  caught: "${ steps.caught.output }"
                  continued: "${ steps.continued.output.error.type }"
                  chosen: "${ steps.chosen.output }"
                """
            )
            let output: JSONValue = [
                "caught": "one", "continued": "Exit", "chosen": ["branch": 1, "output": ["y": 2]],
            ]
            #expect(run["output"] == output, "\(run.serialized())")
        }
    }

    @Test("the run's own timeout fails it with Timeout, and undoes")
    func runTimeout() async throws {
        try await APIFixture.serve { api in
            let run = try api.run(
                """
                name: out-of-time
                timeout: 1s
                steps:
                  - id: a
                    run: echo 1
                    compensate: { run: echo undone }
                  - id: b
                    run: sleep 600
                """
            )
            #expect(run["status"] == "failed")
            #expect(run["error"]?["type"] == "Timeout")
            #expect(run["compensation"] == "completed", "\(run.serialized())")
        }
    }

    @Test("a step's timeout ends its processes with Timeout")
    func stepTimeout() async throws {
        try await APIFixture.serve { api in
            let run = try api.run(
                """
                name: slow-step
                steps:
                  - id: a
                    run: sleep 600
                    timeout: 300ms
                """
            )
            #expect(run["status"] == "failed")
            #expect(run["error"]?["type"] == "Timeout", "\(run.serialized())")
        }
    }
}
