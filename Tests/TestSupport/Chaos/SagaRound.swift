import JSON
import Linux

/// A saga of three levels that fails at its last step, and whose worker is killed in every compensation.
public struct SagaRound: Sendable {
    public struct Report: Sendable {
        /// Compensations in the order in which their programs ran first, by path.
        public var order: [String] = []
        /// What was done, by path, last first: what the order should be.
        public var expected: [String] = []
        public var kills = 0
        public var violations: [String] = []
    }

    private let installation: Installation
    private let ledger: Ledger

    public init(on installation: Installation) throws {
        self.installation = installation
        ledger = Ledger("\(try TestServers.folder())/ledger")
    }

    private var child: String {
        """
        name: saga-child
        steps:
          - { id: pick, run: echo, compensate: &undo { run: '\(undo)' } }
          - { id: label, run: echo, compensate: *undo }
        """
    }

    private var root: String {
        """
        name: saga
        steps:
          - { id: reserve, run: echo, compensate: &undo { run: '\(undo)' } }
          - id: ship
            steps:
              - { id: charge, run: echo, compensate: *undo }
              - { id: pack, foreach: { items: "${ [1, 2, 3] }" }, run: echo, compensate: *undo }
              - { id: parcel, workflow: saga-child }
          - { id: decline, fail: { type: Declined, message: never enough } }
        """
    }

    /// Writes its key down; the first time it then waits to be killed.
    private var undo: String {
        """
        echo "$PAWL_IDEMPOTENCY_KEY" >> \(ledger.path); \
        [ "$(grep -cFx "$PAWL_IDEMPOTENCY_KEY" \(ledger.path))" -gt 1 ] || sleep 600
        """
    }

    /// Blocks until the saga is undone and checked.
    public func run() throws -> Report {
        var report = Report()
        let api = installation.api
        for definition in [child, root] { try api.apply(definition) }
        let run = try api.start("saga")
        while try !hasEnded(run) {
            let known = try ledger.executions()
            guard let fresh = known.first(where: { $0.value == 1 }) else {
                Waker().wait(until: .now + .milliseconds(20))
                continue
            }
            installation.killWorker()
            report.kills += 1
            try eventually("what the worker ran is gone") { installation.survivors.isEmpty }
            try installation.startWorker()
            try eventually("\(fresh.key) runs again", within: PawlProcess.patience) {
                try ledger.executions()[fresh.key] == 2
            }
        }
        try check(run, &report)
        return report
    }

    private func hasEnded(_ run: String) throws -> Bool {
        try installation.api.get("/v1/runs/\(run)")["times"]["ended_at"]?.stringValue != nil
    }

    private func check(_ run: String, _ report: inout Report) throws {
        let api = installation.api
        let ended = try api.end(of: run)
        if ended["status"] != "failed" || ended["compensation"] != "completed" {
            report.violations.append("it ended so: \(ended.serialized())")
        }
        report.violations += HistoryCheck.violations(try api.history(run))
        var done = try succeeded(run)
        let parcel = done.lastIndex(of: "ship/parcel") ?? 0
        let childRun = try api.all("/v1/runs?workflow=saga-child").compactMap { $0["id"]?.stringValue }
        // The runs of the workflow: the child, and the one that undid it.
        done.replaceSubrange(parcel...parcel, with: try succeeded(childRun.min() ?? ""))
        report.expected = done.reversed().map { "\($0)!" }
        let executions = try ledger.executions()
        report.order = try ledger.keysInOrder().map { String($0.drop { $0 != "/" }.dropFirst()) }
        for (key, count) in executions where count != 2 {
            report.violations.append("\(key) ran \(count) times, killed once")
        }
    }

    /// The paths that succeeded in a run and have a compensation, or are the child.
    private func succeeded(_ run: String) throws -> [String] {
        try installation.api.history(run).events("step.succeeded").compactMap { $0["path"]?.stringValue }
            .filter { !$0.hasSuffix("!") && !["ship", "ship/pack"].contains($0) }
    }
}
