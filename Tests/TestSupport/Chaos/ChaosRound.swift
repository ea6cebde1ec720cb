import JSON
import Linux
import Postgres

/// A load of runs while faults come and go, and what must hold afterwards.
public struct ChaosRound: Sendable {
    public struct Plan: Sendable {
        /// Says which faults come, to whom, and what they are like.
        public var seed: UInt64
        public var faults: Int
        public var fault = Duration.seconds(5)
        public var heal = Duration.seconds(5)
        /// Between two runs that are started.
        public var pace = Duration.milliseconds(250)
        /// Within which all must have ended once all is healed.
        public var patience = Duration.seconds(120)

        public init(seed: UInt64, faults: Int) {
            self.seed = seed
            self.faults = faults
        }

        /// The faults of the round, each at most once.
        public var drawn: [Fault] {
            var random = SeededGenerator(seed: seed)
            return Array(Fault.allCases.shuffled(using: &random).prefix(faults))
        }
    }

    private let plan: Plan
    private let fleet: Fleet
    private let load: ChaosLoad

    public init(_ plan: Plan, on fleet: Fleet) {
        self.plan = plan
        self.fleet = fleet
        load = ChaosLoad(fleet: fleet, seed: plan.seed, pace: plan.pace)
    }

    /// Blocks until the round is over and checked.
    public func run() throws -> ChaosReport {
        var report = ChaosReport(seed: plan.seed)
        try load.apply()
        let began = MonotonicTime.now
        let submitter = DedicatedThread("submitter") { [load] in load.submit() }
        defer {
            load.stop()
            submitter.join()
        }
        try rage(&report)
        load.stop()
        let healed = MonotonicTime.now
        try audit(&report)
        for (run, kind) in load.accepted.sorted(by: { $0.key < $1.key }) {
            let left = max(.seconds(1), healed + plan.patience - .now)
            do {
                try check(try end(of: run, within: left), run, kind, &report)
            } catch {
                report.violations.append("run \(run): \(error)")
            }
        }
        report.settled = MonotonicTime.now - healed
        report.duration = MonotonicTime.now - began
        report.runs = load.accepted.count
        try audit(&report)
        try checkLedger(&report)
        report.lostReplies = fleet.members.reduce(0) { $0 + $1.database.losses }
        return report
    }

    /// The run once it has ended; the API may be away for moments.
    private func end(of run: String, within patience: Duration) throws -> JSONValue {
        let deadline = MonotonicTime.now + patience
        while true {
            do {
                return try fleet.api.end(of: run, within: max(.milliseconds(1), deadline - .now))
            } catch  where MonotonicTime.now < deadline {
                Waker().wait(until: .now + .milliseconds(100))
            }
        }
    }

    private func rage(_ report: inout ChaosReport) throws {
        var injector = FaultInjector(fleet, seed: plan.seed &+ 1)
        let pause = Waker()
        for fault in plan.drawn {
            if let obstacle = FaultInjector.obstacle(fault) {
                report.skipped.append("\(fault.rawValue): \(obstacle)")
                continue
            }
            report.faults.append(fault.rawValue)
            if fault == .poison { load.startPoison() }
            let cure = try injector.cause(fault)
            pause.wait(until: .now + plan.fault)
            try cure()
            let healed = MonotonicTime.now
            if fault.stopsPostgres {
                report.recoveries.append(try Recovery.time(since: healed, over: try fleet.connect()))
            }
            for member in fleet.members {
                guard let end = member.unexpectedEnd else { continue }
                report.violations.append("while \(fault.rawValue): \(end)")
                member.kill()
                try member.start()
            }
            pause.wait(until: healed + plan.heal)
        }
    }
}

// MARK: - What must hold

extension ChaosRound {
    private func audit(_ report: inout ChaosReport) throws {
        let audit = try RunAudit(try fleet.connect())
        report.audited += audit.live
        report.violations += audit.violations
    }

    private func check(
        _ run: JSONValue,
        _ id: String,
        _ kind: ChaosWorkflow.Kind,
        _ report: inout ChaosReport
    ) throws {
        let history = try fleet.api.history(id)
        report.lost += history.events("attempt.lost").count
        let found = kind.violations(of: run, history)
        guard !found.isEmpty else { return }
        report.violations += found.map { "\(kind.rawValue) \(id): \($0)" }
        report.evidence += history.map { $0.serialized() }
    }

    private func checkLedger(_ report: inout ChaosReport) throws {
        let executions = try fleet.ledger.executions()
        let first = try fleet.ledger.firstTimes()
        for (run, kind) in load.accepted where kind != .poison {
            for path in kind.executed {
                let count = executions["\(run)/\(path)"] ?? 0
                report.steps += 1
                report.executions += count
                if count == 0 { report.violations.append("\(run)/\(path) never ran") }
            }
            guard kind == .orders, let taken = first["\(run)/take"], let packed = first["\(run)/pack[0]"]
            else { continue }
            let slept = (packed - taken) / 1_000_000
            if slept < ChaosWorkflow.nap { report.violations.append("\(run) slept \(slept) ms") }
        }
        for key in executions.keys where !load.mayKnow(key) {
            report.violations.append("\(key) ran for no run that was accepted")
        }
    }
}
