import JSON
import YAML

extension Limits {
    /// The names of all limits, as `limits` and `require` have them.
    public static let names = LimitsReader.keys
}

/// Reads `limits:` and `require:`.
enum LimitsReader {
    static let keys = [
        "memory", "cpu_time", "cpus", "processes", "open_files", "file_size", "disk", "output", "network",
        "isolation",
    ]
    /// The most that a program may give as its output.
    static let outputLimitBytes: Int64 = 64 << 20

    static func limits(_ value: SourceValue) -> Limits? {
        guard let fields = value.fields("`limits`", known: keys) else { return nil }
        var limits = Limits()
        limits.memoryBytes = fields["memory"]?.size()
        limits.cpuTimeMilliseconds = fields["cpu_time"]?.duration()
        limits.cpus = fields["cpus"]?.number(in: 0.01...)
        limits.processes = fields["processes"]?.integer(in: 1...Int(Int32.max))
        limits.openFiles = fields["open_files"]?.integer(in: 3...Int(Int32.max))
        limits.fileSizeBytes = fields["file_size"]?.size()
        limits.diskBytes = fields["disk"]?.size()
        limits.outputBytes = fields["output"]?.size()
        limits.network = fields["network"]?.choice(of: ["host", "none"])
        limits.isolation = fields["isolation"]?.choice(of: ["standard", "strict"])
        if let output = limits.outputBytes, output > outputLimitBytes {
            fields["output"]?.error(
                "`output` is more than the \(SizeText.text(outputLimitBytes)) that are possible"
            )
        }
        return limits
    }

    static func require(_ value: SourceValue) -> [String]? {
        guard let elements = value.elements("a list of limits, such as [memory]") else { return nil }
        return elements.compactMap { $0.choice(of: keys) }
    }
}
