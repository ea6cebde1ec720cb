import JSON
import Linux

/// What a workload measured, as a table or as one JSON object.
struct BenchFigures {
    let workload: String
    let unit: String
    var stepsPerSecond: Double?
    var cpuMillisecondsPerStep: Double?
    var p50Milliseconds: Double?
    var p99Milliseconds: Double?
    var floor: JSONObject = [:]
    /// Ours against the floor of the same run.
    var ratio = 0.0
    var target = ""
    var isMet = false
    var sizes: [JSONValue] = []

    init(workload: String, unit: String) {
        self.workload = workload
        self.unit = unit
    }

    var json: JSONValue {
        var object = JSONObject([("workload", .string(workload))])
        object["steps_per_s"] = stepsPerSecond.map { .real($0) }
        object["cpu_ms_per_step"] = cpuMillisecondsPerStep.map { .real($0) }
        object["p50_ms"] = p50Milliseconds.map { .real($0) }
        object["p99_ms"] = p99Milliseconds.map { .real($0) }
        object["floor"] = .object(floor)
        object["ratio"] = .real(ratio)
        object["target"] = .string(target)
        object["met"] = .bool(isMet)
        object["sizes"] = .array(sizes)
        return .object(object)
    }

    func printTable() {
        let rows: [(String, Double?)] = [
            ("steps a second", stepsPerSecond), ("CPU ms a step", cpuMillisecondsPerStep),
            ("p50 ms", p50Milliseconds), ("p99 ms", p99Milliseconds),
        ]
        Output.line(workload)
        for case (let name, let value?) in rows { Output.line("  \(name.padded(to: 24)) \(value.short)") }
        for (name, value) in floor {
            Output.line("  floor \(name.padded(to: 18)) \(value.doubleValue?.short ?? "-")")
        }
        let verdict = "\(target): \(isMet ? "met" : "not met")"
        Output.line("  \("ratio to the floor".padded(to: 24)) \(ratio.short)  (\(verdict))")
        for size in sizes { Output.line("  size \(size.serialized())") }
    }

    /// The median of each member over several measurements of a floor.
    static func medians(_ measurements: [JSONValue]) -> JSONObject {
        var medians = JSONObject()
        for key in measurements.first?.objectValue?.keys ?? [] {
            medians[key] = .real(measurements.compactMap { $0[key]?.doubleValue }.median)
        }
        return medians
    }
}

extension [Double] {
    var median: Double { percentile(50) }

    /// By the nearest rank; 0 of nothing.
    func percentile(_ percent: Int) -> Double {
        guard !isEmpty else { return 0 }
        return sorted()[Swift.min(count - 1, (count * percent + 99) / 100 - (percent > 0 ? 1 : 0))]
    }
}

extension Double {
    /// Three decimals at the most.
    fileprivate var short: String { ((self * 1_000).rounded() / 1_000).description }
}

/// A bar on a terminal that says how far a measurement is; nothing elsewhere.
enum BenchProgress {
    static func show(_ workload: String, _ round: Int, of rounds: Int) {
        guard StandardStream.error.isTerminal else { return }
        let bar = String(repeating: "█", count: round) + String(repeating: "░", count: rounds - round)
        StandardStream.error.write("\r\(workload) \(bar) \(round)/\(rounds)")
    }

    static func clear() {
        guard StandardStream.error.isTerminal else { return }
        StandardStream.error.write("\r\u{1B}[K")
    }
}
