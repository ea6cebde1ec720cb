import JSON
import Linux
import Sandbox
import Scheduler

/// What the program of an attempt is reached by, from any thread.
protocol ProgramHandle: Sendable {
    /// Asks for its end, and sees to it after the grace.
    func cancel(grace: Duration)
    /// Ends it at once.
    func kill()
    /// Says that it is alive.
    func heartbeat()
    func extend(to deadline: MonotonicTime)
    /// Stops it and its clocks until `thaw`; `cancel` kills it meanwhile.
    func freeze()
    func thaw()
}

extension Handle: ProgramHandle {}

/// What is recorded of an attempt's process beside the outcome.
struct ProcessRecord {
    /// `{ "code": 0 }` or `{ "signal": 9 }`; nil where the process lives on or never was.
    var exit: JSONValue?
    var receipt: JSONValue?
    var enforced: [Enforcement] = []
}

/// An attempt from its order to its report.
///
/// What its program says arrives on the sandbox's thread, what the engine asks on any.
final class RunningStep: RunningAttempt, Sendable {
    /// Keeps the files that an attempt leaves; blocks.
    typealias Keeper = @Sendable ([ArtifactFile]) throws(StepError) -> [Artifact]

    private enum Stage: Sendable {
        case preparing
        case running(any ProgramHandle, AttemptPlan)
        case over
    }

    private enum Request: Sendable { case cancel, kill }

    private struct State: Sendable {
        var stage = Stage.preparing
        /// What was asked for before there was a process.
        var request: Request?
        /// Set while the engine wants it to stand still.
        var frozenSince: MonotonicTime?
        var control = ControlRecord()
        var checkpoint: Payload?
        var redactor = Redactor()
        /// Where the files lie that the program may leave.
        var folders: @Sendable () -> [HeldFolder] = { [] }
        var files: [ArtifactFile] = []
        /// Keeps them; blocks.
        var keep: Keeper = { _ in [] }
        /// What is wrong with a file that it wanted to leave.
        var artifactError: StepError?
        var started = MonotonicTime.now
        var deadline = MonotonicTime.distantFuture

        var handle: (any ProgramHandle)? {
            if case .running(let handle, _) = stage { handle } else { nil }
        }
    }

    private let state = Locked(State())
    private let log: @Sendable (LogLine) -> Void
    private let completion: @Sendable (AttemptReport) -> Void

    init(
        log: @escaping @Sendable (LogLine) -> Void,
        completion: @escaping @Sendable (AttemptReport) -> Void
    ) {
        self.log = log
        self.completion = completion
    }

    // MARK: - From the engine

    func cancel() {
        let running = state.withLock { state -> (any ProgramHandle, AttemptPlan)? in
            switch state.stage {
            case .preparing: state.request = state.request ?? .cancel
            case .running(let handle, let plan): return (handle, plan)
            case .over: break
            }
            return nil
        }
        if let (handle, plan) = running { handle.cancel(grace: plan.grace) }
    }

    func kill() {
        let handle = state.withLock { state -> (any ProgramHandle)? in
            switch state.stage {
            case .preparing: state.request = .kill
            case .running(let handle, _): return handle
            case .over: break
            }
            return nil
        }
        handle?.kill()
    }

    func freeze() {
        let handle = state.withLock { state -> (any ProgramHandle)? in
            guard state.frozenSince == nil else { return nil }
            state.frozenSince = .now
            return state.handle
        }
        handle?.freeze()
    }

    func thaw() {
        let handle = state.withLock { state -> (any ProgramHandle)? in
            guard let since = state.frozenSince else { return nil }
            state.frozenSince = nil
            let passed = MonotonicTime.now - max(since, state.started)
            state.started = state.started + passed
            state.deadline = state.deadline + passed
            return state.handle
        }
        handle?.thaw()
    }

    // MARK: - From the executor

    /// Whether the engine wants no process any more.
    var isUnwanted: Bool { state.withLock { $0.request != nil } }

    /// Starts the process; `whenOver` gets its end, on the sandbox's thread.
    func start(
        _ command: Command,
        of plan: AttemptPlan,
        in sandbox: Sandbox,
        whenOver: @escaping @Sendable (Ending) -> Void
    ) {
        let events = Events(
            stderrLine: { [self] in show(LogLineReader.read($0, at: .now)) },
            controlLine: { [self] in hear(ControlMessage.read($0)) }
        )
        clockStarts(plan)
        attach(sandbox.start(command, events: events, completion: whenOver), plan)
    }

    /// The program's time begins.
    func clockStarts(_ plan: AttemptPlan) {
        state.withLock { state in
            state.redactor = plan.redactor
            state.started = .now
            state.deadline = state.started + (plan.timeout ?? AttemptPlan.noTimeout)
        }
    }

    /// Takes what the program is reached by, and passes on what was asked for before.
    func attach(_ handle: any ProgramHandle, _ plan: AttemptPlan) {
        let (request, isFrozen) = state.withLock { state -> (Request?, Bool) in
            guard case .preparing = state.stage else { return (nil, false) }
            state.stage = .running(handle, plan)
            return (state.request, state.frozenSince != nil)
        }
        if isFrozen { handle.freeze() }
        switch request {
        case .cancel: handle.cancel(grace: plan.grace)
        case .kill: handle.kill()
        case nil: break
        }
    }

    /// Reports an attempt that ended before a process was started.
    func end(_ outcome: Scheduler.Outcome, _ program: StepProgram?) {
        state.withLock { $0.stage = .over }
        completion(
            AttemptReport(outcome: outcome, digest: program?.digest, manifest: program?.manifest)
        )
    }

    /// Reads how the attempt's own process ended, and reports it.
    func end(_ ending: Ending, by program: StepProgram) {
        let evidence = Evidence(
            termination: ending.outcome,
            status: ending.exitStatus,
            stdout: ending.stdout,
            stderr: ending.stderrTail
        )
        let record = ProcessRecord(
            exit: ending.exitStatus?.json,
            receipt: ending.receipt.json,
            enforced: ending.enforced
        )
        end(evidence, record, by: program)
    }

    /// Reads the answer of a process that lives on, and reports it.
    func endAnswered(wasCancelled: Bool, _ record: ProcessRecord, by program: StepProgram) {
        let hasFailed = state.withLock { $0.control.error != nil }
        let evidence = Evidence(
            termination: wasCancelled ? .cancelled(forced: false) : .exited(0),
            status: hasFailed ? nil : .code(0)
        )
        end(evidence, record, by: program)
    }

    /// Reads what is known of an attempt, with what its program said, and reports it.
    func end(_ evidence: Evidence, _ record: ProcessRecord, by program: StepProgram) {
        var evidence = evidence
        let (control, checkpoint, redactor) = state.withLock { state in
            state.stage = .over
            return (state.control, state.checkpoint, state.redactor)
        }
        if evidence.control.error == nil { evidence.control = control }
        let isLog = program.contract.capture == .none || control.result != nil || control.deferral != nil
        if isLog { logStdout(evidence.stdout, redactor) }
        if let object = evidence.errorOnStdout { complain(of: object) }
        var outcome = OutcomeReader.outcome(of: evidence, by: program.contract)
        let artifacts = keepFiles(for: &outcome)
        let isDeferred = if case .deferred = outcome { true } else { false }
        var report = AttemptReport(
            outcome: outcome.redacted(by: redactor),
            exit: record.exit,
            receipt: record.receipt,
            enforced: .array(record.enforced.map(\.json)),
            digest: program.digest,
            manifest: program.manifest,
            checkpoint: checkpoint,
            outputSchema: isDeferred ? program.contract.output?.document : nil
        )
        report.artifacts = artifacts
        completion(report)
    }

    /// Keeps the files that the program has left; what cannot be kept makes a success a failure.
    private func keepFiles(for outcome: inout Scheduler.Outcome) -> [Artifact] {
        let (files, wrong, keep) = state.withLock { ($0.files, $0.artifactError, $0.keep) }
        guard !files.isEmpty || wrong != nil else { return [] }
        do throws(StepError) {
            if let wrong { throw wrong }
            return try keep(files)
        } catch {
            switch outcome {
            case .succeeded, .deferred: outcome = .failed(error)
            default: break
            }
            return []
        }
    }

    private func logStdout(_ stdout: [UInt8], _ redactor: Redactor) {
        for line in stdout.split(separator: UInt8(ascii: "\n")) {
            log(redactor.redacted(LogLineReader.read(Array(line), at: .now)))
        }
    }
}

// MARK: - From the program

extension RunningStep {
    func show(_ line: LogLine) {
        log(state.withLock { $0.redactor }.redacted(line))
    }

    /// Does what a message of the program asks for.
    func hear(_ message: ControlMessage) {
        if let handle { handle.heartbeat() }
        switch message {
        case .heartbeat(let checkpoint):
            if let checkpoint { state.withLock { $0.checkpoint = Payload(checkpoint) } }
        case .progress(let progress): show(Self.line(of: progress))
        case .log(let level, let message, let fields):
            show(LogLine(at: .now, level: level, message: message, fields: fields))
        case .result(let output): state.withLock { $0.control.result = output }
        case .error(let error):
            complain(of: error)
            state.withLock { $0.control.error = error }
        case .mask(let value): state.withLock { $0.redactor.hide(Array(value.utf8)) }
        case .extend(let milliseconds): extend(by: .milliseconds(milliseconds))
        case .deferred(let timeout):
            state.withLock { $0.control.deferral = .init(timeoutMilliseconds: timeout) }
        case .artifact(let name, let path, let type): leave(name, path, type)
        case .invalidArtifact(let reason):
            warn(reason)
            state.withLock { $0.artifactError = $0.artifactError ?? .invalidOutput(reason) }
        case .ignored(let reason): reason.map(warn)
        case .unreadable(let reason, let mayDecide):
            warn(reason)
            if mayDecide { state.withLock { $0.control.unreadable = reason } }
        }
    }

    private func warn(_ message: String) { show(LogLine(at: .now, level: .warning, message: message)) }

    /// Says which members of an error object are as if they were left out.
    private func complain(of error: ErrorObject) {
        for complaint in error.complaints {
            warn("the error object: \(complaint); it is taken as left out")
        }
    }

    private var handle: (any ProgramHandle)? { state.withLock { $0.handle } }

    /// Holds a file that the program wants kept; one that cannot be is the attempt's failure.
    private func leave(_ name: String, _ path: String, _ type: String?) {
        let folders = state.withLock { $0.folders }()
        do throws(StepError) {
            let file = try ArtifactFile(name: name, path: path, mediaType: type, in: folders)
            let isTooMany = state.withLock { state in
                state.files.removeAll { $0.name == name }
                state.files.append(file)
                return state.files.count > ArtifactFile.mostFiles
            }
            if isTooMany { throw .invalidOutput("more than \(ArtifactFile.mostFiles) artifacts") }
        } catch {
            state.withLock { $0.artifactError = $0.artifactError ?? error }
        }
    }

    /// Tells in which folders the program may leave files, and what keeps them.
    func work(
        in folders: @escaping @Sendable () -> [HeldFolder],
        keep: @escaping Keeper
    ) {
        state.withLock { state in
            state.folders = folders
            state.keep = keep
        }
    }

    /// Whether there are files to be read before the report, which takes time.
    var hasFiles: Bool { state.withLock { !$0.files.isEmpty || $0.artifactError != nil } }

    /// Moves the deadline, at most to ten times the timeout from the start and to the end of the run's time.
    private func extend(by duration: Duration) {
        let moved = state.withLock { state -> (any ProgramHandle, MonotonicTime)? in
            guard case .running(let handle, let plan) = state.stage, let timeout = plan.timeout else {
                return nil
            }
            let latest = min(
                state.started + timeout * 10,
                plan.order.runDeadline?.monotonic ?? .distantFuture
            )
            state.deadline = max(state.deadline, min(state.deadline + duration, latest))
            return (handle, state.deadline)
        }
        if let (handle, deadline) = moved { handle.extend(to: deadline) }
    }

    /// Progress as a line of the log: `40 %`, `3 of 7 files: unpacking`.
    private static func line(of progress: Progress) -> LogLine {
        var fields = progress.fields
        fields["type"] = nil
        var text = progress.percent.map { "\($0.serialized()) %" } ?? "progress"
        if let done = progress.done, let total = progress.total {
            text = "\(done.serialized()) of \(total.serialized())"
            if let unit = progress.unit { text += " \(unit)" }
        }
        if let message = progress.message { text += ": \(message)" }
        return LogLine(at: .now, level: .debug, message: text, fields: ["progress": .object(fields)])
    }
}

extension Timestamp {
    /// The same instant by the clock that nobody sets, as far as that can be told now.
    fileprivate var monotonic: MonotonicTime { .now + (self - Timestamp.now) }
}

extension Scheduler.Outcome {
    fileprivate func redacted(by redactor: Redactor) -> Scheduler.Outcome {
        switch self {
        case .failed(let error): .failed(redactor.redacted(error))
        case .cancelled(let error): .cancelled(redactor.redacted(error))
        default: self
        }
    }
}
