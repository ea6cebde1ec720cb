import Linux

/// One hierarchy a controller, as on hosts with the old or the hybrid layout.
struct CgroupV1: CgroupBackend {
    let name = "cgroup v1"
    let keeps: Set<CgroupController>
    private let bases: [CgroupController: String]

    /// Makes a folder for this process below its own cgroup, in each hierarchy that lets it.
    init?(_ places: CgroupPlaces) {
        var bases: [CgroupController: String] = [:]
        for controller in CgroupController.allCases {
            guard let own = places.own[controller.rawValue] else { continue }
            CgroupFolders.sweep(own)
            let base = CgroupFolders.base(own)
            if (try? Files.makeFolder(base)) != nil { bases[controller] = base }
        }
        if bases.isEmpty { return nil }
        self.bases = bases
        keeps = Set(bases.keys)
    }

    func makeSlot(_ id: UInt64, _ limits: CgroupLimits) throws(LinuxError) -> SlotCgroup? {
        var folders: [String] = []
        for (controller, base) in bases {
            guard let settings = Self.settings(controller, limits) else { continue }
            let folder = "\(base)/\(id)"
            try Files.makeFolder(folder)
            folders.append(folder)
            for (file, value) in settings { try Files.write("\(folder)/\(file)", Array(value.utf8)) }
        }
        guard !folders.isEmpty else { return nil }
        let memory = limits.memory == nil ? nil : bases[.memory].map { "\($0)/\(id)/memory.oom_control" }
        return SlotCgroup(
            processFiles: folders.map { $0 + "/cgroup.procs" },
            folders: folders,
            outOfMemoryFile: memory
        )
    }

    /// The files to write; the supervisor is in the group too, so it has room for one process more.
    private static func settings(_ controller: CgroupController, _ limits: CgroupLimits) -> [(
        String, String
    )]? {
        switch controller {
        case .memory: limits.memory.map { [("memory.limit_in_bytes", "\($0)")] }
        case .pids: limits.processes.map { [("pids.max", "\(max($0, 1) + 1)")] }
        case .cpu:
            limits.cpus.map { cpus in
                let quota = max(1_000, Int(cpus * 100_000))
                return [("cpu.cfs_period_us", "100000"), ("cpu.cfs_quota_us", "\(quota)")]
            }
        }
    }

    func close() {
        for base in bases.values { CgroupFolders.remove(base) }
    }
}

/// The folders that a process of ours makes below its own cgroup: `pawl-PROCESS-RANDOM`.
enum CgroupFolders {
    private static let prefix = "pawl-"

    static func base(_ own: String) -> String {
        "\(own)/\(prefix)\(ThisProcess.id)-\(Random.bytes(3).hexadecimal)"
    }

    /// Removes a folder and its empty children.
    static func remove(_ base: String) {
        for name in (try? Files.names(in: base)) ?? [] where Files.kind(of: "\(base)/\(name)") == .folder {
            try? Files.removeFolder("\(base)/\(name)")
        }
        try? Files.removeFolder(base)
    }

    /// Removes the folders of processes that are gone.
    static func sweep(_ own: String) {
        for name in (try? Files.names(in: own)) ?? [] where name.hasPrefix(prefix) {
            let process = name.dropFirst(prefix.count).split(separator: "-").first.flatMap { Int32($0) }
            if let process, !ThisProcess.exists(pid: process) { remove("\(own)/\(name)") }
        }
    }
}
