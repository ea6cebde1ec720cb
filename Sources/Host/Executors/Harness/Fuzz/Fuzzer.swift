import JSON
import JSONSchema
import Linux
import Scheduler

/// Runs an action with inputs drawn from its schema, and looks for ends that no program means.
public struct Fuzzer {
    /// An input, the smallest that was found, and what came of it.
    public struct Finding: Sendable {
        public var input: JSONValue
        /// Such as `Exit` or `InvalidOutput`; one finding is kept of each.
        public var kind: String
        public var message: String

        public var json: JSONValue {
            ["input": input, "kind": .string(kind), "message": .string(message)]
        }
    }

    /// What was tried.
    public struct Result: Sendable {
        public var valid = 0
        /// Those that the schema refused before anything was started.
        public var refused = 0
        public var findings: [Finding] = []
    }

    private let reference: PluginReference
    private let secrets: GivenSecrets
    private let harness: Harness
    private let seed: UInt64

    /// Trials that a finding may cost to be made smaller.
    private static let shrinkTrials = 150
    /// Draws until one fits a schema that is hard to fit.
    private static let patience = 40

    public init(_ reference: PluginReference, seed: UInt64, secrets: GivenSecrets, in harness: Harness) {
        self.reference = reference
        self.seed = seed
        self.secrets = secrets
        self.harness = harness
    }

    /// Tries so many inputs; `each` hears every finding at once.
    public func run(_ runs: Int, _ each: (Finding) -> Void = { _ in }) -> Result {
        var result = Result()
        var sampler = SchemaSampler(schema?.document ?? true, seed: seed)
        for number in 0..<runs {
            var input = valid(&sampler)
            if number % 3 == 2 { input = sampler.mutated(input) }
            if schema?.accepts(input) == false { result.refused += 1 } else { result.valid += 1 }
            guard let first = fault(of: input) else { continue }
            if result.findings.contains(where: { $0.kind == first.kind }) { continue }
            let smallest = Shrinker.smallest(input, trials: Self.shrinkTrials) {
                fault(of: $0)?.kind == first.kind
            }
            let finding = fault(of: smallest) ?? first
            result.findings.append(finding)
            each(finding)
        }
        return result
    }

    private var schema: Schema? { reference.action.manifest.input }

    /// A drawn value that fits, or else the last that was drawn.
    private func valid(_ sampler: inout SchemaSampler) -> JSONValue {
        var value = sampler.value()
        for _ in 0..<Self.patience where schema?.accepts(value) == false { value = sampler.value() }
        return value
    }

    // MARK: - What is a fault

    private func fault(of input: JSONValue) -> Finding? {
        let trial = harness.run(reference, Payload(input), secrets: secrets)
        guard let error = trial.error else { return nil }
        let isExpected = schema?.accepts(input) == false && error.type == ErrorType.invalidInput
        if isExpected || !Self.isFault(error) { return nil }
        return Finding(input: input, kind: error.type, message: error.message)
    }

    /// Ends that no program means: an error that it has not named, output that is none, a crash, no end.
    private static let faults: Set<String> = [
        ErrorType.exit, ErrorType.signal, ErrorType.invalidOutput, ErrorType.timeout, ErrorType.outOfMemory,
        ErrorType.outputLimit, ErrorType.cpuLimit, ErrorType.heartbeatTimeout,
    ]

    private static func isFault(_ error: StepError) -> Bool {
        guard faults.contains(error.type) else { return false }
        // A status of sysexits says what is meant, without a name.
        let status = error.details?["status"]?.integerValue ?? 0
        return error.type != ErrorType.exit || !(64...78).contains(status)
    }
}

extension Fuzzer.Finding {
    /// Saves it as a golden test of the plugin that it was found in, and gives the test's path.
    ///
    /// The test passes when the program takes the input.
    public func save(to reference: PluginReference) throws -> String? {
        let plugins = reference.registry.catalogue.plugins
        guard let plugin = plugins.first(where: { $0.name == reference.call.plugin && $0.version != nil })
        else {
            return nil
        }
        try Files.makeFolders("\(plugin.folder)/tests")
        let name = "fuzz-\(reference.call.action)-\(kind.lowercased())"
        let path = "\(plugin.folder)/tests/\(name).yaml"
        let text = """
            # Found by pawl plugin fuzz: \(kind). It passes when the program takes this input;
            # say `error: { type: … }` if it is to refuse it.
            action: \(reference.call.action)
            input: \(input.serialized())

            """
        try Files.writeAtomically(path, Array(text.utf8))
        return path
    }
}
