import JSON
import Linux
import Sandbox
import Scheduler

/// Measures what an action takes, as one-shot and, if its manifest says so, as warm program.
public struct PluginBench {
    /// Sorted times of one mode, in milliseconds.
    public struct Series: Sendable {
        public var mode: String
        /// From the order until the program runs.
        public var start: [Double] = []
        /// From then to its end.
        public var run: [Double] = []
        /// From the order to the end.
        public var wall: [Double] = []
        public var peakBytes: Int64 = 0
        /// What went wrong first; then the times are those of failures.
        public var error: StepError?

        public static func quantile(_ share: Double, of sorted: [Double]) -> Double {
            sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
        }

        public var json: JSONValue {
            [
                "mode": .string(mode), "runs": .integer(Int64(wall.count)), "start_ms": Self.json(start),
                "run_ms": Self.json(run), "wall_ms": Self.json(wall),
                "peak_memory_bytes": .integer(peakBytes),
                "error": error.map { .string("\($0.type): \($0.message)") } ?? .null,
            ]
        }

        private static func json(_ sorted: [Double]) -> JSONValue {
            let shares = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)]
            return .object(JSONObject(shares.map { ($0.0, .real(quantile($0.1, of: sorted))) }))
        }
    }

    /// Runs the action so many times in each mode, one after another, after one that is not counted.
    public static func run(
        _ reference: PluginReference,
        _ input: JSONValue,
        runs: Int,
        secrets: GivenSecrets,
        in harness: Harness
    ) -> [Series] {
        let order = Harness.order(reference, Payload(input), secrets: secrets, Harness.Wishes())
        let modes: [Manifest.Mode] = reference.action.manifest.mode == .warm ? [.oneshot, .warm] : [.oneshot]
        return modes.map { mode in
            let executor = PluginExecutor(
                sandbox: harness.sandbox,
                registry: reference.registry,
                secrets: secrets,
                isWarmAllowed: mode == .warm
            )
            defer { executor.close() }
            var series = Series(mode: mode.rawValue)
            for number in 0...runs {
                let end = BlockingQueue<AttemptReport>()
                _ = executor.start(order, log: { _ in }, completion: { end.push($0) })
                guard let report = end.pop() else { preconditionFailure("nobody closes the queue") }
                if number > 0 || runs == 0 { series.add(Trial(report: report, logs: [])) }
            }
            series.sort()
            return series
        }
    }
}

extension PluginBench.Series {
    fileprivate mutating func add(_ trial: Trial) {
        let receipt = trial.report.receipt
        start.append(receipt?["spawn_ms"]?.doubleValue ?? 0)
        run.append(receipt?["run_ms"]?.doubleValue ?? 0)
        wall.append(receipt?["wall_ms"]?.doubleValue ?? 0)
        peakBytes = max(peakBytes, receipt?["peak_memory_bytes"]?.integerValue ?? 0)
        error = error ?? trial.error
    }

    fileprivate mutating func sort() {
        start.sort()
        run.sort()
        wall.sort()
    }
}
