import JSON
import Linux
import TestSupport
import Testing

@Suite("A workflow step starts a child run")
struct APIChildTests {
    @Test("its output is the step's; parent and child find each other")
    func output() async throws {
        try await APIFixture.serve { api in
            try api.apply(
                """
                name: child-priced
                input:
                  type: object
                  properties: { sku: { type: string }, quantity: { type: integer, default: 2 } }
                  required: [sku]
                steps:
                  - id: price
                    run: cat
                    capture: json
                    with: { total: "${ input.quantity * 5 }" }
                output: { total: "${ steps.price.output.total }" }
                """
            )
            let run = try api.run(
                """
                name: child-parent
                steps:
                  - id: priced
                    foreach: { items: [apple, pear], max_concurrency: 2 }
                    workflow: child-priced
                    with: { sku: "${ item }" }
                  - id: old
                    workflow: child-priced@1
                    with: { sku: plum, quantity: 1 }
                output: { totals: "${ steps.priced.output.total }", old: "${ steps.old.output.total }" }
                """
            )
            #expect(run["output"] == ["totals": [10, 10], "old": 5], "\(run.serialized())")
            let id = run["id"]?.stringValue ?? ""
            let children = try api.all("/v1/runs?parent=\(id)")
            #expect(children.count == 3)
            #expect(children.allSatisfy { $0["parent"]?.stringValue == id && $0["status"] == "succeeded" })
            let paths = Set(children.compactMap { $0["parent_step"]?.stringValue })
            #expect(paths == ["priced[0]", "priced[1]", "old"])
            let step = try api.steps(id).first { $0["path"] == "old" }
            #expect(children.map { $0["id"] }.contains(step?["child"]))
            #expect(step?["input"] == ["sku": "plum", "quantity": 1])
            #expect(try HistoryCheck.violations(api.history(id)).isEmpty)
        }
    }

    @Test("what cannot begin fails its step with InvalidInput and a place")
    func refused() async throws {
        try await APIFixture.serve { api in
            try api.apply(
                """
                name: child-strict
                input: { type: object, required: [n], properties: { n: { type: integer } } }
                steps: [{ id: a, set: 1 }]
                """
            )
            func failure(_ step: String) throws -> JSONValue {
                try api.run("name: child-refused\nsteps:\n  - id: sub\n    \(step)")["error"] ?? .null
            }
            let wrong = try failure("workflow: child-strict\n    with: { n: \"seven\" }")
            #expect(wrong["type"] == "InvalidInput")
            #expect(wrong["details"]?["errors"]?[0]?["pointer"] == "/with/n", "\(wrong.serialized())")
            let unknown = try failure("workflow: nobody-knows-it")
            #expect(unknown["type"] == "InvalidInput")
            #expect(unknown["message"]?.stringValue?.contains("nobody-knows-it") == true)
            let version = try failure("workflow: child-strict@99\n    with: { n: 1 }")
            #expect(version["message"]?.stringValue?.contains("version 99") == true)
        }
    }

    @Test("its failure can be caught; a child without end ends with RunTooLarge")
    func failure() async throws {
        try await APIFixture.serve { api in
            try api.apply("name: child-fails\nsteps:\n  - { id: a, fail: { type: NoStock, message: none } }")
            let run = try api.run(
                """
                name: child-caught
                steps:
                  - id: sub
                    workflow: child-fails
                    catch: [{ on: [NoStock], output: "${ error.message }" }]
                output: "${ steps.sub.output }"
                """
            )
            #expect(run["output"] == "none", "\(run.serialized())")
            let endless = try api.run("name: child-endless\nsteps:\n  - { id: me, workflow: child-endless }")
            #expect(endless["error"]?["type"] == "RunTooLarge")
        }
    }

    @Test("pause, resume and cancel of the parent reach it, and it says what is waited for")
    func commands() async throws {
        try await APIFixture.serve { api in
            try api.apply(
                """
                name: child-long
                steps:
                  - id: a
                    run: echo 1
                    compensate: { run: echo undone }
                  - { id: nap, sleep: 1h }
                """
            )
            let id = try api.start(
                try api.apply("name: child-waits\nsteps:\n  - { id: sub, workflow: child-long }")
            )
            try eventually("the child sleeps", within: PawlProcess.patience) {
                try api.all("/v1/runs?parent=\(id)").first?["status"] == "waiting"
            }
            let child = try api.all("/v1/runs?parent=\(id)")[0]["id"]?.stringValue ?? ""
            let wait = try api.get("/v1/runs/\(id)")["waiting_for"][0] ?? .null
            #expect(wait["reason"] == "child", "\(wait.serialized())")
            #expect(wait["holders"] == [.string(child)])
            for (action, status) in [("pause", "paused"), ("resume", "waiting")] {
                _ = try api.call("POST", "/v1/runs/\(id)/\(action)")
                try eventually("the child is \(status)", within: PawlProcess.patience) {
                    try api.get("/v1/runs/\(child)")["status"].stringValue == status
                }
            }
            _ = try api.call("POST", "/v1/runs/\(id)/cancel", ["reason": "enough"])
            #expect(try api.end(of: id)["status"] == "cancelled")
            let ended = try api.end(of: child)
            #expect(ended["status"] == "cancelled")
            #expect(ended["compensation"] == "completed")
        }
    }

    @Test("its timeout bounds all of it, and terminate ends it at once")
    func ends() async throws {
        try await APIFixture.serve { api in
            try api.apply("name: child-naps\nsteps:\n  - { id: nap, sleep: 1h }")
            let late = try api.run(
                "name: child-late\nsteps:\n  - { id: sub, workflow: child-naps, timeout: 300ms }"
            )
            #expect(late["error"]?["type"] == "Timeout", "\(late.serialized())")
            let child = try api.all("/v1/runs?parent=\(late["id"]?.stringValue ?? "")").first
            #expect(child?["status"] == "cancelled")

            let id = try api.start(
                try api.apply("name: child-ended\nsteps:\n  - { id: sub, workflow: child-naps }")
            )
            try eventually("the child has begun", within: PawlProcess.patience) {
                try api.all("/v1/runs?parent=\(id)").count == 1
            }
            _ = try api.call("POST", "/v1/runs/\(id)/terminate")
            try eventually("the child is terminated", within: PawlProcess.patience) {
                try api.all("/v1/runs?parent=\(id)").first?["status"] == "terminated"
            }
        }
    }

    @Test("a child that succeeded is undone by a run of its own when its parent fails")
    func undone() async throws {
        try await APIFixture.serve { api in
            try api.apply(
                """
                name: child-books
                steps:
                  - id: hotel
                    run: cat
                    capture: json
                    with: { room: "${ input.room }" }
                    compensate:
                      run: 'cat; echo "$PAWL_IDEMPOTENCY_KEY $PAWL_STEP_KEY" >&2'
                      capture: json
                      with: { was: "${ output.room }", by: "${ run.id }", asked: "${ input.room }" }
                  - id: flight
                    run: echo LH1
                    compensate: { run: echo cancelled, with: { flight: "${ output }" } }
                """
            )
            let run = try api.run(
                """
                name: child-trip
                steps:
                  - { id: book, workflow: child-books, with: { room: 7 } }
                  - { id: pay, fail: { type: NoMoney, message: none } }
                """
            )
            #expect(run["compensation"] == "completed", "\(run.serialized())")
            let id = run["id"]?.stringValue ?? ""
            let family = try api.all("/v1/runs?parent=\(id)")
            let child = try #require(family.first { $0["parent_step"] == "book" })
            let undoing = try #require(family.first { $0["parent_step"] == "book!" })
            #expect(child["status"] == "succeeded")
            #expect(undoing["undoes"] == child["id"])
            #expect(undoing["compensation"] == "completed")
            let undone = undoing["id"]?.stringValue ?? ""
            let steps = try api.steps(undone)
            #expect(steps.map { $0["path"] } == ["flight!", "hotel!"])
            let childID = child["id"]?.stringValue ?? ""
            #expect(steps[1]["output"] == ["was": 7, "by": .string(childID), "asked": 7])
            let keys = try api.all("/v1/runs/\(undone)/logs?step=hotel!").map { $0["message"] }
            #expect(keys == [.string("\(childID)/hotel! \(childID)/hotel")])
        }
    }
}
