import JSON
import Linux
import Sandbox
import Scheduler

/// Runs attempts of plugins and inline scripts by plugin-protocol 1: a process each, or one after another by
/// warm processes.
public final class PluginExecutor: StepExecutor {
    public let registry: PluginRegistry
    private let sandbox: Sandbox
    private let secrets: any SecretsProvider
    private let desk = Desk()
    private let warm: WarmKeeper
    private let isWarmAllowed: Bool
    private let archive: Archive
    /// The thread that asks for secrets that are not at hand.
    private let vault = Desk("secrets")
    /// The limits that this host does not keep.
    public let unenforceable: Set<String>

    /// Documents beyond this, in bytes, are checked on a thread of their own, so that nobody waits for them.
    private static let large = 16 << 10

    /// - Parameters:
    ///   - sandbox: Where programs run.
    ///   - registry: The plugins there are.
    ///   - secrets: Where the secrets of steps come from.
    ///   - artifacts: Where files are kept that steps leave; nil where they are not.
    ///   - isWarmAllowed: Whether a program in warm mode is kept; else each attempt has a process.
    ///   - log: Hears what a warm process says outside of any attempt, with the plugin's name.
    public init(
        sandbox: Sandbox,
        registry: PluginRegistry,
        secrets: any SecretsProvider,
        artifacts: (any ArtifactStore)? = nil,
        isWarmAllowed: Bool = true,
        log: @escaping @Sendable (String, LogLine) -> Void = { _, _ in }
    ) {
        archive = Archive(artifacts)
        warm = WarmKeeper(sandbox: sandbox, desk: desk, archive: archive, log: log)
        self.sandbox = sandbox
        self.registry = registry
        self.secrets = secrets
        self.isWarmAllowed = isWarmAllowed
        unenforceable = Set(sandbox.capabilities.filter { $0.mechanism == nil }.map(\.limit))
    }

    /// Ends the warm processes, each when it has answered what it has.
    public func close() { warm.close() }

    public func start(
        _ order: AttemptOrder,
        log: @escaping @Sendable (LogLine) -> Void,
        completion: @escaping @Sendable (AttemptReport) -> Void
    ) -> any RunningAttempt {
        let step = RunningStep(log: log, completion: completion)
        if archive.mayConcern(order.input) {
            archive.perform { [self] in launch(order, step) }
        } else if order.input.text.utf8.count > Self.large {
            desk.perform { [self] in launch(order, step) }
        } else {
            launch(order, step)
        }
        return step
    }

    private func launch(_ order: AttemptOrder, _ step: RunningStep) {
        var found: StepProgram?
        do throws(StepError) {
            let program = try program(of: order)
            found = program
            if AttemptPlan.secrets(of: order, program).allSatisfy(secrets.isAtHand) {
                try launch(order, program, step)
            } else {
                vault.perform { [self] in
                    do throws(StepError) {
                        try launch(order, program, step)
                    } catch {
                        step.end(.failed(error), program)
                    }
                }
            }
        } catch {
            desk.perform { [found] in step.end(.failed(error), found) }
        }
    }

    private func launch(
        _ order: AttemptOrder,
        _ program: StepProgram,
        _ step: RunningStep
    ) throws(StepError) {
        var plan = try AttemptPlan(order, program, secrets: secrets, unenforceable: unenforceable)
        if archive.mayConcern(order.input) { plan.artifacts = try archive.fetch(for: order) }
        try launch(plan, step)
    }

    private func program(of order: AttemptOrder) throws(StepError) -> StepProgram {
        switch order.call {
        case .plugin(let call):
            let action = try registry.action(
                call.action,
                of: call.plugin,
                version: call.version,
                mustBeFresh: order.pinned != nil
            )
            return isWarmAllowed ? action.program : action.program.oneShot(action: action.name)
        case .script(let script): return StepProgram(script)
        }
    }

    private func launch(_ plan: AttemptPlan, _ step: RunningStep) throws(StepError) {
        let program = plan.program
        guard !step.isUnwanted else {
            desk.perform { step.end(.cancelled(.cancelledBeforeStart), program) }
            return
        }
        if program.warm != nil { return warm.start(plan, step) }
        let command: Command
        do {
            let scratch = try sandbox.makeScratch()
            do {
                command = try plan.command(in: scratch)
            } catch {
                sandbox.discard(scratch)
                throw error
            }
        } catch {
            throw .sandboxFailed("the files of the attempt could not be laid down: \(error)")
        }
        let scratch = command.scratch
        let folders = [scratch.path, scratch.artifactsPath]
        step.work(
            in: { scratch.ownFolders + folders.compactMap { try? HeldFolder($0) } },
            keep: archive.keeper(of: plan.order)
        )
        step.start(command, of: plan, in: sandbox) { [desk, archive] ending in
            if step.hasFiles {
                archive.perform { step.end(ending, by: program) }
            } else if ending.stdout.count > Self.large {
                desk.perform { step.end(ending, by: program) }
            } else {
                step.end(ending, by: program)
            }
        }
    }
}

/// The thread for what would keep others waiting.
final class Desk: Sendable {
    private let work = BlockingQueue<@Sendable () -> Void>()

    /// Deep documents are checked here, in builds whose frames are large.
    private static let stackBytes = 8 << 20

    init(_ name: String = "executor") {
        DedicatedThread(name, stackBytes: Self.stackBytes) { [work] in
            while let task = work.pop() { task() }
        }
    }

    deinit { work.close() }

    func perform(_ task: @escaping @Sendable () -> Void) { work.push(task) }
}
