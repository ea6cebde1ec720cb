import Linux

/// What other threads say to the reactor.
enum Message: Sendable {
    case start(Job)
    case slot(SlotProfile, Result<Slot, LaunchFailure>)
    case terminate(UInt64, grace: Duration)
    case kill(UInt64)
    case heartbeat(UInt64)
    case extend(UInt64, MonotonicTime)
    case freeze(UInt64)
    case thaw(UInt64)
    /// A conversation has more to say than its pipe has room for.
    case flush(UInt64)
    /// A slot whose supervisor was lost in the middle of a command is empty now.
    case emptied(UInt64)
    case close
}

/// The way into the reactor from any thread.
final class Inbox: Sendable {
    private let messages = Locked<[Message]>([])
    private let bell: EventCounter

    init() throws(LinuxError) { bell = try EventCounter.make() }

    var number: Int32 { bell.number }

    func post(_ message: Message) {
        let wasEmpty = messages.withLock { messages in
            messages.append(message)
            return messages.count == 1
        }
        if wasEmpty { bell.signal() }
    }

    func takeAll() -> [Message] {
        bell.reset()
        return messages.withLock { messages in
            defer { messages = [] }
            return messages
        }
    }
}

/// The one thread that waits for all commands: their pipes, their supervisors, their deadlines.
///
/// It never blocks: slots are started by the spawner and ended by the janitor, folders with something in them
/// are removed by the yard.
final class Reactor {
    private let inbox: Inbox
    private let epoll: Epoll
    private let host: SandboxHost
    private var events = Epoll.Events()
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    private var pool = SlotPool()
    private var waiting: [Job] = []
    /// Which of them are to be frozen as soon as they run.
    private var frozenWaiting: Set<UInt64> = []
    private var executions: [UInt64: Execution] = [:]
    private var bySlot: [UInt64: Execution] = [:]
    private var byToken: [UInt64: (Execution, Channel)] = [:]
    /// Whose conversation waits for room in its pipe.
    private var blocked: [UInt64: Execution] = [:]
    private var nextToken: UInt64 = 0
    /// What keeps the limits of the commands so far, most of which have the same.
    private var enforcements: [Limits: [Enforcement]] = [:]
    private var nextDue = MonotonicTime.distantFuture
    private var starting = 0
    private var isClosing = false

    /// Epoll tokens: 0 for the inbox, odd for slots, even for channels.
    private static let inboxToken: UInt64 = 0
    private static let mostEnforcements = 64
    /// ENFILE and EMFILE.
    private static let noDescriptors: Set<Int32> = [23, 24]

    init(_ inbox: Inbox, _ host: SandboxHost) throws(LinuxError) {
        self.inbox = inbox
        self.host = host
        epoll = try Epoll.make()
        try epoll.add(inbox.number, .readable, token: Self.inboxToken)
    }

    /// Serves until it is told to close and the last command has ended.
    func run() {
        while !(isClosing && executions.isEmpty && starting == 0) {
            let count = (try? epoll.wait(&events, until: nextDue)) ?? 0
            for index in 0..<count { dispatch(events[index].token) }
            if nextDue <= .now { actOnDue() }
        }
        for slot in pool.takeAll() { retire(slot) }
    }

    private func dispatch(_ token: UInt64) {
        if token == Self.inboxToken {
            for message in inbox.takeAll() { obey(message) }
        } else if token & 1 == 1 {
            hear(token >> 1)
        } else if let (execution, channel) = byToken[token] {
            if !execution.read(channel, &buffer) { unwatch(channel) }
        } else if let execution = blocked[token] {
            if execution.job.command.conversation?.flush() ?? true { unblock(execution) }
        }
    }

    private func obey(_ message: Message) {
        switch message {
        case .start(let job): start(job)
        case .slot(let profile, let result): greet(profile, result)
        case .terminate(let id, let grace): terminate(id, grace)
        case .kill(let id): kill(id)
        case .heartbeat(let id): executions[id]?.heartbeat()
        case .extend(let id, let deadline): executions[id]?.extend(to: deadline)
        case .freeze(let id): freeze(id)
        case .thaw(let id): thaw(id)
        case .flush(let id): block(id)
        case .emptied(let id): finishLost(id)
        case .close: close()
        }
        if let execution = message.execution.flatMap({ executions[$0] }) {
            nextDue = min(nextDue, execution.due)
        }
    }

    // --- starting

    private func start(_ job: Job) {
        if let outcome = host.refusal(job.command.limits) { return complete(job, Ending(outcome)) }
        let profile = SlotProfile(job.command.limits)
        if let slot = pool.take(profile) { return launch(job, in: slot) }
        waiting.append(job)
        starting += 1
        host.spawner.start(profile) { [inbox] result in inbox.post(.slot(profile, result)) }
    }

    private func launch(_ job: Job, in slot: Slot) {
        let execution = Execution(job, in: slot)
        let firstToken = nextToken + 2
        nextToken += 8
        do throws(LinuxError) {
            let limits = host.resourceLimits(job.command.limits)
            try execution.launch(limits, firstToken: firstToken, inbox: inbox)
            executions[job.id] = execution
            bySlot[slot.id] = execution
            if frozenWaiting.remove(job.id) != nil { execution.freeze() }
            nextDue = min(nextDue, execution.due)
        } catch {
            recover(job, slot, from: error)
        }
    }

    private func watch(_ channel: Channel, of execution: Execution) throws(LinuxError) {
        try epoll.add(channel.number, .readable, token: channel.token)
        byToken[channel.token] = (execution, channel)
    }

    /// What to do when a command could not be handed to a slot.
    private func recover(_ job: Job, _ slot: Slot, from error: LinuxError) {
        let (brokenPipe, reset, tooBig): (Int32, Int32, Int32) = (32, 104, 7)
        if error.errno == brokenPipe || error.errno == reset {
            forget(slot)
            start(job)
        } else if error.errno == tooBig {
            release(slot)
            complete(job, Ending(.spawnFailed(errno: tooBig)))
        } else if Self.noDescriptors.contains(error.errno) && !executions.isEmpty {
            release(slot)
            waiting.append(job)
        } else {
            release(slot)
            complete(job, Ending(.launcherFailed(stage: error.call, errno: error.errno)))
        }
    }

    /// The spawner has a slot, or has none.
    private func greet(_ profile: SlotProfile, _ result: Result<Slot, LaunchFailure>) {
        starting -= 1
        switch result {
        case .success(let slot): welcome(slot)
        case .failure(let failure): giveUp(profile, failure)
        }
    }

    private func welcome(_ slot: Slot) {
        do throws(LinuxError) {
            try epoll.add(slot.number, .readable, token: slot.id << 1 | 1)
            pool.welcome(slot)
            offer(slot)
        } catch {
            retire(slot)
            giveUp(slot.profile, LaunchFailure(error))
        }
    }

    /// Gives an idle slot to the first command that waits for one like it.
    private func offer(_ slot: Slot) {
        guard let index = waiting.firstIndex(where: { SlotProfile($0.command.limits) == slot.profile }) else {
            return release(slot)
        }
        launch(waiting.remove(at: index), in: slot)
    }

    /// No slot could be started for the first command that waits for such a one.
    ///
    /// If that was for want of descriptors, it waits on for a slot that others will leave.
    private func giveUp(_ profile: SlotProfile, _ failure: LaunchFailure) {
        guard let index = waiting.firstIndex(where: { SlotProfile($0.command.limits) == profile }) else {
            return
        }
        if Self.noDescriptors.contains(failure.errno)
            && bySlot.values.contains(where: { $0.slot.profile == profile })
        {
            return
        }
        let outcome = Outcome.launcherFailed(stage: failure.stage, errno: failure.errno)
        complete(waiting.remove(at: index), Ending(outcome))
    }

    // --- ending

    /// A supervisor has spoken, or is gone.
    private func hear(_ slotID: UInt64) {
        guard let slot = pool[slotID] else { return }
        var folders: [HeldFolder] = []
        let scratch = bySlot[slotID]?.job.command.scratch
        let reading = (try? slot.receive(into: &buffer, folders: &folders, of: scratch)) ?? .end
        if reading == .wouldBlock { return }
        guard case .bytes(let count) = reading else { return lose(slot) }
        guard let execution = bySlot[slotID], let report = LauncherReport(buffer[..<count]) else { return }
        switch report {
        case .ready: return
        case .folders: scratch?.show(folders)
        case .failed(.execute, let errno):
            finish(execution, Ending(.spawnFailed(errno: errno)))
        case .failed(let stage, let errno):
            finish(execution, Ending(.launcherFailed(stage: "\(stage)", errno: errno)))
        case .ended(let end):
            let enforced = enforcement(of: execution.job.command.limits)
            let ending = execution.ending(end, enforced: enforced, &buffer)
            // Files in memory that a program left may still be charged to a group that ran out of it, or are
            // still to be read.
            let isHeld = end.isWorn || ending.outcome == .outOfMemory || scratch?.isRead == true
            finish(execution, ending, isWorn: isHeld)
        }
    }

    private func enforcement(of limits: Limits) -> [Enforcement] {
        if let known = enforcements[limits] { return known }
        if enforcements.count == Self.mostEnforcements { enforcements = [:] }
        let enforced = host.enforced(limits)
        enforcements[limits] = enforced
        return enforced
    }

    private func finish(_ execution: Execution, _ ending: Ending, isWorn: Bool = false) {
        detach(execution)
        bySlot[execution.slot.id] = nil
        complete(execution.job, ending)
        if isWorn { replace(execution.slot) } else { offer(execution.slot) }
        if let job = waiting.first, let slot = pool.take(SlotProfile(job.command.limits)) {
            launch(waiting.removeFirst(), in: slot)
        }
    }

    /// A supervisor that is gone takes its namespace along; the janitor waits until it has.
    private func lose(_ slot: Slot) {
        epoll.remove(slot.number)
        pool.remove(slot)
        guard let execution = bySlot.removeValue(forKey: slot.id) else { return retire(slot) }
        let id = execution.job.id
        host.janitor.perform { [inbox] in
            slot.end()
            inbox.post(.emptied(id))
        }
    }

    private func finishLost(_ id: UInt64) {
        guard let execution = executions[id] else { return }
        let ending = execution.endingWithoutReport(&buffer)
        detach(execution)
        complete(execution.job, ending)
    }

    private func detach(_ execution: Execution) {
        for channel in execution.channels { unwatch(channel) }
        unblock(execution)
        execution.job.command.conversation?.hangUp()
        executions[execution.job.id] = nil
    }

    private func unwatch(_ channel: Channel) {
        guard byToken.removeValue(forKey: channel.token) != nil else { return }
        epoll.remove(channel.number)
    }

    /// Waits for room in a conversation's pipe.
    private func block(_ id: UInt64) {
        guard let execution = executions[id], blocked[execution.inputToken] == nil,
            let number = execution.job.command.conversation?.number,
            (try? epoll.add(number, .writable, token: execution.inputToken)) != nil
        else { return }
        blocked[execution.inputToken] = execution
    }

    private func unblock(_ execution: Execution) {
        guard blocked.removeValue(forKey: execution.inputToken) != nil else { return }
        if let number = execution.job.command.conversation?.number { epoll.remove(number) }
    }

    private func complete(_ job: Job, _ ending: Ending) {
        job.completion(ending)
        if !job.command.keepsScratch { host.discard(job.command.scratch) }
    }

    private func terminate(_ id: UInt64, _ grace: Duration) {
        if let execution = executions[id] { return execution.terminate(.cancelled, grace: grace) }
        cancelWaiting(id)
    }

    private func kill(_ id: UInt64) {
        if let execution = executions[id] { return execution.kill(.cancelled) }
        cancelWaiting(id)
    }

    private func freeze(_ id: UInt64) {
        if let execution = executions[id] {
            execution.freeze()
        } else if waiting.contains(where: { $0.id == id }) {
            frozenWaiting.insert(id)
        }
    }

    private func thaw(_ id: UInt64) {
        frozenWaiting.remove(id)
        executions[id]?.thaw()
    }

    private func cancelWaiting(_ id: UInt64) {
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return }
        frozenWaiting.remove(id)
        complete(waiting.remove(at: index), Ending(.cancelled(forced: false)))
    }

    // --- slots and time

    private func release(_ slot: Slot) {
        guard let surplus = pool.release(slot) else { return }
        forget(surplus)
    }

    /// Ends a slot, and starts another for a command that may wait for it.
    private func replace(_ slot: Slot) {
        forget(slot)
        guard let index = waiting.firstIndex(where: { SlotProfile($0.command.limits) == slot.profile }) else {
            return
        }
        start(waiting.remove(at: index))
    }

    private func forget(_ slot: Slot) {
        epoll.remove(slot.number)
        pool.remove(slot)
        retire(slot)
    }

    private func retire(_ slot: Slot) { host.janitor.perform { slot.end() } }

    private func actOnDue() {
        let now = MonotonicTime.now
        nextDue = .distantFuture
        for execution in executions.values {
            if execution.due <= now {
                execution.act(at: now) { channel throws(LinuxError) in try watch(channel, of: execution) }
            }
            nextDue = min(nextDue, execution.due)
        }
    }

    private func close() {
        isClosing = true
        for job in waiting { complete(job, Ending(.cancelled(forced: false))) }
        waiting = []
        for execution in executions.values { execution.kill(.cancelled) }
    }
}

extension Message {
    /// The command whose next deadline the message may have moved.
    fileprivate var execution: UInt64? {
        switch self {
        case .terminate(let id, _), .kill(let id), .heartbeat(let id), .extend(let id, _), .freeze(let id),
            .thaw(let id):
            id
        case .start, .slot, .flush, .emptied, .close: nil
        }
    }
}
