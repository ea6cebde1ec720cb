import JSON
import Linux

/// What other engines did on this machine, as `bench/peers` prints it: a JSON object a line.
///
/// Each has `peer`, `durable`, `workload` and figures by the names that ours have.
struct BenchPeers {
    struct Figure {
        var peer: String
        var value: Double
    }

    private let lines: [JSONValue]

    init(_ file: String?) throws(CommandFailure) {
        guard let file else {
            lines = []
            return
        }
        lines = try BenchFile.objects(file, from: "bench/peers/bench")
    }

    /// As which `bench/peers` has measured this engine: no peer of itself.
    private static let ourselves = "pawl"

    /// The best durable peer in a figure of a workload; nil where none has it.
    func best(_ figure: String, of workload: String, by bound: BenchAim.Bound) -> Figure? {
        let figures = lines.compactMap { line -> Figure? in
            guard line["workload"]?.stringValue == workload, line["durable"]?.boolValue == true,
                let name = line["peer"]?.stringValue, name != Self.ourselves,
                let value = line[figure]?.doubleValue
            else { return nil }
            return Figure(peer: name, value: value)
        }
        return switch bound {
        case .atLeast: figures.max { $0.value < $1.value }
        case .atMost: figures.min { $0.value < $1.value }
        }
    }
}

/// Files of JSON objects, a line each.
enum BenchFile {
    /// `source` is the command that prints such a file.
    static func objects(_ path: String, from source: String) throws(CommandFailure) -> [JSONValue] {
        do {
            return try Files.read(path).split(separator: UInt8(ascii: "\n")).map {
                try JSONValue.parse(Array($0))
            }
        } catch {
            throw CommandFailure(
                .usage,
                "\(path) cannot be compared with: \(error)",
                hint: "it should hold what `\(source)` has printed"
            )
        }
    }
}
