import Linux

/// Runs commands within limits and says how each ended.
///
/// One thread (`Reactor`) waits for all of them. A command runs in a slot: a supervisor process, kept from
/// one command to the next, that keeps the deadline, kills every process of the command, and reports. When
/// this process dies, however it dies, the kernel ends the supervisors and all that they run.
public final class Sandbox: Sendable {
    private let inbox: Inbox
    let host: SandboxHost
    private let thread: DedicatedThread
    private let nextID = Locked<UInt64>(0)

    /// Starts the sandbox's threads.
    ///
    /// - Parameters:
    ///   - folder: Where scratch folders are made; those of processes that are gone are removed.
    ///   - launcher: The path of `pawl-launch`; by default where `Launcher.locate` finds it.
    /// - Throws: `SandboxError` if the launcher is missing or nothing can be started here.
    public convenience init(folder: String, launcher: String? = nil) throws {
        try self.init(folder: folder, launcher: launcher, worlds: World.allCases)
    }

    /// Starts with the first of some worlds that this host permits.
    init(folder: String, launcher: String?, worlds: [World]) throws {
        let launcher = try launcher ?? Launcher.locate()
        Signals.ignoreBrokenPipes()
        let yard = try ScratchYard(under: folder)
        inbox = try Inbox()
        host = try SandboxHost.detect(worlds, launcher: launcher, yard: yard)
        let reactor = ReactorStart(inbox: inbox, host: host)
        thread = DedicatedThread("sandbox") { reactor.run() }
    }

    /// Makes an empty private folder for one command.
    public func makeScratch() throws(LinuxError) -> Scratch { try host.yard.make() }

    /// Removes a scratch folder that was kept, or was never used.
    public func discard(_ scratch: Scratch) { host.discard(scratch) }

    /// Runs a command.
    ///
    /// - Parameters:
    ///   - command: What to run.
    ///   - events: What to call while it runs.
    ///   - completion: Called once, when the last process of the command is gone, before its scratch folder
    ///     is removed; on the sandbox's own thread, so it must not block.
    /// - Returns: What to reach the command by while it runs.
    @discardableResult
    public func start(
        _ command: Command,
        events: Events = Events(),
        completion: @escaping @Sendable (Ending) -> Void
    ) -> Handle {
        command.scratch.files.seal()
        let id = nextID.withLock { next in
            next += 1
            return next
        }
        let job = Job(id: id, command: command, events: events, submitted: .now, completion: completion)
        inbox.post(.start(job))
        return Handle(id: id, inbox: inbox)
    }

    /// Runs a command and waits for its end.
    public func run(_ command: Command, events: Events = Events()) async -> Ending {
        await withCheckedContinuation { continuation in
            start(command, events: events) { continuation.resume(returning: $0) }
        }
    }

    /// Kills what runs, waits for its end, and removes what the sandbox made; nothing can be started
    /// afterwards.
    public func close() {
        inbox.post(.close)
        thread.join()
        host.janitor.close()
        host.spawner.close()
        host.cgroups.close()
        host.yard.close()
    }
}

/// A command that was started.
public struct Handle: Sendable {
    let id: UInt64
    let inbox: Inbox

    /// Asks the command to end: SIGTERM to its group, SIGKILL to its tree after the grace.
    public func cancel(grace: Duration) { inbox.post(.terminate(id, grace: grace)) }

    /// Ends the command at once: SIGKILL to its tree.
    public func kill() { inbox.post(.kill(id)) }

    /// Says that the command is alive; the next heartbeat is expected within `Command.heartbeatTimeout` from
    /// now.
    public func heartbeat() { inbox.post(.heartbeat(id)) }

    /// Stops all processes of the command, and its clocks, until `thaw`; ended meanwhile, it is killed.
    public func freeze() { inbox.post(.freeze(id)) }

    /// Lets the command go on; deadline and heartbeat move by the time that it stood still.
    public func thaw() { inbox.post(.thaw(id)) }

    /// Gives the command another deadline.
    public func extend(to deadline: MonotonicTime) { inbox.post(.extend(id, deadline)) }
}

/// Makes the reactor on the thread that it is confined to.
private struct ReactorStart: Sendable {
    let inbox: Inbox
    let host: SandboxHost

    func run() {
        do throws(LinuxError) {
            try Reactor(inbox, host).run()
        } catch {
            preconditionFailure("the sandbox's thread cannot start: \(error)")
        }
    }
}
