import JSON
import Linux

/// A load of runs during which processes are killed and servers restarted, and what must hold afterwards.
public struct CrashRound: Sendable {
    public struct Plan: Sendable {
        public var runs: Int
        public var steps = 5
        /// The worker is killed so long after each time that it is ready.
        public var interval = Duration.seconds(2)
        /// Kills at most; they end earlier when all runs have ended.
        public var kills: Int
        public var postgresRestarts: Int
        public var seed: UInt64

        public init(runs: Int, kills: Int, postgresRestarts: Int, seed: UInt64) {
            self.runs = runs
            self.kills = kills
            self.postgresRestarts = postgresRestarts
            self.seed = seed
        }
    }

    /// What happened, and what should not have.
    public struct Report: Sendable, CustomStringConvertible {
        public var plan: Plan
        public var kills = 0
        public var executions = 0
        public var lost = 0
        public var duration = Duration.zero
        /// From acceptance to the end.
        public var longestRun = Duration.zero
        public var violations: [String] = []

        public var description: String {
            """
            \(plan.runs) runs of \(plan.steps) steps in \(duration): worker killed \(kills) times, Postgres \
            restarted \(plan.postgresRestarts) times, Redis flushed, stopped and started; \
            \(executions) executions of \(plan.runs * plan.steps) steps, \(lost) attempts lost, \
            the longest run \(longestRun); \(violations.count) violations; seed \(plan.seed)
            """
        }
    }

    private enum Fault { case flushRedis, stopRedis, startRedis, restartPostgres }

    private let plan: Plan
    private let installation: Installation
    private let ledger: Ledger
    private let runs = Locked<[String]>([])

    public init(_ plan: Plan, on installation: Installation) throws {
        self.plan = plan
        self.installation = installation
        ledger = Ledger("\(try TestServers.folder())/ledger")
    }

    private var workflow: String {
        let steps = (1...plan.steps).map { number in
            """
              - id: step_\(number)
                run: |
                  echo "$PAWL_IDEMPOTENCY_KEY" >> \(ledger.path)
                  sleep 0.1
                  echo \(number)
            """
        }
        return "name: crash-round\nsteps:\n\(steps.joined(separator: "\n"))"
    }

    /// Blocks until the round is over and checked.
    public func run() throws -> Report {
        let began = MonotonicTime.now
        var report = Report(plan: plan)
        try installation.api.apply(workflow)
        let submitter = DedicatedThread("submitter") { [self] in submit() }
        report.kills = try rage()
        try installation.redis.start()
        submitter.join()
        let ids = runs.withLock { $0 }
        for id in ids { try check(try installation.api.end(of: id, within: .seconds(120)), &report) }
        report.duration = MonotonicTime.now - began
        if ids.count != plan.runs { report.violations.append("\(ids.count) of \(plan.runs) runs accepted") }
        try checkLedger(ids, &report)
        installation.killWorker()
        do {
            try eventually("no process is left") { installation.survivors.isEmpty }
        } catch {
            report.violations += installation.survivors.map { "a process is left: \($0)" }
        }
        return report
    }
}

// MARK: - Load and faults

extension CrashRound {
    /// Starts the runs, each until it is accepted; the same key makes a repeated start the same run.
    private func submit() {
        for number in 0..<plan.runs {
            let key = [("Idempotency-Key", "crash-\(plan.seed)-\(number)")]
            try? eventually("run \(number) is accepted", within: .seconds(120)) {
                let body: JSONValue = [
                    "workflow": "crash-round", "input": ["number": .integer(Int64(number))],
                ]
                let answer = try? installation.api.call("POST", "/v1/runs", body, headers: key)
                guard let answer, answer.status == 201, let id = answer["id"].stringValue else {
                    return false
                }
                runs.withLock { $0.append(id) }
                return true
            }
        }
    }

    /// Kills the worker again and again, with other faults between; gives the number of kills.
    private func rage() throws -> Int {
        var random = SeededGenerator(seed: plan.seed)
        let faults = schedule(&random)
        let pause = Waker()
        for tick in 0..<plan.kills {
            pause.wait(until: .now + plan.interval)
            if tick >= faults.count && hasEnded { return tick }
            for fault in faults.indices.contains(tick) ? faults[tick] : [] { try cause(fault) }
            installation.killWorker()
            try installation.startWorker()
        }
        return plan.kills
    }

    /// Which faults come at which kill: all of them early, in an order that the seed tells.
    private func schedule(_ random: inout SeededGenerator) -> [[Fault]] {
        var faults: [[Fault]] = [[.flushRedis], [.stopRedis], [.startRedis]]
        for _ in 0..<plan.postgresRestarts {
            faults.insert([.restartPostgres], at: Int.random(in: 0...faults.count, using: &random))
        }
        return faults
    }

    private func cause(_ fault: Fault) throws {
        switch fault {
        case .flushRedis: try installation.redis.flush()
        case .stopRedis: installation.redis.stop()
        case .startRedis: try installation.redis.start()
        case .restartPostgres: try installation.postgres.restart()
        }
    }

    private var hasEnded: Bool {
        guard runs.withLock({ $0.count }) == plan.runs else { return false }
        let live = "/v1/runs?workflow=crash-round&status=scheduled,queued,running,waiting&limit=1"
        return (try? installation.api.get(live)).map { $0.status == 200 && $0.items.isEmpty } ?? false
    }
}

// MARK: - What must hold

extension CrashRound {
    private func check(_ run: JSONValue, _ report: inout Report) throws {
        let id = run["id"]?.stringValue ?? ""
        if run["status"] != "succeeded" {
            report.violations.append("run \(id) ended so: \(run.serialized())")
        }
        let history = try installation.api.history(id)
        report.violations += HistoryCheck.violations(history).map { "run \(id): \($0)" }
        report.longestRun = max(report.longestRun, Self.duration(of: run))
        report.lost += history.events("attempt.lost").count
        let successes = history.events("step.succeeded").compactMap {
            $0["path"]?.stringValue
        }
        if successes != (1...plan.steps).map({ "step_\($0)" }) {
            report.violations.append("run \(id): these steps succeeded: \(successes)")
        }
    }

    private static func duration(of run: JSONValue) -> Duration {
        func time(_ name: String) -> Timestamp? {
            run["times"]?[name]?.stringValue.flatMap { Timestamp(rfc3339: $0) }
        }
        guard let began = time("created_at"), let ended = time("ended_at") else { return .zero }
        return ended - began
    }

    private func checkLedger(_ ids: [String], _ report: inout Report) throws {
        let executions = try ledger.executions()
        report.executions = executions.values.reduce(0, +)
        var expected: Set<String> = []
        for id in ids { for number in 1...plan.steps { expected.insert("\(id)/step_\(number)") } }
        for key in expected.subtracting(executions.keys) { report.violations.append("\(key) never ran") }
        for key in Set(executions.keys).subtracting(expected) {
            report.violations.append("unknown key \(key)")
        }
    }
}
