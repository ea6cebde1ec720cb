import JSON
import Linux
import Postgres

/// Thousands of small runs while Postgres is restarted again and again; each must come to its exact result.
public struct RestartRound: Sendable {
    public struct Plan: Sendable {
        public var runs: Int
        public var seed: UInt64
        /// Seconds from one restart to the next.
        public var interval = 5.0...40.0
        /// Seconds for which Postgres is away.
        public var downtime = 0.0...2.0

        public init(runs: Int, seed: UInt64) {
            self.runs = runs
            self.seed = seed
        }
    }

    public struct Report: Sendable, CustomStringConvertible {
        public var plan: Plan
        public var exact = 0
        public var restarts = 0
        public var recoveries: [Duration] = []
        public var duration = Duration.zero
        public var violations: [String] = []

        public var description: String {
            """
            \(exact) of \(plan.runs) runs of 3 steps exact in \(duration), Postgres restarted \(restarts) \
            times, work on again after \(recoveries.max() ?? .zero) at most; \(violations.count) violations; \
            seed \(plan.seed)
            """
        }
    }

    private static let submitters = 4
    private static let workflow = """
        name: restarts
        steps:
          - id: a
            with: "${ input.n }"
            run: &add 'read -r n || :; echo $((n + 1))'
            capture: json
          - { id: b, with: "${ steps.a.output }", run: *add, capture: json }
          - { id: c, with: "${ steps.b.output }", run: *add, capture: json }
        output: "${ steps.c.output }"
        """

    private let plan: Plan
    private let installation: Installation
    private let isOver = Locked(false)

    public init(_ plan: Plan, on installation: Installation) {
        self.plan = plan
        self.installation = installation
    }

    /// Blocks until every run has ended and is checked.
    public func run() throws -> Report {
        var report = Report(plan: plan)
        let began = MonotonicTime.now
        try installation.api.apply(Self.workflow)
        let threads = (0..<Self.submitters).map { part in
            DedicatedThread("submitter") { submit(part) }
        }
        try rage(&report)
        for thread in threads { thread.join() }
        report.duration = MonotonicTime.now - began
        try check(&report)
        return report
    }

    private func submit(_ part: Int) {
        for number in stride(from: part, to: plan.runs, by: Self.submitters) {
            let key = [("Idempotency-Key", "restart-\(plan.seed)-\(number)")]
            let body: JSONValue = ["workflow": "restarts", "input": ["n": .integer(Int64(number))]]
            try? eventually("run \(number) is accepted", within: .seconds(120)) {
                let answer = try? installation.api.call("POST", "/v1/runs", body, headers: key)
                return answer?.status == 201
            }
        }
    }

    /// Restarts Postgres until all runs have ended.
    private func rage(_ report: inout Report) throws {
        var random = SeededGenerator(seed: plan.seed)
        let pause = Waker()
        let deadline = MonotonicTime.now + .seconds(900)
        while true {
            let next = MonotonicTime.now + .seconds(Double.random(in: plan.interval, using: &random))
            while MonotonicTime.now < next {
                if try endedRuns() >= plan.runs { return }
                pause.wait(until: .now + .milliseconds(250))
            }
            guard MonotonicTime.now < deadline else {
                throw NeverHappened(description: "all runs end; \(try endedRuns()) have")
            }
            installation.postgres.stop(.fast)
            pause.wait(until: .now + .seconds(Double.random(in: plan.downtime, using: &random)))
            try installation.postgres.start()
            let back = MonotonicTime.now
            report.restarts += 1
            guard try endedRuns() < plan.runs else { return }
            report.recoveries.append(try Recovery.time(since: back, over: try connect()))
        }
    }

    private func endedRuns() throws -> Int {
        Int(try connect().query("select count(*) from run_end")[0].int64(0))
    }

    private func connect() throws -> PostgresConnection {
        try PostgresConnection.open(try installation.postgres.configuration(database: "pawl"))
    }

    private func check(_ report: inout Report) throws {
        let connection = try connect()
        let rows = try connection.query(
            "select r.input, e.status, e.output from run r join run_end e using (run_id)"
        )
        var seen: Set<Int64> = []
        for row in rows {
            let number = try JSONValue.parse(try row.text(0))["n"]?.integerValue ?? -1
            let output = try row.optionalText(2).map { try JSONValue.parse($0).integerValue } ?? nil
            let isExact = try row.text(1) == "succeeded" && output == number + 3
            if isExact && seen.insert(number).inserted { continue }
            report.violations.append("run \(number): \(try row.text(1)), \(output ?? -1)")
        }
        report.exact = seen.count
        report.violations += try RunAudit(connection).violations
    }
}
