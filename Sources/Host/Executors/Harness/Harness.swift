import JSON
import Linux
import Sandbox
import Scheduler

/// Runs actions of plugins at a prompt, without server and database, on the worker's own code path.
public final class Harness: Sendable {
    let sandbox: Sandbox

    /// What a person says about an attempt.
    public struct Wishes: Sendable {
        public var attempt = 1
        public var timeoutMilliseconds: Int64?
        public var limits: Scheduler.Limits?
        public var environment: [String: String] = [:]
        public var idempotencyKey = "local/key"
        public var checkpoint: JSONValue?

        public init() {}
    }

    /// - Throws: `SandboxError` if nothing can be started here.
    public init(scratch: String) throws {
        sandbox = try Sandbox(folder: scratch)
    }

    public func close() { sandbox.close() }

    /// Runs one attempt and waits for its end; `log` hears each line as it comes.
    public func run(
        _ reference: PluginReference,
        _ input: Payload,
        secrets: GivenSecrets,
        _ wishes: Wishes = Wishes(),
        log: @escaping @Sendable (LogLine) -> Void = { _ in }
    ) -> Trial {
        let executor = PluginExecutor(sandbox: sandbox, registry: reference.registry, secrets: secrets)
        let lines = Locked<[LogLine]>([])
        let end = BlockingQueue<AttemptReport>()
        _ = executor.start(
            Self.order(reference, input, secrets: secrets, wishes),
            log: { line in
                lines.withLock { $0.append(line) }
                log(line)
            },
            completion: { end.push($0) }
        )
        guard let report = end.pop() else { preconditionFailure("nobody closes the queue") }
        executor.close()
        return Trial(report: report, logs: lines.withLock { $0 })
    }

    /// The order that an engine would give.
    static func order(
        _ reference: PluginReference,
        _ input: Payload,
        secrets: GivenSecrets,
        _ wishes: Wishes
    ) -> AttemptOrder {
        let call = reference.call
        var settings = Settings()
        settings.secrets = secrets.list(beside: reference.action.manifest.settings.secrets)
        settings.timeoutMilliseconds = wishes.timeoutMilliseconds
        settings.limits = wishes.limits
        if !wishes.environment.isEmpty {
            settings.env = wishes.environment.mapValues { .string($0) }
        }
        let now = Timestamp.now
        return AttemptOrder(
            run: RunID(milliseconds: now.microseconds / 1_000, random: (UInt64.random(in: 0 ... .max), 0)),
            workflow: "local",
            workflowVersion: 1,
            step: 1,
            path: call.action,
            call: .plugin(call),
            input: input,
            attempt: wishes.attempt,
            token: Int64(wishes.attempt),
            idempotencyKey: wishes.idempotencyKey,
            settings: settings,
            environment: wishes.environment,
            checkpoint: wishes.checkpoint.map(Payload.init),
            startedAt: now
        )
    }
}

/// Secrets given by hand, before those of the worker.
public struct GivenSecrets: SecretsProvider {
    private let given: [String: [UInt8]]
    private let others: WorkerSecrets

    public init(_ given: [String: [UInt8]], folder: String?, command: SecretsCommand? = nil) {
        self.given = given
        others = WorkerSecrets(folder: folder, command: command)
    }

    /// The `secrets` of a step that wants what was given beside those of the manifest; nil if nothing was.
    func list(beside declared: [String]?) -> [String]? {
        let declared = declared ?? []
        let others = given.keys.filter { !declared.contains($0) }.sorted()
        return others.isEmpty ? nil : declared + others
    }

    public var places: String { "what was given, \(others.places)" }

    public func isAtHand(_ name: String) -> Bool { given[name] != nil || others.isAtHand(name) }

    public func secret(named name: String) throws(StepError) -> [UInt8]? {
        if let value = given[name] { return value }
        return try others.secret(named: name)
    }
}
