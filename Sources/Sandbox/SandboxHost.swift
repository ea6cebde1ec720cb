import Linux

/// What this host can do for commands, and the threads that do it.
struct SandboxHost: Sendable {
    let world: World
    let cgroups: any CgroupBackend
    let spawner: Spawner
    let janitor: Janitor
    /// Which mechanisms a canary has tried in vain to get around.
    let verified: Locked<Set<Enforcement>>

    /// Why a command cannot run here at all, if so.
    func refusal(_ limits: Limits) -> Outcome? {
        let notSupported: Int32 = 95
        if limits.isolation == .strict {
            return .launcherFailed(stage: "strict isolation", errno: notSupported)
        }
        if limits.network == .none && world == .subreaper {
            return .launcherFailed(stage: "network isolation", errno: notSupported)
        }
        return nil
    }

    /// The limits of each process, for what no cgroup keeps for all together.
    func resourceLimits(_ limits: Limits) -> [ResourceLimit] {
        var result = [
            ResourceLimit(.coreBytes, 0),
            ResourceLimit(.openFiles, UInt64(limits.openFiles)),
            ResourceLimit(.lockedBytes, 65_536),
        ]
        if let cpuTime = limits.cpuTime {
            let seconds = UInt64(max(1, (cpuTime.wholeMilliseconds + 999) / 1_000))
            result.append(ResourceLimit(.cpuSeconds, seconds, hard: seconds + 1))
        }
        if let size = limits.fileSize { result.append(ResourceLimit(.fileBytes, UInt64(size))) }
        if let memory = limits.memory, !cgroups.keeps.contains(.memory) {
            result.append(ResourceLimit(.dataBytes, UInt64(memory)))
        }
        if let processes = limits.processes, countsProcessesByUser {
            result.append(ResourceLimit(.processes, UInt64(processes + 1)))
        }
        return result
    }

    /// What keeps each limit that a command asks for.
    func enforced(_ limits: Limits, _ slot: Slot) -> [Enforcement] {
        var list = slot.enforced
        list.append(Enforcement("timeout", "supervisor's clock"))
        list.append(Enforcement("kill tree", world.rawValue))
        list.append(Enforcement("output", "pipe"))
        list.append(Enforcement("open files", "RLIMIT_NOFILE"))
        if limits.cpuTime != nil { list.append(Enforcement("cpu time", "RLIMIT_CPU, each process")) }
        if limits.fileSize != nil { list.append(Enforcement("file size", "RLIMIT_FSIZE")) }
        if limits.network == .none { list.append(Enforcement("network", "network namespace")) }
        if limits.disk != nil { list.append(Enforcement("disk", nil)) }
        list += uncontrolled(limits)
        let verified = verified.withLock { $0 }
        return list.map { verified.contains($0) ? Enforcement($0.limit, $0.mechanism, verified: true) : $0 }
    }

    func discard(_ scratch: Scratch) {
        if !ScratchYard.removeIfEmpty(scratch) { janitor.perform { ScratchYard.remove(scratch) } }
    }

    /// The limits that a cgroup should keep where there is none.
    private func uncontrolled(_ limits: Limits) -> [Enforcement] {
        var list: [Enforcement] = []
        if limits.memory != nil && !cgroups.keeps.contains(.memory) {
            list.append(Enforcement("memory", "RLIMIT_DATA, each process"))
        }
        if limits.processes != nil && !cgroups.keeps.contains(.pids) {
            let mechanism = countsProcessesByUser ? "RLIMIT_NPROC in a user namespace" : nil
            list.append(Enforcement("processes", mechanism))
        }
        if limits.cpus != nil && !cgroups.keeps.contains(.cpu) { list.append(Enforcement("cpus", nil)) }
        return list
    }

    /// RLIMIT_NPROC counts a user's processes on the whole host, so it is of use only in a user namespace of its own.
    private var countsProcessesByUser: Bool {
        !cgroups.keeps.contains(.pids) && world == .userNamespace && !ThisProcess.isRoot
    }
}
