import Development
import JSON
import Linux
import Postgres

/// The release before this one under load, the migration to this one, both side by side, then this one alone.
public final class UpgradeRound: Sendable {
    public struct Report: Sendable, CustomStringConvertible {
        public var runs = 0
        public var executions = 0
        public var steps = 0
        /// Steps that the old process gave back when it stopped.
        public var handedBack = 0
        /// How long the migration took while runs went on.
        public var migration = Duration.zero
        public var violations: [String] = []

        public var description: String {
            """
            upgrade under load: \(runs) runs, \(executions) executions of \(steps) steps, \(handedBack) of \
            which were handed back, migrated in \(migration); \(violations.count) violations
            """
        }
    }

    private static let phase = Duration.seconds(4)
    private static let pace = Duration.milliseconds(200)

    private let previous: String
    private let database: PostgresConfiguration
    private let folder: String
    private let ledger: Ledger
    private let settings: [String: String]
    private let doors = Locked<[PawlAPI]>([])
    private let accepted = Locked<[String]>([])
    private let isOver = Locked(false)

    /// `previous` is the program of the release before, with its launcher where it was built.
    public init(from previous: String, on postgres: PrivatePostgres) throws {
        self.previous = previous
        database = try postgres.createDatabase("upgrade")
        folder = try TestServers.folder()
        ledger = Ledger("\(folder)/ledger")
        settings = [
            "DATABASE_URL": postgres.url(database: "upgrade"), "PAWL_LISTEN": "127.0.0.1:0",
            "PAWL_SLOTS": "6", "PAWL_LEASE": "5s",
        ]
    }

    /// Blocks until all runs have ended and are checked.
    public func run() throws -> Report {
        var report = Report()
        try migrate(with: previous)
        let old = try start(previous, "old")
        defer { old.kill() }
        let api = PawlAPI(try old.ready())
        try api.apply(ChaosWorkflow.Kind.orders.definition(ledger))
        doors.withLock { $0 = [api] }
        let submitter = DedicatedThread("submitter") { [self] in submit() }
        let pause = Waker()
        pause.wait(until: .now + Self.phase)

        let began = MonotonicTime.now
        try migrate(with: nil)
        report.migration = MonotonicTime.now - began
        pause.wait(until: .now + Self.phase)

        let new = try start(nil, "new")
        defer { new.kill() }
        let next = PawlAPI(try new.ready())
        doors.withLock { $0 = [api, next] }
        pause.wait(until: .now + Self.phase)

        doors.withLock { $0 = [next] }
        try old.stop()
        pause.wait(until: .now + Self.phase)
        isOver.withLock { $0 = true }
        submitter.join()
        for (name, process) in [("the old", old), ("the new", new)] where !process.isRunning {
            let end = try process.exit()
            if end != .exited(0) { report.violations.append("\(name) process ended with \(end)") }
        }
        try check(next, &report)
        try new.stop()
        return report
    }

    private func environment(_ program: String?) -> [String: String] {
        guard let program else { return settings }
        let root = program.dropLast("/.build/debug/pawl".count)
        return settings.merging(["PAWL_LAUNCHER": "\(root)/.build/launcher/pawl-launch"]) { $1 }
    }

    private func migrate(with program: String?) throws {
        let migration = try PawlProcess(["migrate"], environment: environment(program), program: program)
        guard try migration.exit() == .exited(0) else {
            throw NeverHappened(description: "migrated: \(migration.errors.text)")
        }
    }

    private func start(_ program: String?, _ name: String) throws -> PawlProcess {
        var environment = environment(program)
        environment["PAWL_SCRATCH_DIR"] = "\(folder)/\(name)"
        return try PawlProcess(["serve", "--worker"], environment: environment, program: program)
    }

    /// Starts runs at every door in turn.
    private func submit() {
        let pause = Waker()
        var number = 0
        while !isOver.withLock({ $0 }) {
            let key = [("Idempotency-Key", "upgrade-\(number)")]
            let body: JSONValue = ["workflow": "chaos-orders"]
            try? eventually("run \(number) is accepted", within: PawlProcess.patience) {
                let open = doors.withLock { $0 }
                let answer = try? open[number % open.count].call("POST", "/v1/runs", body, headers: key)
                guard let answer, answer.status == 201, let id = answer["id"].stringValue else {
                    return false
                }
                accepted.withLock { $0.append(id) }
                return true
            }
            number += 1
            pause.wait(until: .now + Self.pace)
        }
    }

    private func check(_ api: PawlAPI, _ report: inout Report) throws {
        let runs = accepted.withLock { $0 }
        let kind = ChaosWorkflow.Kind.orders
        report.runs = runs.count
        // The release before hands back at once what it runs when it is told to stop.
        var handedBack: [String: Int] = [:]
        for run in runs {
            let ended = try api.end(of: run)
            let history = try api.history(run)
            var found = HistoryCheck.violations(history)
            if ended["status"] != "succeeded" { found.append("it ended so: \(ended.serialized())") }
            if !history.events("attempt.lost").isEmpty { found.append("an attempt was lost") }
            report.violations += found.map { "\(run): \($0)" }
            for event in history.events("step.queued") where event["data"]?["reason"] != nil {
                handedBack["\(run)/\(event["path"]?.stringValue ?? "")", default: 0] += 1
            }
        }
        report.handedBack = handedBack.count
        let executions = try ledger.executions()
        for run in runs {
            for path in kind.executed {
                let count = executions["\(run)/\(path)"] ?? 0
                report.steps += 1
                report.executions += count
                let most = 1 + (handedBack["\(run)/\(path)"] ?? 0)
                if !(1...most).contains(count) {
                    report.violations.append("\(run)/\(path) ran \(count) times")
                }
            }
        }
        report.violations += try RunAudit(try PostgresConnection.open(database)).violations
    }
}
