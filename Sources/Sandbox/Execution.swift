import Linux

/// A command that was handed in.
struct Job: Sendable {
    let id: UInt64
    let command: Command
    let events: Events
    let submitted: MonotonicTime
    let completion: @Sendable (Ending) -> Void
}

/// Why we end a command before it ends itself.
enum Cause: Hashable, Sendable {
    case cancelled, heartbeat, output, watchdog
}

/// A command that runs in a slot; lives on the reactor's thread.
final class Execution {
    let job: Job
    let slot: Slot
    private(set) var channels: [Channel] = []
    private(set) var cause: Cause?
    /// For epoll, of the pipe to a command with a conversation.
    private(set) var inputToken: UInt64 = 0
    private let output: Output
    private var watchdog: MonotonicTime
    private var heartbeatDue: MonotonicTime
    private var watchDue = MonotonicTime.distantFuture
    /// Set while its clocks stand still.
    private var frozenSince: MonotonicTime?

    /// The time past deadline and grace after which a silent supervisor is killed.
    private static let patience = Duration.seconds(5)
    /// How old a command is when its pipes begin to be watched.
    ///
    /// What a shorter one wrote is read once, at its end: that saves a wake-up and six calls a command. It
    /// has to fit into the pipes, or wait so long.
    private static let watchDelay = Duration.milliseconds(10)

    init(_ job: Job, in slot: Slot) {
        self.job = job
        self.slot = slot
        output = Output(job)
        watchdog = .distantFuture
        heartbeatDue = job.command.heartbeatTimeout.map { .now + $0 } ?? .distantFuture
    }

    /// Makes the pipes, hands their far ends to the supervisor, and tells it to run the command.
    ///
    /// The channels' tokens are `firstToken` and the even numbers that follow.
    ///
    /// - Throws: `E2BIG` if arguments and environment are too large or hold a NUL, `EPIPE` if the supervisor
    ///   is gone, `EMFILE` if we have no descriptor left.
    func launch(_ limits: [ResourceLimit], firstToken: UInt64, inbox: Inbox) throws(LinuxError) {
        let deadline = MonotonicTime.now + job.command.timeout
        guard let message = LauncherRequest.run(job.command, limits: limits, deadline: deadline) else {
            throw LinuxError("execve", job.command.arguments.first ?? "", errno: 7)
        }
        if job.command.limits.isolation == .strict { try handOver(job.command) }
        inputToken = firstToken + 6
        let input = try makeInput(inbox)
        for (offset, receiver) in output.receivers.enumerated() {
            channels.append(try Channel(token: firstToken + 2 * UInt64(offset), receive: receiver))
        }
        try slot.send(message, descriptors: [input.number] + channels.map(\.farNumber))
        CrashPoint.pass("sandbox.after-start")
        setDeadline(deadline)
        watchDue = .now + Self.watchDelay
    }

    private func makeInput(_ inbox: Inbox) throws(LinuxError) -> Descriptor {
        guard let conversation = job.command.conversation else {
            return try StandardInput.make(job.command.stdin)
        }
        return try conversation.open(supervisor: slot.supervisorID) { [id = job.id] in
            inbox.post(.flush(id))
        }
    }

    /// Gives what a strict command finds of the host's to the user that it runs as.
    private func handOver(_ command: Command) throws(LinuxError) {
        guard ThisProcess.isRoot, command.keepsScratch || !command.scratch.files.isEmpty else { return }
        try command.scratch.handOver(to: slot.user)
    }

    /// The next instant at which `act` has something to do.
    var due: MonotonicTime { frozenSince == nil ? min(watchdog, heartbeatDue, watchDue) : watchDue }

    /// Does what is due: has `watch` watch the pipes, ends a command without heartbeat, kills a supervisor
    /// that should have spoken.
    func act(at now: MonotonicTime, watch: (Channel) throws(LinuxError) -> Void) {
        if now >= watchDue { beginWatching(at: now, watch) }
        guard frozenSince == nil else { return }
        if now >= watchdog {
            cause = cause ?? .watchdog
            watchdog = .distantFuture
            slot.kill()
        } else if now >= heartbeatDue {
            terminate(.heartbeat, grace: job.command.grace)
        }
    }

    /// What cannot be watched now, for want of memory, is tried again.
    private func beginWatching(at now: MonotonicTime, _ watch: (Channel) throws(LinuxError) -> Void) {
        watchDue = .distantFuture
        for channel in channels where !channel.isWatched {
            do {
                try watch(channel)
                channel.isWatched = true
            } catch {
                watchDue = now + Self.watchDelay
            }
        }
    }

    func heartbeat() {
        guard let timeout = job.command.heartbeatTimeout, cause == nil else { return }
        heartbeatDue = .now + timeout
    }

    func extend(to deadline: MonotonicTime) {
        guard cause == nil else { return }
        setDeadline(deadline)
        send(LauncherRequest.deadline(deadline))
    }

    func freeze() {
        guard cause == nil, frozenSince == nil else { return }
        frozenSince = .now
        send(LauncherRequest.freeze)
    }

    func thaw() {
        guard frozenSince != nil else { return }
        resumeClocks()
        send(LauncherRequest.thaw)
    }

    private func resumeClocks() {
        guard let since = frozenSince else { return }
        frozenSince = nil
        let passed = MonotonicTime.now - since
        watchdog = watchdog + passed
        heartbeatDue = heartbeatDue + passed
    }

    func terminate(_ cause: Cause, grace: Duration) {
        guard self.cause == nil else { return }
        stop(cause, grace: grace)
        send(LauncherRequest.terminate(grace: grace))
    }

    /// Kills the tree, also if it has been asked to end before.
    func kill(_ cause: Cause) {
        stop(self.cause ?? cause, grace: .zero)
        send(LauncherRequest.kill)
    }

    /// Reads what a channel has; false when it has ended.
    func read(_ channel: Channel, _ buffer: inout [UInt8]) -> Bool {
        let goesOn = channel.drain(&buffer, limit: 1 << 20, after: foregoing(channel))
        if output.overflowed && cause == nil { kill(.output) }
        return goesOn
    }

    /// The ending, once the tree is empty.
    func ending(_ end: StepEnd, enforced: [Enforcement], _ buffer: inout [UInt8]) -> Ending {
        readRest(&buffer)
        let facts = Outcome.Facts(
            cause: cause,
            overflowed: output.overflowed,
            outOfMemory: slot.ranOutOfMemory(),
            cpuTime: job.command.limits.cpuTime
        )
        var ending = Ending(Outcome(end, facts))
        ending.status = end.status
        output.fill(&ending)
        ending.enforced = enforced
        ending.receipt.add(end, submitted: job.submitted)
        return count(&ending)
    }

    /// The ending when the supervisor was lost and its namespace is empty.
    func endingWithoutReport(_ buffer: inout [UInt8]) -> Ending {
        readRest(&buffer)
        var ending = Ending(Outcome(lost: cause, outOfMemory: slot.ranOutOfMemory()))
        output.fill(&ending)
        return count(&ending)
    }

    /// What a program says by another channel before it writes to this one must be known with that: what to
    /// mask before the lines, and in a conversation the lines before the answer.
    private func foregoing(_ channel: Channel) -> Channel? {
        if channel === channels[0], job.command.conversation != nil { return channels[1] }
        return channel === control ? nil : control
    }

    /// The one behind stdout and stderr, if the command has it.
    private var control: Channel? { channels.count > 2 ? channels[2] : nil }

    /// The processes are gone, so what the pipes hold is all there will be; the control channel goes first.
    private func readRest(_ buffer: inout [UInt8]) {
        let limit = MonotonicTime.now + .milliseconds(250)
        for channel in channels.reversed() {
            while channel.drain(&buffer, limit: 1 << 20), channel.mayHoldMore, .now < limit {}
        }
        output.finish()
    }

    private func count(_ ending: inout Ending) -> Ending {
        ending.receipt.stdinBytes = job.command.stdin.count
        ending.receipt.stdoutBytes = channels[0].byteCount
        ending.receipt.stderrBytes = channels[1].byteCount
        return ending
    }

    private func setDeadline(_ deadline: MonotonicTime) {
        watchdog = deadline + job.command.grace + Self.patience
    }

    private func stop(_ cause: Cause, grace: Duration) {
        self.cause = cause
        resumeClocks()
        heartbeatDue = .distantFuture
        watchdog = min(watchdog, .now + grace + Self.patience)
    }

    /// A supervisor that is gone is noticed by its closed socket.
    private func send(_ message: [UInt8]) { try? slot.send(message) }
}

/// What a command has written so far.
private final class Output {
    private let events: Events
    private let hasControlChannel: Bool
    private let longestLine: Int?
    private var stdout: Capture
    private var stdoutLines: LineSplitter
    private var hasLongLine = false
    private var stderr = Tail(limit: 64 << 10)
    private var stderrLines = LineSplitter(limit: 64 << 10)
    private var controlLines = LineSplitter(limit: 64 << 10 + 1)

    init(_ job: Job) {
        events = job.events
        hasControlChannel = job.command.hasControlChannel
        longestLine = job.command.conversation?.longestLine
        stdout = Capture(limit: job.command.limits.output)
        stdoutLines = LineSplitter(limit: (longestLine ?? 0) + 1)
    }

    var overflowed: Bool { stdout.overflowed || hasLongLine }

    /// What to do with the bytes of descriptor 1, 2 and, if there is one, 3.
    var receivers: [(ArraySlice<UInt8>) -> Void] {
        let standard: [(ArraySlice<UInt8>) -> Void] = [
            { [self] in hear(stdout: $0) },
            { [self] bytes in
                stderr.append(bytes)
                if let deliver = events.stderrLine { stderrLines.append(bytes, deliver) }
            },
        ]
        guard hasControlChannel else { return standard }
        return standard + [{ [self] in controlLines.append($0) { events.controlLine?($0) } }]
    }

    private func hear(stdout bytes: ArraySlice<UInt8>) {
        guard let longestLine else { return stdout.append(bytes) }
        stdoutLines.append(bytes) { line in
            if line.count > longestLine { hasLongLine = true } else { events.stdoutLine?(line) }
        }
        if stdoutLines.pendingCount > longestLine { hasLongLine = true }
    }

    func finish() {
        if let deliver = events.stderrLine { stderrLines.finish(deliver) }
        controlLines.finish { events.controlLine?($0) }
    }

    func fill(_ ending: inout Ending) {
        ending.stdout = stdout.bytes
        ending.stderrTail = stderr.bytes
    }
}
