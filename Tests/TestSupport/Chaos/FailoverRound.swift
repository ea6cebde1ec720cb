import JSON
import Linux
import Postgres

@testable import Scheduler

/// A load of runs while Postgres fails over to a standby that has missed the last second and more.
///
/// What was accepted meanwhile may be gone. What is left must end as it should, steps whose ends were lost
/// must run again under the same idempotency key and a higher token, and no history may be damaged.
public struct FailoverRound: Sendable {
    public struct Report: Sendable, CustomStringConvertible {
        public var runs = 0
        /// Runs that were accepted, and that the standby knows nothing of.
        public var forgotten = 0
        /// Steps that ran before and ran again.
        public var repeated = 0
        public var lost = 0
        public var recovery = Duration.zero
        /// From the return of Postgres until all runs had ended.
        public var settled = Duration.zero
        public var violations: [String] = []

        public var description: String {
            """
            fail-over without the last \(FailoverRound.gap): \(runs) runs left, \(forgotten) forgotten, \
            \(repeated) steps ran again, \(lost) attempts lost, work on after \(recovery), all ended \
            \(settled) after; \(violations.count) violations
            """
        }
    }

    /// For how long the standby receives nothing before it takes over.
    private static let gap = Duration.milliseconds(1_500)
    private static let patience = Duration.seconds(120)

    private let fleet: Fleet
    private let load: ChaosLoad

    public init(on fleet: Fleet) {
        self.fleet = fleet
        load = ChaosLoad(fleet: fleet, seed: 1, pace: .milliseconds(150))
    }

    /// Blocks until the round is over and checked.
    public func run() throws -> Report {
        var report = Report()
        try load.apply()
        let submitter = DedicatedThread("submitter") { [load] in load.submit() }
        let back = try failOver()
        report.recovery = try Recovery.time(since: back, over: try fleet.connect())
        Waker().wait(until: .now + .seconds(1))
        load.stop()
        submitter.join()
        try checkRuns(&report)
        report.settled = .now - back
        try checkLedger(&report)
        report.violations += try RunAudit(try fleet.connect()).violations
        return report
    }

    /// Loses what is done within the gap; gives when Postgres is back.
    private func failOver() throws -> MonotonicTime {
        let standby = try fleet.postgres.standby(in: "\(try TestServers.folder())/standby")
        try eventually("some runs are under way", within: PawlProcess.patience) {
            try fleet.ledger.executions().count > 5
        }
        try standby.stopFollowing()
        let accepted = load.accepted.count
        Waker().wait(until: .now + Self.gap)
        try eventually("runs are accepted that will be lost", within: PawlProcess.patience) {
            load.accepted.count > accepted
        }
        try fleet.postgres.failOver(to: standby)
        return .now
    }
}

// MARK: - What must hold

extension FailoverRound {
    private func checkRuns(_ report: inout Report) throws {
        let known = try knownRuns()
        report.runs = known.count
        report.forgotten = load.accepted.keys.count { known[$0] == nil }
        let deadline = MonotonicTime.now + Self.patience
        for (run, kind) in known {
            do {
                let ended = try fleet.api.end(of: run, within: max(.seconds(1), deadline - .now))
                let history = try fleet.api.history(run)
                report.lost += history.events("attempt.lost").count
                report.violations += kind.violations(of: ended, history).map { "run \(run): \($0)" }
            } catch {
                report.violations.append("run \(run): \(error)")
            }
        }
    }

    private func knownRuns() throws -> [String: ChaosWorkflow.Kind] {
        let rows = try fleet.connect().query("select run_id, name from run join workflow using (workflow_id)")
        return try rows.reduce(into: [:]) { known, row in
            known[RunID(try row.uuid(0)).description] = ChaosWorkflow.Kind(rawValue: try row.text(1))
        }
    }

    private func checkLedger(_ report: inout Report) throws {
        let tokens = try fleet.ledger.tokens()
        for (run, kind) in try knownRuns() {
            for path in kind.executed where tokens["\(run)/\(path)"] == nil {
                report.violations.append("\(run)/\(path) never ran")
            }
        }
        for (key, tokens) in tokens where tokens.count > 1 {
            report.repeated += 1
            if zip(tokens, tokens.dropFirst()).contains(where: { $0 >= $1 }) {
                report.violations.append("\(key) ran again, under the tokens \(tokens)")
            }
        }
    }
}
