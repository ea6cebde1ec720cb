import JSON
import JSONSchema
import Scheduler

/// A program as a step runs it: what a plugin's action and an inline script have in common.
struct StepProgram: Sendable {
    /// For a script, to be completed with the path of its file.
    var arguments: [String]
    /// The plugin's own folder; nil for a script.
    var folder: String?
    /// The text of a script.
    var source: String?
    /// The variables that are the same for every attempt, `NAME=value`.
    var environment: [String]
    /// What the manifest's `env` says; a step's own `env` goes before it.
    var variables: [String: String]
    /// How its processes are kept, if they serve one attempt after another.
    var warm: Manifest.WarmRules?
    var input: Schema?
    var contract: OutcomeContract
    var manifest: Settings?
    var digest: String?

    /// Where programs are looked up that are named without a slash.
    static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// The variables of every program, an action's name included.
    static func environment(action: String, folder: String?) -> [String] {
        let common = ["PAWL_PROTOCOL=1", "PAWL_CONTROL_FD=3", "PAWL_ACTION=\(action)"]
        return common + (folder.map { ["PAWL_PLUGIN_DIR=\($0)"] } ?? [])
    }

    /// The variables of every warm process.
    static func warmEnvironment(folder: String) -> [String] {
        ["PAWL_PROTOCOL=1", "PAWL_MODE=warm", "PAWL_PLUGIN_DIR=\(folder)"]
    }

    init(
        arguments: [String],
        folder: String,
        environment: [String],
        variables: [String: String] = [:],
        warm: Manifest.WarmRules? = nil,
        input: Schema? = nil,
        contract: OutcomeContract,
        manifest: Settings? = nil,
        digest: String? = nil
    ) {
        self.arguments = arguments
        self.folder = folder
        self.environment = environment
        self.variables = variables
        self.warm = warm
        self.input = input
        self.contract = contract
        self.manifest = manifest
        self.digest = digest
    }

    /// The same program with a process for each attempt.
    func oneShot(action: String) -> StepProgram {
        guard warm != nil else { return self }
        var program = self
        program.warm = nil
        program.environment = Self.environment(action: action, folder: folder)
        return program
    }

    init(_ script: Script) {
        arguments = script.shell
        source = script.source
        environment = Self.scriptEnvironment
        variables = [:]
        contract = OutcomeContract(capture: OutcomeContract.Capture(script.capture))
    }

    private static let scriptEnvironment = environment(action: "run", folder: nil)
}

extension JSONValue {
    /// As the value of a variable: text as it is, anything else as JSON.
    var variableText: String { stringValue ?? serialized() }
}
