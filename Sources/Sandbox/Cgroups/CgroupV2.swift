import Linux

/// The one hierarchy of current hosts; needs a cgroup that was delegated to us (`Delegate=yes`) or root.
struct CgroupV2: CgroupBackend {
    let name = "cgroup v2"
    let keeps: Set<CgroupController>
    private let base: String

    /// Makes a folder for this process below its own cgroup.
    ///
    /// A v2 group with processes cannot hand controllers to its children, so this process moves to a leaf
    /// first.
    init?(_ places: CgroupPlaces) {
        guard let own = places.own[""] else { return nil }
        CgroupFolders.sweep(own)
        let base = CgroupFolders.base(own)
        guard let available = try? Files.read("\(own)/cgroup.controllers") else { return nil }
        let offered = Set(String(decoding: available, as: UTF8.self).split(whereSeparator: \.isWhitespace))
        let wanted = CgroupController.allCases.filter { offered.contains($0.rawValue[...]) }
        guard !wanted.isEmpty, (try? Files.makeFolder(base)) != nil else { return nil }
        do throws(LinuxError) {
            try Files.makeFolder("\(base)/engine")
            try Files.write("\(base)/engine/cgroup.procs", Array("0".utf8))
            let switches = Array(wanted.map { "+\($0.rawValue)" }.joined(separator: " ").utf8)
            try Files.write("\(own)/cgroup.subtree_control", switches)
            try Files.write("\(base)/cgroup.subtree_control", switches)
        } catch {
            try? Files.write("\(own)/cgroup.procs", Array("0".utf8))
            CgroupFolders.remove(base)
            return nil
        }
        self.base = base
        keeps = Set(wanted)
    }

    func makeSlot(_ id: UInt64, _ limits: CgroupLimits) throws(LinuxError) -> SlotCgroup? {
        let settings = Self.settings(limits).filter { keeps.contains($0.controller) }
        guard !settings.isEmpty else { return nil }
        let folder = "\(base)/\(id)"
        try Files.makeFolder(folder)
        for setting in settings { try Files.write("\(folder)/\(setting.file)", Array(setting.value.utf8)) }
        if limits.memory != nil, Files.exists("\(folder)/memory.swap.max") {
            try Files.write("\(folder)/memory.swap.max", Array("0".utf8))
        }
        return SlotCgroup(
            processFiles: ["\(folder)/cgroup.procs"],
            folders: [folder],
            outOfMemoryFile: limits.memory == nil ? nil : "\(folder)/memory.events"
        )
    }

    private typealias Setting = (controller: CgroupController, file: String, value: String)

    /// The files to write; the supervisor is in the group too, so it has room for one process more.
    private static func settings(_ limits: CgroupLimits) -> [Setting] {
        var settings: [Setting] = []
        if let memory = limits.memory { settings.append((.memory, "memory.max", "\(memory)")) }
        if let processes = limits.processes {
            settings.append((.pids, "pids.max", "\(max(processes, 1) + 1)"))
        }
        if let cpus = limits.cpus {
            settings.append((.cpu, "cpu.max", "\(max(1_000, Int(cpus * 100_000))) 100000"))
        }
        return settings
    }

    func close() { CgroupFolders.remove(base) }
}
