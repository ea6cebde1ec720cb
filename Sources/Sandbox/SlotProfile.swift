import Linux

/// What a slot is made for; commands with the same profile can follow each other in one slot.
struct SlotProfile: Hashable, Sendable {
    let network: Network
    let cgroup: CgroupLimits
    /// What a strict command sees of the host; it makes the profile its own, so that its slot serves nobody else.
    let view: View?

    init(_ command: Command) {
        let limits = command.limits
        network = limits.network
        cgroup = CgroupLimits(memory: limits.memory, processes: limits.processes, cpus: limits.cpus)
        view = limits.isolation == .strict ? View(command) : nil
    }

    /// The profile of commands without any limit.
    static let plain = SlotProfile()

    private init() {
        network = .host
        cgroup = CgroupLimits()
        view = nil
    }

    /// The paths of a strict command.
    struct View: Hashable, Sendable {
        let scratch: Scratch
        let keepsScratch: Bool
        let disk: Int
        let readable: [String]

        init(_ command: Command) {
            scratch = command.scratch
            keepsScratch = command.keepsScratch
            disk = command.limits.disk ?? 64 << 20
            let program = command.arguments.first.flatMap { $0.hasPrefix("/") ? $0 : nil }
            let wanted = command.readablePaths + [program, command.scratch.filesPath].compactMap { $0 }
            var shown = Self.system
            readable = wanted.filter { path in
                if shown.contains(where: { path == $0 || path.hasPrefix($0 + "/") }) { return false }
                shown.append(path)
                return true
            }
        }

        /// What every strict command sees.
        private static let system = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt"]
    }
}

extension Scratch: Hashable {
    public static func == (one: Scratch, other: Scratch) -> Bool { one === other }

    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
