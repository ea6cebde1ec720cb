import JSON

/// What a workload measured, as a table or as one JSON object.
struct BenchFigures {
    let workload: String
    var stepsPerSecond: Double?
    var cpuMillisecondsPerStep: Double?
    var p50Milliseconds: Double?
    var p99Milliseconds: Double?
    /// What else it tells, by names with their unit: `resident_mb`.
    var others: [(name: String, value: Double)] = []
    var floor: JSONObject = [:]
    /// Ours against the floor of the same run.
    var ratio: Double?
    var aims: [BenchAim] = []
    /// The same at several sizes, for how the cost grows.
    var sizes: [JSONValue] = []

    init(_ workload: String) { self.workload = workload }

    /// Adds what a figure is to reach; with a floor the bound may be about the ratio to that.
    mutating func aim(
        _ figure: String,
        _ ours: Double,
        _ bound: BenchAim.Bound,
        of basis: BenchAim.Basis = .figure,
        floor: Double? = nil,
        note: String? = nil
    ) {
        aims.append(
            BenchAim(figure: figure, ours: ours, bound: bound, basis: basis, floor: floor, note: note)
        )
    }

    /// Sets each aim beside what the best durable peer did.
    mutating func compare(with peers: BenchPeers) {
        for index in aims.indices {
            aims[index].peer = peers.best(aims[index].figure, of: workload, by: aims[index].bound)
        }
    }

    /// All figures with their names; nil where the workload has none.
    private var figures: [(name: String, value: Double?)] {
        [
            ("steps_per_s", stepsPerSecond), ("cpu_ms_per_step", cpuMillisecondsPerStep),
            ("p50_ms", p50Milliseconds), ("p99_ms", p99Milliseconds),
        ] + others.map { ($0.name, $0.value) }
    }

    /// The documented object; with `before`, an earlier one, it has `compared`: now through then.
    func json(comparedWith before: JSONValue?) -> JSONValue {
        var object = JSONObject([("workload", .string(workload))])
        for (name, value) in figures { object[name] = value.map { .real($0) } ?? .null }
        object["floor"] = .object(floor)
        object["ratio"] = ratio.map { .real($0) } ?? .null
        object["aims"] = .array(aims.map { .object($0.json) })
        object["sizes"] = .array(sizes)
        if let before {
            let changes = figures.compactMap { figure in
                change(of: figure.name, from: before, to: figure.value).map {
                    (figure.name, JSONValue.real($0))
                }
            }
            object["compared"] = .object(JSONObject(changes))
        }
        return .object(object)
    }

    func printTable(comparedWith before: JSONValue?) {
        Output.line(workload)
        for case (let name, let value?) in figures {
            let change = before.flatMap { self.change(of: name, from: $0, to: value) }
            Self.row(name, value.short + (change.map { "  (\($0.short) × before)" } ?? ""))
        }
        for (name, value) in floor { Self.row("floor \(name)", value.doubleValue?.short ?? "-") }
        if let ratio { Self.row("ratio to the floor", ratio.short) }
        for aim in aims { Self.row(aim.verdict, "\(aim.figure) \(aim.bounds)") }
        for size in sizes { Self.row("size", size.serialized()) }
    }

    private static func row(_ name: String, _ text: String) {
        Output.line("  \(name.padded(to: 28)) \(text)")
    }

    private func change(of name: String, from before: JSONValue, to value: Double?) -> Double? {
        guard let value, let earlier = before[name]?.doubleValue, earlier != 0 else { return nil }
        return value / earlier
    }

    /// The median of each member over several measurements of a floor.
    static func medians(_ measurements: [JSONObject]) -> JSONObject {
        var medians = JSONObject()
        for key in measurements.first?.keys ?? [] {
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
