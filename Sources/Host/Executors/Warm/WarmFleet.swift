import JSON
import Linux
import Sandbox
import Scheduler

/// The warm processes of one key: performs what their pool decides.
final class WarmFleet: Sendable {
    private struct State: Sendable {
        var pool: WarmPool
        var processes: [Int: WarmProcess] = [:]
        var requests: [Int: WarmRequest] = [:]
    }

    /// What all fleets share.
    struct Surroundings: Sendable {
        let sandbox: Sandbox
        let desk: Desk
        /// Empties folders, which may take long.
        let sweeper: Desk
        let archive: Archive
        let log: @Sendable (LogLine) -> Void
        /// Asks for a tick.
        let remind: @Sendable (MonotonicTime) -> Void
        let takeID: @Sendable () -> Int
    }

    private let state: Locked<State>
    private let rules: WarmRules
    /// An attempt like all others of the fleet, from which the processes are started.
    private let plan: AttemptPlan
    private let around: Surroundings

    /// Frames beyond this, in bytes, are read on the desk.
    private static let large = 16 << 10
    /// Lines of stray output that are shown of one request.
    private static let mostStrays = 100

    init(_ plan: AttemptPlan, _ around: Surroundings) {
        rules = WarmRules(plan.program.warm)
        self.plan = plan
        self.around = around
        let starts = max(1, ThisProcess.processorCount)
        state = Locked(State(pool: WarmPool(rules: rules, startsAtOnce: starts, takeID: around.takeID)))
    }

    /// Changes the pool, and performs what it decides.
    @discardableResult
    private func decide<Result>(_ change: (inout WarmPool, MonotonicTime) -> Result) -> Result {
        let now = MonotonicTime.now
        let (result, decided) = state.withLock { state in
            (change(&state.pool, now), state.pool.takeEffects())
        }
        around.remind(decided.tick)
        for effect in decided.effects { perform(effect) }
        return result
    }

    // MARK: - From the executor

    func submit(_ request: WarmRequest) {
        state.withLock { $0.requests[request.id] = request }
        decide { pool, now in pool.submit(request.id, request.terms, at: now) }
        if request.isUnwanted { cancel(request.id) }
        if request.isStill { freeze(request.id) }
    }

    func cancel(_ request: Int) { decide { $0.cancel(request, at: $1) } }
    func kill(_ request: Int) { decide { $0.kill(request, at: $1) } }
    func freeze(_ request: Int) { decide { $0.freeze(request, at: $1) } }
    func thaw(_ request: Int) { decide { $0.thaw(request, at: $1) } }
    func heartbeat(_ request: Int) { decide { $0.heartbeat(request, at: $1) } }
    func extend(_ request: Int, to deadline: MonotonicTime) {
        decide { pool, _ in pool.extend(request, to: deadline) }
    }

    func tick() { decide { $0.tick(at: $1) } }

    /// Ends all that is idle, now or when it has answered.
    func close() {
        decide { pool, now in
            for process in pool.processes.keys { pool.outgrew(process, at: now) }
        }
    }

    var isEmpty: Bool { state.withLock { $0.pool.isEmpty } }

    // MARK: - Effects

    private func perform(_ effect: WarmPool.Effect) {
        switch effect {
        case .start(let id): around.desk.perform { [self] in start(id) }
        case .send(let process, let request, let lane):
            let (process, request) = state.withLock { ($0.processes[process], $0.requests[request]) }
            guard let process, let request else { return }
            process.forgetStrays()
            request.step.work(in: { process.held(lane) }, keep: around.archive.keeper(of: request.plan.order))
            request.send(to: process, lane: lane)
        case .tellCancel(let process, let request):
            self.process(process)?.conversation.write(WarmFrame.cancel(request))
        case .terminate(let process, let grace): self.process(process)?.act { $0.cancel(grace: grace) }
        case .kill(let process): self.process(process)?.act { $0.kill() }
        case .freeze(let process): self.process(process)?.act { $0.freeze() }
        case .thaw(let process): self.process(process)?.act { $0.thaw() }
        case .shutdown(let process):
            self.process(process)?.conversation.write(WarmFrame.shutdown)
            self.process(process)?.conversation.finish()
        case .guarded(let process, let time):
            let limit = min(time, .now + AttemptPlan.noTimeout)
            self.process(process)?.act { $0.extend(to: limit) }
        case .finish(let request, let process, let end):
            finish(request, WarmEnding(end: end, process: process.flatMap(self.process)))
        }
    }

    private func process(_ id: Int) -> WarmProcess? { state.withLock { $0.processes[id] } }

    private func finish(_ id: Int, _ ending: WarmEnding) {
        guard let request = state.withLock({ $0.requests.removeValue(forKey: id) }) else { return }
        report(request, ending)
    }

    /// Files take time to be kept, in which nobody else may wait.
    private func report(_ request: WarmRequest, _ ending: WarmEnding) {
        if request.step.hasFiles {
            around.archive.perform { request.finish(ending) }
        } else {
            request.finish(ending)
        }
    }

    private func start(_ id: Int) {
        let process: WarmProcess
        do throws(LinuxError) {
            process = try WarmProcess(id: id, plan: plan, rules: rules, in: around.sandbox)
        } catch {
            let termination = Termination.launcherFailed(stage: error.call, errno: error.errno)
            decide { $0.ended(id, ProcessEnd(termination: termination), at: $1) }
            return
        }
        state.withLock { $0.processes[id] = process }
        process.conversation.write(WarmFrame.hello)
        let events = Events(
            stdoutLine: { [self] line in
                process.inOrder(isSmall: line.count <= Self.large, on: around.desk) { [self] in
                    hear(line, of: process)
                }
            },
            stderrLine: { [self] line in show(LogLineReader.read(line, at: .now), of: process) }
        )
        let handle = around.sandbox.start(process.command(plan, rules), events: events) { [self] ending in
            process.inOrder(isSmall: true, on: around.desk) { [self] in ended(process, ending) }
        }
        process.started(handle)
    }

    private func ended(_ process: WarmProcess, _ ending: Ending) {
        let end = ProcessEnd(
            termination: ending.outcome,
            status: ending.exitStatus,
            stderr: ending.stderrTail
        )
        decide { $0.ended(process.id, end, at: $1) }
        state.withLock { $0.processes[process.id] = nil }
        around.sandbox.discard(process.scratch)
    }
}

// MARK: - From the processes

extension WarmFleet {
    private func hear(_ line: [UInt8], of process: WarmProcess) {
        switch WarmFrame.read(line) {
        case .hello(let concurrency):
            decide { [rules] in $0.ready(process.id, concurrency: concurrency ?? rules.concurrency, at: $1) }
        case .refused(let reason): refuse(process, reason)
        case .message(WarmFrame.helloID, .error(let error)):
            refuse(process, "the plugin refused `hello`: \(error.message ?? "without a message")")
        case .message(let id, let message): hear(message, of: id, from: process, bytes: line.count)
        case .stray: stray(line, of: process)
        }
    }

    private func refuse(_ process: WarmProcess, _ reason: String) {
        process.refusal = reason
        process.act { $0.kill() }
    }

    private func hear(_ message: ControlMessage, of id: Int, from process: WarmProcess, bytes: Int) {
        let found = state.withLock { state -> (WarmRequest, isAlone: Bool)? in
            guard let flights = state.pool.processes[process.id]?.flights, flights[id]?.verdict == nil,
                flights[id] != nil, let request = state.requests[id]
            else { return nil }
            return (request, flights.count == 1)
        }
        guard let (request, isAlone) = found else {
            let text = "an answer to request \(id), which the process does not have (any more)"
            return show(LogLine(at: .now, level: .warning, message: text), of: process)
        }
        guard message.isLast else { return request.step.hear(message) }
        answer(
            request,
            message,
            WarmEnding(
                end: .answered(wasCancelled: false),
                process: process,
                answerBytes: bytes,
                isAlone: isAlone
            )
        )
    }

    private func answer(_ request: WarmRequest, _ message: ControlMessage, _ ending: WarmEnding) {
        guard let process = ending.process else { return }
        let end = decide { pool, now in pool.answered(request.id, by: process.id, at: now) }
        guard let end else { return }
        state.withLock { $0.requests[request.id] = nil }
        request.step.hear(message)
        var ending = ending
        ending.end = end
        let isTooLarge = process.measure(at: .now).map { $0 > rules.maxResidentBytes ?? .max } ?? false
        if isTooLarge { decide { $0.outgrew(process.id, at: $1) } }
        vacate(request.lane, of: process)
        report(request, ending)
    }

    private func vacate(_ lane: Int, of process: WarmProcess) {
        if process.isClean(lane) {
            decide { $0.vacated(lane, of: process.id, at: $1) }
        } else {
            around.sweeper.perform { [self] in
                process.clean(lane)
                decide { $0.vacated(lane, of: process.id, at: $1) }
            }
        }
    }

    private func stray(_ line: [UInt8], of process: WarmProcess) {
        let text = String(decoding: line.prefix(1_000), as: UTF8.self)
        switch process.countStray() {
        case ...Self.mostStrays: show(LogLine(at: .now, message: "stray output: \(text)"), of: process)
        case Self.mostStrays + 1:
            let message = "stray output beyond \(Self.mostStrays) lines is dropped, until the next request"
            show(LogLine(at: .now, level: .warning, message: message), of: process)
        default: break
        }
    }

    /// Shows a line as one of the only request in flight, else of the process.
    private func show(_ line: LogLine, of process: WarmProcess) {
        let request = state.withLock { state -> WarmRequest? in
            let flights = state.pool.processes[process.id]?.flights ?? [:]
            return flights.count == 1 ? flights.first.flatMap { state.requests[$0.key] } : nil
        }
        if let request { request.step.show(line) } else { around.log(plan.redactor.redacted(line)) }
    }
}
