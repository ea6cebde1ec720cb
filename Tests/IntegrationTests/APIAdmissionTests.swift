import JSON
import Linux
import TestSupport
import Testing

/// `concurrency` and `rate`, through the API.
@Suite("Slots and rates through the API")
struct APIAdmissionTests {
    /// Steps that leave the times of their start and end.
    private static func marks(_ folder: String) -> String {
        "echo $(date +%s%N) 1 >> \(folder)/marks; sleep 0.1; echo $(date +%s%N) -1 >> \(folder)/marks"
    }

    /// How many ran at once at the most, by the marks that they left.
    private static func most(_ folder: String) throws -> Int {
        let marks = String(decoding: try Files.read("\(folder)/marks"), as: UTF8.self)
            .split(separator: "\n").map { $0.split(separator: " ").compactMap { Int($0) } }
        var (now, most) = (0, 0)
        for mark in marks.sorted(by: { $0[0] < $1[0] }) {
            now += mark[1]
            most = max(most, now)
        }
        return most
    }

    @Test("no more than the limit of a key run at once, over several runs")
    func concurrency() async throws {
        let folder = try TestServers.folder()
        try await APIFixture.serve { api in
            let name = try api.apply(
                """
                name: few-at-once
                steps:
                  - id: each
                    foreach: { items: "${ [1..6] }" }
                    run: "\(Self.marks(folder))"
                    concurrency: { key: few-at-once, limit: 3 }
                """
            )
            let runs = try (0..<2).map { _ in try api.start(name) }
            for run in runs { #expect(try api.end(of: run)["status"] == "succeeded") }
            let most = try Self.most(folder)
            #expect(most <= 3 && most > 1, "\(most) at once")
        }
    }

    @Test("a rate lets no more attempts start in its time than its limit")
    func rate() async throws {
        try await APIFixture.serve { api in
            let run = try api.run(
                """
                name: slow-starts
                steps:
                  - id: each
                    foreach: { items: "${ [1..5] }" }
                    run: echo done
                    rate: { key: slow-starts, limit: 2, per: 1s }
                """
            )
            #expect(run["status"] == "succeeded")
            let id = run["id"]?.stringValue ?? ""
            let starts = try api.steps(id).filter { $0["path"] != "each" }
                .compactMap {
                    $0["attempts"]?[0]?["started_at"]?.stringValue.flatMap(Timestamp.init(rfc3339:))
                }
                .sorted()
            #expect(starts.count == 5)
            for (first, third) in zip(starts, starts.dropFirst(2)) {
                #expect(third - first >= .milliseconds(999), "\(starts)")
            }
        }
    }

    private static func gated(_ name: String, _ conflict: String, gate: String) -> String {
        """
        name: \(name)
        concurrency: { key: "${ input.site }", limit: 1, on_conflict: \(conflict) }
        steps:
          - id: wait
            run: "while [ ! -e \(gate) ]; do sleep 0.05; done"
        """
    }

    @Test("a run is queued while another has its slot, and starts when that has ended")
    func queue() async throws {
        let gate = "\(try TestServers.folder())/gate"
        try await APIFixture.serve { api in
            let name = try api.apply(Self.gated("one-at-a-time", "queue", gate: gate))
            let first = try api.start(name, input: ["site": "a"])
            let other = try api.start(name, input: ["site": "b"])
            try api.waitForStep(first, "wait", "running")
            try api.waitForStep(other, "wait", "running")
            let second = try api.call(
                "POST",
                "/v1/runs",
                ["workflow": .string(name), "input": ["site": "a"]]
            )
            #expect(second.status == 201)
            #expect(second["status"] == "queued")
            let id = second["id"].stringValue ?? ""
            #expect(try api.get("/v1/runs/\(id)")["status"] == "queued")
            try Files.write(gate, [])
            #expect(try api.end(of: first)["status"] == "succeeded")
            #expect(try api.end(of: id)["status"] == "succeeded")
            let events = try api.history(id).compactMap { $0["type"]?.stringValue }
            #expect(events.prefix(2) == ["run.queued", "run.started"])
        }
    }

    @Test("a run that finds no slot is turned away, naming who has it, and nothing of it is there")
    func reject() async throws {
        let gate = "\(try TestServers.folder())/gate"
        try await APIFixture.serve { api in
            let name = try api.apply(Self.gated("never-two", "reject", gate: gate))
            let request: JSONValue = ["workflow": .string(name), "input": ["site": "a"]]
            let first = try api.call("POST", "/v1/runs", request, headers: [("Idempotency-Key", "never-two")])
            #expect(first.status == 201)
            let second = try api.call("POST", "/v1/runs", request)
            #expect(second.status == 409)
            #expect(second["detail"].stringValue?.contains("ConcurrencyRejected") == true)
            #expect(second["detail"].stringValue?.contains(first["id"].stringValue ?? "?") == true)
            let again = try api.call("POST", "/v1/runs", request, headers: [("Idempotency-Key", "never-two")])
            #expect(again.status == 201)
            #expect(again["id"] == first["id"])
            #expect(try api.get("/v1/runs?workflow=never-two").items.count == 1)
            try Files.write(gate, [])
            #expect(try api.end(of: first["id"].stringValue ?? "")["status"] == "succeeded")
            #expect(try api.call("POST", "/v1/runs", request).status == 201)
        }
    }

    @Test("a run that replaces has the oldest cancelled, and starts when that has ended")
    func replace() async throws {
        let gate = "\(try TestServers.folder())/gate"
        try await APIFixture.serve { api in
            let name = try api.apply(Self.gated("newest-only", "replace", gate: gate))
            let first = try api.start(name, input: ["site": "a"])
            try api.waitForStep(first, "wait", "running")
            let second = try api.start(name, input: ["site": "a"])
            #expect(try api.end(of: first)["status"] == "cancelled")
            try api.waitForStep(second, "wait", "running")
            try Files.write(gate, [])
            #expect(try api.end(of: second)["status"] == "succeeded")
        }
    }

    @Test("a queued run can be cancelled, and those behind it go on")
    func cancelInLine() async throws {
        let gate = "\(try TestServers.folder())/gate"
        try await APIFixture.serve { api in
            let name = try api.apply(Self.gated("cancelled-in-line", "queue", gate: gate))
            let runs = try (0..<3).map { _ in try api.start(name, input: ["site": "a"]) }
            #expect(try api.call("POST", "/v1/runs/\(runs[1])/cancel").status == 200)
            #expect(try api.end(of: runs[1])["status"] == "cancelled")
            try Files.write(gate, [])
            #expect(try api.end(of: runs[2])["status"] == "succeeded")
        }
    }
}
