import Scheduler

/// Metrics in Prometheus' text format, version 0.0.4.
///
/// Source: prometheus.io, "Exposition formats" and "Metric and label naming".
struct PrometheusText {
    enum Kind: String { case counter, gauge, histogram }

    private(set) var lines: [String] = []

    /// Starts a family; samples follow.
    mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        lines.append("# HELP \(name) \(help)")
        lines.append("# TYPE \(name) \(kind.rawValue)")
    }

    mutating func sample(_ name: String, _ labels: [(String, String)], _ value: Double) {
        lines.append("\(name)\(Self.text(labels)) \(Self.text(value))")
    }

    /// A family with one sample.
    mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        family(name, kind, help)
        sample(name, [], value)
    }

    mutating func histogram(_ name: String, _ help: String, _ histogram: Histogram) {
        family(name, .histogram, help)
        let snapshot = histogram.snapshot
        let bounds = histogram.bounds.map(Self.text) + ["+Inf"]
        for (bound, count) in zip(bounds, snapshot.cumulative) {
            sample(name + "_bucket", [("le", bound)], Double(count))
        }
        sample(name + "_sum", [], snapshot.sum)
        sample(name + "_count", [], Double(snapshot.count))
    }

    var text: String { lines.joined(separator: "\n") + "\n" }

    private static func text(_ labels: [(String, String)]) -> String {
        guard !labels.isEmpty else { return "" }
        let pairs = labels.map { name, value in
            let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                .replacing("\n", with: "\\n")
            return "\(name)=\"\(escaped)\""
        }
        return "{\(pairs.joined(separator: ","))}"
    }

    /// Whole numbers without a fraction.
    private static func text(_ value: Double) -> String {
        value.rounded() == value && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }
}
