import Linux

/// The limits that a cgroup keeps for all processes of a command together.
struct CgroupLimits: Hashable, Sendable {
    var memory: Int?
    var processes: Int?
    var cpus: Double?
}

/// A way to make cgroups on this host.
protocol CgroupBackend: Sendable {
    /// What `doctor` calls it: `cgroup v2`.
    var name: String { get }
    /// Which of the limits it can keep.
    var keeps: Set<CgroupController> { get }

    /// Makes the cgroups of a slot, with its limits set.
    ///
    /// - Throws: If a limit cannot be set; a slot never runs without a limit that it was made for.
    func makeSlot(_ id: UInt64, _ limits: CgroupLimits) throws(LinuxError) -> SlotCgroup?

    /// Removes what the back end made for this process.
    func close()
}

enum CgroupController: String, Hashable, Sendable, CaseIterable {
    case memory, pids, cpu
}

/// The cgroups of one slot.
struct SlotCgroup: Sendable {
    /// Where a process writes itself to join.
    let processFiles: [String]
    let folders: [String]
    /// The file with an `oom_kill` line, if memory is limited.
    let outOfMemoryFile: String?

    func outOfMemoryKills() -> Int {
        guard let outOfMemoryFile, let bytes = try? Files.read(outOfMemoryFile) else { return 0 }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == "oom_kill" { return Int(words[1]) ?? 0 }
        }
        return 0
    }

    func remove() {
        for folder in folders { try? Files.removeFolder(folder) }
    }
}

/// The back end of a host, or a user, without cgroups.
struct NoCgroups: CgroupBackend {
    let name = "none"
    let keeps: Set<CgroupController> = []

    func makeSlot(_ id: UInt64, _ limits: CgroupLimits) -> SlotCgroup? { nil }
    func close() {}
}

/// Where this process stands in the host's cgroups.
struct CgroupPlaces {
    /// The folder of our own cgroup, by v1 controller; the empty name is v2.
    private(set) var own: [String: String] = [:]

    init(own: [String: String]) { self.own = own }

    init() throws(LinuxError) {
        let mounts = try Self.mounts()
        for line in Self.lines(try Files.read("/proc/self/cgroup")) {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            for controller in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
                guard let mount = mounts[String(controller)] else { continue }
                own[String(controller)] = parts[2] == "/" ? mount : mount + parts[2]
            }
        }
    }

    /// The mount point of each v1 controller, and of v2 under the empty name.
    private static func mounts() throws(LinuxError) -> [String: String] {
        var mounts: [String: String] = [:]
        for line in lines(try Files.read("/proc/self/mountinfo")) {
            let halves = line.split(separator: " - ", maxSplits: 1)
            guard halves.count == 2 else { continue }
            let (left, right) = (halves[0].split(separator: " "), halves[1].split(separator: " "))
            guard left.count > 4, right.count > 2 else { continue }
            if right[0] == "cgroup2" { mounts[""] = String(left[4]) }
            guard right[0] == "cgroup" else { continue }
            for option in right[2].split(separator: ",") { mounts[String(option)] = String(left[4]) }
        }
        return mounts
    }

    private static func lines(_ bytes: [UInt8]) -> [Substring] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }
}
