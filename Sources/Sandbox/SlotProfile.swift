/// What a slot is made for; commands with the same profile can follow each other in one slot.
struct SlotProfile: Hashable, Sendable {
    let isolation: Isolation
    /// Whether the slot itself has no network; in `strict` isolation each command is kept from it by itself.
    let hasNoNetwork: Bool
    let cgroup: CgroupLimits

    init(_ limits: Limits) {
        isolation = limits.isolation
        hasNoNetwork = limits.isolation == .standard && limits.network == .none
        cgroup = CgroupLimits(memory: limits.memory, processes: limits.processes, cpus: limits.cpus)
    }
}

extension Command {
    /// Whether a strict command gets a folder in memory in place of the empty one for its artifacts.
    var hasOwnArtifacts: Bool {
        limits.isolation == .strict && !keepsScratch && scratch.files.isEmpty(Scratch.artifacts)
    }

    /// What a strict command may read besides the system's own, without what lies in what is granted anyway.
    var grantedPaths: [String] {
        var shown = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt"]
        let program = arguments.first.flatMap { $0.hasPrefix("/") ? $0 : nil }
        let files = scratch.files.isEmpty ? nil : scratch.filesPath
        return (readablePaths + [program, files].compactMap { $0 }).filter { path in
            if shown.contains(where: { path == $0 || path.hasPrefix($0 + "/") }) { return false }
            shown.append(path)
            return true
        }
    }
}
