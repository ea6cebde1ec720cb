import JSON
import Linux

/// A run that passes every crash point there is, driven so that any part of it may be done again.
struct CrashScenario {
    static let schedule: JSONValue = ["workflow": "crash-tick", "every": "1s"]

    /// What succeeds in the run, in this order; the items of `each` may change places.
    static let succeeding = [
        "first", "keep", "slot", "nap", "each[0]", "each[1]", "each", "child", "gate", "child!", "first!",
    ]
    static let executed = ["first", "keep", "slot", "each[0]", "each[1]", "first!"]

    let ledger: Ledger
    private(set) var run: String?
    private(set) var hasApplied = false
    private var isSignalled = false

    init(_ ledger: Ledger) { self.ledger = ledger }

    /// Goes on from where it is, and gives the run once it has ended.
    mutating func advance(_ api: PawlAPI) throws -> JSONValue? {
        if !hasApplied { try apply(api) }
        guard let run else {
            let body: JSONValue = ["workflow": "crash-points"]
            let answer = try post(api, "/v1/runs", body, key: "crash-run", [201])
            run = answer["id"].stringValue
            return nil
        }
        if !isSignalled {
            _ = try post(api, "/v1/runs/\(run)/signals/go", [:], key: "crash-signal", [200, 202])
            isSignalled = true
        }
        let answer = try api.get("/v1/runs/\(run)?wait=200ms")
        guard answer.status == 200 else { throw NeverHappened(description: answer.text) }
        guard answer["times"]["ended_at"]?.stringValue != nil else { return nil }
        return answer.json
    }

    private mutating func apply(_ api: PawlAPI) throws {
        for definition in [child, tick, root] { try api.apply(definition) }
        let answer = try api.call("PUT", "/v1/schedules/crash", Self.schedule)
        guard [200, 201].contains(answer.status) else { throw NeverHappened(description: answer.text) }
        hasApplied = true
    }

    /// Ends what would go on for ever, and waits until nothing is live.
    func settle(_ api: PawlAPI) throws {
        _ = try api.call("DELETE", "/v1/schedules/crash")
        try eventually("all runs have ended", within: PawlProcess.patience) {
            let live = try? api.get("/v1/runs?status=scheduled,queued,running,waiting,compensating&limit=1")
            return live.map { $0.status == 200 && $0.items.isEmpty } ?? false
        }
    }

    private func post(
        _ api: PawlAPI,
        _ target: String,
        _ body: JSONValue,
        key: String,
        _ statuses: Set<Int>
    ) throws -> APIAnswer {
        let answer = try api.call("POST", target, body, headers: [("Idempotency-Key", key)])
        guard statuses.contains(answer.status) else { throw NeverHappened(description: answer.text) }
        return answer
    }
}

extension CrashScenario {
    private var child: String {
        """
        name: crash-child
        steps:
          - { id: inner, run: '\(ledger.program)', compensate: { run: '\(ledger.program)' } }
        """
    }

    private var tick: String { "name: crash-tick\nsteps:\n  - { id: tick, set: { done: true } }" }

    private var root: String {
        """
        name: crash-points
        steps:
          - id: first
            run: '\(ledger.program)'
            compensate: { run: '\(ledger.program)' }
          - id: keep
            run: |
              \(ledger.program)
              echo '{"type": "log", "message": "kept"}' >&3
              echo kept > kept
              echo '{"type": "artifact", "name": "kept", "path": "kept"}' >&3
          - id: slot
            concurrency: { key: one, limit: 1 }
            run: '\(ledger.program)'
          - { id: nap, sleep: 100ms }
          - id: each
            foreach: { items: "${ [1, 2] }" }
            run: '\(ledger.program)'
          - { id: child, workflow: crash-child }
          - { id: gate, wait: { signal: go } }
          - { id: decline, fail: { type: Declined, message: never enough } }
        """
    }
}
