import JSON
import Linux
import Sandbox
import Scheduler

/// An attempt made ready: everything that can be refused has been.
struct AttemptPlan {
    var order: AttemptOrder
    var program: StepProgram
    /// Of step, manifest, `defaults` and engine.
    var settings: Settings
    var secrets: [(name: String, value: [UInt8])]
    /// The artifacts that its input refers to.
    var artifacts: [(name: String, content: [UInt8])] = []

    /// The largest input, in bytes.
    static let largestInput = 4 << 20
    /// Where a step has no timeout; supervisors need a deadline.
    static let noTimeout = Duration.seconds(10 * 366 * 86_400)

    var timeout: Duration? { settings.timeoutMilliseconds.map { .milliseconds($0) } }
    var grace: Duration { .milliseconds(settings.graceMilliseconds ?? 5_000) }

    /// Checks all that can be checked before a process starts.
    ///
    /// `unenforceable` are the limits that this host does not keep.
    ///
    /// - Throws: `OutputLimit`, `InvalidInput`, `SandboxFailed`, `SecretUnavailable`.
    init(
        _ order: AttemptOrder,
        _ program: StepProgram,
        secrets: any SecretsProvider,
        unenforceable: Set<String>
    ) throws(StepError) {
        var settings = order.settings
        if let manifest = program.manifest { settings = settings.filled(from: manifest) }
        settings = settings.filled(from: order.defaults).filled(from: .engine)
        self.order = order
        self.program = program
        self.settings = settings
        try Self.check(order, program)
        try Self.check(settings, isWarm: program.warm != nil)
        if let missing = settings.require?.first(where: unenforceable.contains) {
            throw .sandboxFailed(
                "the step requires that `\(missing)` is enforced, which this host cannot; see pawl doctor"
            )
        }
        self.secrets = try settings.secrets.map(secrets.secrets) ?? []
    }

    /// The names of the secrets that an attempt is given.
    static func secrets(of order: AttemptOrder, _ program: StepProgram) -> [String] {
        order.settings.secrets ?? program.manifest?.secrets ?? order.defaults.secrets ?? []
    }

    /// What no host keeps of the kind of attempt that this is.
    private static func check(_ settings: Settings, isWarm: Bool) throws(StepError) {
        guard let limits = settings.limits else { return }
        if isWarm, limits.cpuTimeMilliseconds != nil {
            throw .invalidInput(
                "`limits.cpu_time` binds one-shot actions only; a warm action has its `timeout`"
            )
        }
        let isDiskKept = limits.isolation == "strict" && !isWarm
        if limits.diskBytes != nil, !isDiskKept, settings.require?.contains("disk") == true {
            throw .invalidInput(
                "`require: [disk]`: `limits.disk` is kept in one-shot attempts with `isolation: strict` only"
            )
        }
    }

    private static func check(_ order: AttemptOrder, _ program: StepProgram) throws(StepError) {
        if let pinned = order.pinned { try check(program.digest, isOneOf: pinned) }
        let size = order.input.text.utf8.count
        guard size <= largestInput else {
            throw StepError(
                type: ErrorType.outputLimit,
                message: "the input has \(size) bytes, more than the \(largestInput) that a program is given",
                retryable: false
            )
        }
        if let violations = program.input?.violations(of: order.input.value), !violations.isEmpty {
            throw .violations(violations, type: ErrorType.invalidInput, of: "the input")
        }
        if let (name, _) = order.environment.first(where: { $0.value.utf8.contains(0) }) {
            throw .invalidInput("the variable \(name) of `env` holds a NUL character, which no variable can")
        }
    }

    /// A pinned step runs what there was when its run started, or not at all.
    private static func check(_ digest: String?, isOneOf pinned: [String]) throws(StepError) {
        if let digest, pinned.contains(digest) { return }
        let then = pinned.isEmpty ? "there was none then" : "then \(pinned.joined(separator: ", "))"
        throw StepError(
            type: ErrorType.pluginUnavailable,
            message: "the step is pinned, and its executable changed since the run started: its SHA-256 is "
                + "\(digest ?? "unknown"), \(then); put the former one back, or start another run",
            retryable: false
        )
    }

    /// What hides the secrets in everything that is shown.
    var redactor: Redactor {
        var redactor = Redactor()
        for secret in secrets { redactor.hide(secret.value) }
        return redactor
    }

    /// The plugin's name; empty for a script.
    var plugin: String { if case .plugin(let call) = order.call { call.plugin } else { "" } }

    var action: String { if case .plugin(let call) = order.call { call.action } else { "run" } }

    /// Where the secrets lie; nil without any.
    func credentials(in scratch: Scratch) -> String? {
        secrets.isEmpty ? nil : "\(scratch.filesPath)/credentials"
    }

    /// What the program is told, if it starts now.
    func facts(in folders: AttemptFolders) -> AttemptFacts {
        AttemptFacts(
            order: order,
            settings: settings,
            program: program,
            folders: folders,
            deadline: timeout.map { .now + $0 }
        )
    }

    /// Lays down the files of the attempt, and gives the command that runs it.
    func command(in scratch: Scratch) throws(LinuxError) -> Command {
        let folders = AttemptFolders(
            scratch: scratch.path,
            artifacts: scratch.artifactsPath,
            credentials: credentials(in: scratch)
        )
        let facts = facts(in: folders)
        let context = try scratch.lay("context.json", facts.context.bytes())
        try scratch.layFolder(Scratch.artifacts)
        for artifact in artifacts {
            try scratch.lay("\(Scratch.artifacts)/\(artifact.name)", artifact.content)
        }
        for secret in secrets { try scratch.lay("credentials/\(secret.name)", secret.value) }
        var arguments = program.arguments
        if let source = program.source { arguments.append(try scratch.lay("script", Array(source.utf8))) }
        var command = Command(
            arguments,
            environment: facts.environment(context: context),
            in: scratch,
            timeout: timeout ?? Self.noTimeout
        )
        command.stdin = Array(order.input.text.utf8)
        command.readablePaths = program.folder.map { [$0] } ?? []
        command.hasControlChannel = true
        command.limits = ProcessLimits(settings.limits)
        command.grace = grace
        command.heartbeatTimeout = settings.heartbeatMilliseconds.map { .milliseconds($0) }
        return command
    }
}
