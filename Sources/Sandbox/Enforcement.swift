import Linux

/// One limit, and what keeps it on this host.
public struct Enforcement: Hashable, Sendable {
    /// Its name in a manifest (`memory`, `cpu_time`), or one of what is always kept: `timeout`, `kill_tree`.
    public var limit: String
    /// `cgroup v1 memory`, `RLIMIT_DATA, each process`, …; nil if nothing keeps it.
    public var mechanism: String?
    /// Whether a program that tried to break the limit failed to, on this host.
    public var verified: Bool

    init(_ limit: String, _ mechanism: String?, verified: Bool = false) {
        self.limit = limit
        self.mechanism = mechanism
        self.verified = verified
    }
}

extension SandboxHost {
    /// What keeps each limit that a command asks for, in the order in which `doctor` prints them.
    func enforced(_ limits: Limits) -> [Enforcement] {
        var list = [
            mark("timeout", "supervisor's clock"),
            mark("kill_tree", world.rawValue),
            mark("output", "pipe"),
            mark("open_files", "RLIMIT_NOFILE"),
        ]
        let isStrict = limits.isolation == .strict && world.canBeStrict
        if limits.memory != nil { list.append(mark("memory", memoryMechanism)) }
        if limits.processes != nil { list.append(mark("processes", processesMechanism)) }
        if limits.cpus != nil { list.append(mark("cpus", cgroup(.cpu))) }
        if limits.cpuTime != nil { list.append(mark("cpu_time", "RLIMIT_CPU, each process")) }
        if limits.fileSize != nil { list.append(mark("file_size", "RLIMIT_FSIZE")) }
        if limits.disk != nil { list.append(mark("disk", isStrict ? "tmpfs" : nil)) }
        if limits.network == .none { list.append(mark("network", networkMechanism(isStrict))) }
        if limits.isolation == .strict { list.append(mark("isolation", strictMechanism)) }
        return list
    }

    private var memoryMechanism: String { cgroup(.memory) ?? "RLIMIT_DATA, each process" }

    private var processesMechanism: String? {
        cgroup(.pids) ?? (countsProcessesByUser ? "RLIMIT_NPROC in a user namespace" : nil)
    }

    private func networkMechanism(_ isStrict: Bool) -> String? {
        isStrict ? "seccomp and Landlock" : world.isExact ? "network namespace" : nil
    }

    private var strictMechanism: String? { world.canBeStrict ? "private root, Landlock, seccomp" : nil }

    private func cgroup(_ controller: CgroupController) -> String? {
        cgroups.keeps.contains(controller) ? "\(cgroups.name) \(controller)" : nil
    }

    private func mark(_ limit: String, _ mechanism: String?) -> Enforcement {
        let isVerified = mechanism != nil && verified.withLock { $0.contains(limit) }
        return Enforcement(limit, mechanism, verified: isVerified)
    }

    /// The limits of each process, for what no cgroup keeps for all together.
    func resourceLimits(_ limits: Limits) -> [ResourceLimit] {
        var result = Self.always
        result.append(ResourceLimit(.openFiles, UInt64(limits.openFiles)))
        if let cpuTime = limits.cpuTime {
            let seconds = UInt64(max(1, (cpuTime.wholeMilliseconds + 999) / 1_000))
            result.append(ResourceLimit(.cpuSeconds, seconds, hard: seconds + 1))
        }
        if let size = limits.fileSize { result.append(ResourceLimit(.fileBytes, UInt64(size))) }
        if let memory = limits.memory, !cgroups.keeps.contains(.memory) {
            result.append(ResourceLimit(.dataBytes, UInt64(memory)))
        }
        if let processes = limits.processes, countsProcessesByUser {
            let supervisor = 1
            result.append(ResourceLimit(.processes, UInt64(processes + supervisor)))
        }
        return result
    }

    private static let always = [ResourceLimit(.coreBytes, 0), ResourceLimit(.lockedBytes, 65_536)]

    /// RLIMIT_NPROC counts a user's processes on the whole host, so it is of use only in a user namespace of
    /// its own; and not for root, whom it does not bind.
    private var countsProcessesByUser: Bool {
        !cgroups.keeps.contains(.pids) && world == .userNamespace && !ThisProcess.isRoot
    }
}
